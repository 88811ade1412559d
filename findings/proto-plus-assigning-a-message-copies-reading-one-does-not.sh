#!/usr/bin/env bash
#
# Expected: Both ways share the object, as attributes in Python do, or both copy.
# Seen: Assigning and appending copy. Reading gives a live view, also for an unset field: writing through it
#   sets the field.
# Versions: google-cloud-dialogflow 2.54.0, proto-plus 1.29.0, protobuf 7.36.2
# Source: none found
# Output seen:
#   google-cloud-dialogflow 2.54.0
#   proto-plus 1.29.0
#   protobuf 7.36.2
#   after a change of what was assigned: first - after a change of what was read: third
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

result, intent = dialogflow_v2.QueryResult(), dialogflow_v2.Intent(display_name="first")
result.intent = intent
intent.display_name = "second"
assigned = result.intent.display_name
view = result.intent
view.display_name = "third"
print("after a change of what was assigned:", assigned, "- after a change of what was read:", result.intent.display_name)
assert (assigned, result.intent.display_name) == ("first", "third")
PYTHON
