#!/usr/bin/env bash
#
# Expected: What can't be written as JSON is refused when it is set, since a Struct is defined as JSON.
# Seen: Setting, serializing and parsing work. MessageToDict and MessageToJson raise SerializeToJsonError, so
#   one NaN of a webhook costs the whole answer.
# Versions: google-cloud-dialogflow 2.54.0, proto-plus 1.29.0, protobuf 7.36.2
# Source: none found
# Output seen:
#   google-cloud-dialogflow 2.54.0
#   proto-plus 1.29.0
#   protobuf 7.36.2
#   after the wire: nan
#   MessageToDict raises SerializeToJsonError
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check google-cloud-dialogflow==2.54.0 proto-plus==1.29.0 protobuf==7.36.2

venv/bin/python - <<'PYTHON'
import math
from importlib.metadata import version

from google.cloud import dialogflow_v2
from google.protobuf.json_format import MessageToDict, SerializeToJsonError

for package in ("google-cloud-dialogflow", "proto-plus", "protobuf"):
    print(package, version(package))

Result = dialogflow_v2.QueryResult
result = Result.deserialize(Result.serialize(Result(parameters={"share": math.nan})))
print("after the wire:", result.parameters["share"])
assert math.isnan(result.parameters["share"])
try:
    MessageToDict(result._pb)
except SerializeToJsonError as error:
    print("MessageToDict raises", type(error).__name__)
else:
    raise AssertionError
PYTHON
