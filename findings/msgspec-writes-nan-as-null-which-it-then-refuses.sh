#!/usr/bin/env bash
#
# Expected: Encoding raises, since JSON has no NaN (json.dumps with allow_nan=False), or decoding accepts what
#   encoding made.
# Seen: The value turns into null silently. Decoding into the same type raises ValidationError, so the error
#   comes when it is read, perhaps days later.
# Versions: msgspec 0.22.0
# Source: none found
# Output seen:
#   msgspec 0.22.0
#   nan is written as {"confidence":null} and read as: Expected `float`, got `null` - at `$.confidence`
#   inf is written as {"confidence":null} and read as: Expected `float`, got `null` - at `$.confidence`
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check msgspec==0.22.0

venv/bin/python - <<'PYTHON'
import math
from importlib.metadata import version

import msgspec

print("msgspec", version("msgspec"))


class Reply(msgspec.Struct):
    confidence: float


for value in (math.nan, math.inf):
    body = msgspec.json.encode(Reply(value))
    try:
        msgspec.json.decode(body, type=Reply)
    except msgspec.ValidationError as error:
        print(value, "is written as", body.decode(), "and read as:", error)
    else:
        raise AssertionError
    assert body == b'{"confidence":null}'
PYTHON
