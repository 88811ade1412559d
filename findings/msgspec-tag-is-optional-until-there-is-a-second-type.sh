#!/usr/bin/env bash
#
# Expected: The tag of a tagged Struct is required, whether or not there are other types.
# Seen: Alone, an absent tag is accepted and a wrong one refused. So a protocol with one type of frame accepts
#   frames without a type, and refuses them from the day on which it gets its second type.
# Versions: msgspec 0.22.0
# Source: none found
# Output seen:
#   msgspec 0.22.0
#   alone, no tag: Say(text='hi')
#   alone, wrong tag: Invalid value 'x' - at `$.type`
#   in a union, no tag: Object missing required field `type`
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check msgspec==0.22.0

venv/bin/python - <<'PYTHON'
from importlib.metadata import version

import msgspec

print("msgspec", version("msgspec"))


class Say(msgspec.Struct, tag="say", tag_field="type"):
    text: str


class Leave(msgspec.Struct, tag="leave", tag_field="type"):
    pass


def decode(body, kind):
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        return str(error)


alone, wrong, union = (
    decode(b'{"text":"hi"}', Say),
    decode(b'{"type":"x","text":"hi"}', Say),
    decode(b'{"text":"hi"}', Say | Leave),
)
print("alone, no tag:", alone)
print("alone, wrong tag:", wrong)
print("in a union, no tag:", union)
assert alone == Say("hi") and wrong.startswith("Invalid value 'x'") and union == "Object missing required field `type`"
PYTHON
