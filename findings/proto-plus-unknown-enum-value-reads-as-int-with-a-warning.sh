#!/usr/bin/env bash
#
# Expected: A number that the client doesn't know yet reads as a member of the enum, or as UNSPECIFIED, and
#   .name works on every value.
# Seen: The attribute is an int without .name, and each read warns. Under -W error the read raises
#   UserWarning.
# Versions: google-cloud-dialogflow-cx 2.9.0, proto-plus 1.29.0, protobuf 7.36.2
# Source: none found
# Output seen:
#   google-cloud-dialogflow-cx 2.9.0
#   proto-plus 1.29.0
#   read: int 99 - warning: UserWarning Unrecognized MatchType enum value: 99
#   under -W error the read raises
#   MatchType(99): 99 is not a valid Match.MatchType
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check google-cloud-dialogflow-cx==2.9.0 proto-plus==1.29.0 protobuf==7.36.2

venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version

from google.cloud import dialogflowcx_v3

for package in ("google-cloud-dialogflow-cx", "proto-plus"):
    print(package, version(package))

Match = dialogflowcx_v3.Match
message = Match.pb(Match())
message.match_type = 99  # what a newer server may send
match = Match.deserialize(message.SerializeToString())
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    value = match.match_type
print("read:", type(value).__name__, value, "- warning:", caught[0].category.__name__, caught[0].message)
assert type(value) is int and value == 99 and caught[0].category is UserWarning
with warnings.catch_warnings():
    warnings.simplefilter("error")
    try:
        match.match_type
    except UserWarning:
        print("under -W error the read raises")
    else:
        raise AssertionError
try:
    Match.MatchType(99)
except ValueError as error:
    print("MatchType(99):", error)
else:
    raise AssertionError
PYTHON
