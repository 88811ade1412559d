#!/usr/bin/env bash
#
# Expected: setProtocolOptions changes the options that it is given and leaves the others, as it does with
#   nearly all of them.
# Seen: allowNullOrigin is True in a new factory. Each call that doesn't name it makes it False, so that
#   clients with the Origin null (a file, a sandboxed frame) are refused after an unrelated change.
# Versions: autobahn 26.10.2, twisted 26.10.0
# Source: none found; the method's default is False, a new factory's is True
# Output seen:
#   autobahn 26.10.2
#   after setProtocolOptions(autoPingInterval=20): allowNullOrigin False
#   the other options are as before: True
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check autobahn==26.10.2 twisted==26.10.0

venv/bin/python - <<'PYTHON'
from importlib.metadata import version

from autobahn.twisted.websocket import WebSocketServerFactory

print("autobahn", version("autobahn"))
factory = WebSocketServerFactory()
others = ("failByDrop", "closeHandshakeTimeout", "echoCloseCodeReason", "allowedOrigins")
before = {name: getattr(factory, name) for name in others}
assert factory.allowNullOrigin is True
factory.setProtocolOptions(autoPingInterval=20)
print("after setProtocolOptions(autoPingInterval=20): allowNullOrigin", factory.allowNullOrigin)
print("the other options are as before:", before == {name: getattr(factory, name) for name in others})
assert factory.allowNullOrigin is False
assert before == {name: getattr(factory, name) for name in others}
PYTHON
