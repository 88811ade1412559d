#!/usr/bin/env bash
#
# Expected: Fields that aren't set read alike: a message is empty, and so is a Struct, which is a message,
#   too.
# Seen: response.webhook_payload is None until it is set, so .get() on it raises AttributeError, while
#   response.intent.display_name is safe. Setting {} makes it a mapping for which the field counts as set.
# Versions: google-cloud-dialogflow 2.54.0, proto-plus 1.29.0, protobuf 7.36.2
# Source: none found; proto-plus documents neither together
# Output seen:
#   google-cloud-dialogflow 2.54.0
#   proto-plus 1.29.0
#   protobuf 7.36.2
#   unset: intent '' webhook_payload None
#   set to {}: webhook_payload {} - in the message: True
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

result = dialogflow_v2.QueryResult()
print("unset: intent", repr(result.intent.display_name), "webhook_payload", result.webhook_payload)
assert result.intent.display_name == "" and result.webhook_payload is None
result.webhook_payload = {}
print("set to {}: webhook_payload", dict(result.webhook_payload), "- in the message:", "webhook_payload" in result)
assert result.webhook_payload is not None and "webhook_payload" in result
PYTHON
