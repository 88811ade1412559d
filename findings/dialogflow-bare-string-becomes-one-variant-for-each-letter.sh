#!/usr/bin/env bash
#
# Expected: A string for a repeated string field raises a TypeError, as a number does.
# Seen: A string is a sequence of strings, so each letter becomes a variant of its own. The dialogue then
#   answers with one letter.
# Versions: google-cloud-dialogflow 2.54.0, proto-plus 1.29.0, protobuf 7.36.2
# Source: none found
# Output seen:
#   google-cloud-dialogflow 2.54.0
#   proto-plus 1.29.0
#   protobuf 7.36.2
#   text='Hello' gives ['H', 'e', 'l', 'l', 'o']
#   events='WELCOME' gives 7 events
#   text=5 raises TypeError
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check google-cloud-dialogflow==2.54.0 proto-plus==1.29.0 protobuf==7.36.2

venv/bin/python - <<'PYTHON'
from importlib.metadata import version

from google.cloud import dialogflow_v2

for package in ("google-cloud-dialogflow", "proto-plus", "protobuf"):
    print(package, version(package))

message = dialogflow_v2.Intent.Message(text={"text": "Hello"})
print("text='Hello' gives", list(message.text.text))
assert list(message.text.text) == ["H", "e", "l", "l", "o"]
phrase = dialogflow_v2.Intent(display_name="greeting", events="WELCOME")
print("events='WELCOME' gives", len(phrase.events), "events")
assert len(phrase.events) == 7
try:
    dialogflow_v2.Intent.Message(text={"text": 5})
except TypeError as error:
    print("text=5 raises", type(error).__name__)
else:
    raise AssertionError
PYTHON
