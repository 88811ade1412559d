#!/usr/bin/env bash
#
# Expected: A message that holds a payload refuses a text, or holds both.
# Seen: The kinds of a message are one oneof. The first write below `text` selects it and the payload is gone.
#   So a loop that adds a sentence to every message of an intent destroys its rich content.
# Versions: google-cloud-dialogflow 2.54.0, proto-plus 1.29.0, protobuf 7.36.2
# Source: protobuf documents oneofs; no issue about this way found
# Output seen:
#   google-cloud-dialogflow 2.54.0
#   proto-plus 1.29.0
#   protobuf 7.36.2
#   after reading text: payload True text False
#   after adding a text: payload False text True
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

message = dialogflow_v2.Intent.Message(payload={"richContent": [[{"type": "divider"}]]})
assert list(message.text.text) == [] and "payload" in message
print("after reading text: payload", "payload" in message, "text", "text" in message)
message.text.text.append("Good morning")
print("after adding a text: payload", "payload" in message, "text", "text" in message)
assert "payload" not in message and "text" in message
PYTHON
