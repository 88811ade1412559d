#!/usr/bin/env bash
#
# Expected: The helpers parse the paths that the API documents, with location and environment, or return
#   nothing.
# Seen: A CX path with an environment gives the agent 'A/environments/E'. An ES path with a location gives the
#   project 'P/locations/L'. An ES path with an environment gives an empty dict. None raises.
# Versions: google-cloud-dialogflow 2.54.0, google-cloud-dialogflow-cx 2.9.0
# Source: Dialogflow's reference of DetectIntent lists these forms; no issue found
# Output seen:
#   google-cloud-dialogflow 2.54.0
#   google-cloud-dialogflow-cx 2.9.0
#   CX with an environment: {'project': 'P', 'location': 'L', 'agent': 'A/environments/E', 'session': 'S'}
#   ES with a location: {'project': 'P/locations/L', 'session': 'S'}
#   ES with an environment: {}
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check google-cloud-dialogflow==2.54.0 google-cloud-dialogflow-cx==2.9.0

venv/bin/python - <<'PYTHON'
from importlib.metadata import version

from google.cloud import dialogflow_v2, dialogflowcx_v3

for package in ("google-cloud-dialogflow", "google-cloud-dialogflow-cx"):
    print(package, version(package))
cx = dialogflowcx_v3.SessionsClient.parse_session_path("projects/P/locations/L/agents/A/environments/E/sessions/S")
located = dialogflow_v2.SessionsClient.parse_session_path("projects/P/locations/L/agent/sessions/S")
environment = dialogflow_v2.SessionsClient.parse_session_path("projects/P/agent/environments/E/users/-/sessions/S")
print("CX with an environment:", cx)
print("ES with a location:", located)
print("ES with an environment:", environment)
assert cx == {"project": "P", "location": "L", "agent": "A/environments/E", "session": "S"}
assert located == {"project": "P/locations/L", "session": "S"} and environment == {}
PYTHON
