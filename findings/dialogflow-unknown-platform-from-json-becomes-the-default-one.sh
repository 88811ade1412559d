#!/usr/bin/env bash
#
# Expected: ignore_unknown_fields ignores unknown fields. An unknown value of a known field raises, or is
#   kept.
# Seen: The option covers enum values, too. The platform falls back to PLATFORM_UNSPECIFIED, which means the
#   message for all that have none of their own, so another channel's message is shown. Without the option it
#   is a ParseError.
# Versions: google-cloud-dialogflow 2.54.0, proto-plus 1.29.0, protobuf 7.36.2
# Source: json_format documents the option for fields
# Output seen:
#   google-cloud-dialogflow 2.54.0
#   proto-plus 1.29.0
#   protobuf 7.36.2
#   platform PLATFORM_UNSPECIFIED - text ['for pigeons only']
#   without the option: ParseError
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check google-cloud-dialogflow==2.54.0 proto-plus==1.29.0 protobuf==7.36.2

venv/bin/python - <<'PYTHON'
from importlib.metadata import version

from google.cloud import dialogflow_v2
from google.protobuf.json_format import ParseError

for package in ("google-cloud-dialogflow", "proto-plus", "protobuf"):
    print(package, version(package))

Message = dialogflow_v2.Intent.Message
text = '{"platform": "PIGEON_POST", "text": {"text": ["for pigeons only"]}}'
message = Message.from_json(text, ignore_unknown_fields=True)
print("platform", Message.Platform(message.platform).name, "- text", list(message.text.text))
assert message.platform == Message.Platform.PLATFORM_UNSPECIFIED and list(message.text.text) == ["for pigeons only"]
try:
    Message.from_json(text)
except ParseError as error:
    print("without the option:", type(error).__name__)
else:
    raise AssertionError
PYTHON
