#!/usr/bin/env bash
#
# Expected: An integer that a webhook puts into parameters or a payload arrives unchanged, as JSON itself can
#   carry it.
# Seen: google.protobuf.Struct stores every number as a double. The setter accepts a larger integer without an
#   error and rounds it. Small integers come back as floats, 5 as 5.0.
# Versions: google-cloud-dialogflow 2.54.0, proto-plus 1.29.0, protobuf 7.36.2
# Source: struct.proto documents number_value as double
# Output seen:
#   google-cloud-dialogflow 2.54.0
#   proto-plus 1.29.0
#   protobuf 7.36.2
#   stored 12345678901234567 - read 12345678901234568 - seats 5.0
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check google-cloud-dialogflow==2.54.0 proto-plus==1.29.0 protobuf==7.36.2

venv/bin/python - <<'PYTHON'
from importlib.metadata import version

from google.cloud import dialogflow_v2
from google.protobuf.json_format import MessageToDict

for package in ("google-cloud-dialogflow", "proto-plus", "protobuf"):
    print(package, version(package))

order = 12345678901234567
result = dialogflow_v2.QueryResult(parameters={"order": order, "seats": 5})
plain = MessageToDict(result._pb.parameters)
print("stored", order, "- read", int(result.parameters["order"]), "- seats", plain["seats"])
assert int(result.parameters["order"]) == order + 1 and repr(plain["seats"]) == "5.0"
PYTHON
