#!/usr/bin/env bash
#
# Expected: The text is refused for its surrogate, as one in the middle is, or accepted as by json.
# Seen: The message depends on what follows, and this one tells the client that its text was cut off.
# Versions: msgspec 0.22.0
# Source: none found
# Output seen:
#   msgspec 0.22.0
#   "\ud83d" -> Input data was truncated
#   "\ud83d and more" -> JSON is malformed: unexpected end of escaped utf-16 surrogate pair (byte 7)
#   "\udc4d" -> JSON is malformed: invalid utf-16 surrogate pair (byte 7)
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check msgspec==0.22.0

venv/bin/python - <<'PYTHON'
import json
from importlib.metadata import version

import msgspec

print("msgspec", version("msgspec"))
seen = []
for text in (r'"\ud83d"', r'"\ud83d and more"', r'"\udc4d"'):
    json.loads(text)
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        seen.append(str(error))
        print(text, "->", error)
assert len(seen) == 3 and seen[0] == "Input data was truncated" and "surrogate" in seen[2] and "surrogate" in seen[1]
PYTHON
