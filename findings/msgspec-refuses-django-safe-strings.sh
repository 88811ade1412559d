#!/usr/bin/env bash
#
# Expected: A subclass of str is written as a string, as json does and as msgspec does with subclasses of
#   dict.
# Seen: encode raises TypeError for every subclass of str or int, so a frame with a rendered template fails.
#   As a dictionary's key the same string is accepted.
# Versions: msgspec 0.22.0, django 5.2.19
# Source: msgspec documents its supported types; none found about Django
# Output seen:
#   msgspec 0.22.0 django 5.2.19
#   SafeString TypeError: Encoding objects of type SafeString is unsupported
#   list TypeError: Encoding objects of type SafeString is unsupported
#   dict {"Hello":1}
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check msgspec==0.22.0 django==5.2.19

venv/bin/python - <<'PYTHON'
import json
from importlib.metadata import version

import msgspec
from django.utils.safestring import mark_safe

print("msgspec", version("msgspec"), "django", version("django"))
words = mark_safe("Hello")
assert isinstance(words, str) and json.dumps(words) == '"Hello"'
for value in (words, [words], {words: 1}):
    try:
        print(type(value).__name__, msgspec.json.encode(value).decode())
    except TypeError as error:
        print(type(value).__name__, "TypeError:", error)
assert msgspec.json.encode({words: 1}) == b'{"Hello":1}'
try:
    msgspec.json.encode(words)
except TypeError:
    pass
else:
    raise AssertionError
PYTHON
