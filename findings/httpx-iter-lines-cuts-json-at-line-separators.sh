#!/usr/bin/env bash
#
# Expected: A line of text/event-stream ends at CR, LF or CRLF, so one data line gives one line.
# Seen: httpx cuts wherever str.splitlines does. The first half is no JSON and the second half no field, so a
#   reply that quotes such a character is lost.
# Versions: httpx 0.28.1
# Source: httpx-sse issue 34
# Output seen:
#   httpx 0.28.1
#   cut at ['U+2028', 'U+2029', 'U+0085', 'U+000B', 'U+000C', 'U+001C']
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check httpx==0.28.1

venv/bin/python - <<'PYTHON'
import json
from importlib.metadata import version

import httpx

print("httpx", version("httpx"))
cut = []
for character in "\u2028\u2029\x85\x0b\x0c\x1c\t\xa0\u200b":
    line = 'data: "one' + character + 'two"'
    lines = list(httpx.Response(200, content=line.encode() + b"\n\n").iter_lines())
    if lines[0] != line:
        cut.append(f"U+{ord(character):04X}")
print("cut at", cut)
assert cut == ["U+2028", "U+2029", "U+0085", "U+000B", "U+000C", "U+001C"]
assert json.loads('"one\u2028two"') == "one\u2028two"
PYTHON
