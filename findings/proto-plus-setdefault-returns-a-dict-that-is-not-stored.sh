#!/usr/bin/env bash
#
# Expected: setdefault returns the stored value, as with a dict, so that d.setdefault(key, {})[name] = value
#   stores the value.
# Seen: The mapping of a Struct converts what is set. setdefault comes from the standard library's
#   MutableMapping and returns the object it was given, which the Struct doesn't know.
# Versions: google-cloud-dialogflow 2.54.0, proto-plus 1.29.0, protobuf 7.36.2
# Source: none found
# Output seen:
#   google-cloud-dialogflow 2.54.0
#   proto-plus 1.29.0
#   protobuf 7.36.2
#   {'new': {}, 'known': {'name': 'kept'}, 'direct': {'name': 'kept'}}
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

payload = dialogflow_v2.QueryParameters(payload={"known": {}}).payload
payload.setdefault("new", {})["name"] = "lost"
payload.setdefault("known", {})["name"] = "kept"
payload["direct"] = {}
payload["direct"]["name"] = "kept"
seen = {key: dict(payload[key]) for key in ("new", "known", "direct")}
print(seen)
assert seen == {"new": {}, "known": {"name": "kept"}, "direct": {"name": "kept"}}
PYTHON
