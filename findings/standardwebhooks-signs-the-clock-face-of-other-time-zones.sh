#!/usr/bin/env bash
#
# Expected: An aware datetime is one instant, whatever its zone, so the signature is made for its timestamp. A
#   naive one means local time, as datetime.timestamp() reads it.
# Seen: The zone is replaced by UTC, not converted. For 12:00+02:00 the signature covers 12:00 UTC while the
#   header says 10:00 UTC.
# Versions: standardwebhooks 1.1.0
# Source: none found
# Output seen:
#   standardwebhooks 1.1.0
#   UTC: verified
#   the same instant in +02:00: No matching signature found
#   naive UTC: verified
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check standardwebhooks==1.1.0

venv/bin/python - <<'PYTHON'
import datetime
from importlib.metadata import version

from standardwebhooks import Webhook, WebhookVerificationError

print("standardwebhooks", version("standardwebhooks"))
webhook, body = Webhook("whsec_" + "QUJD" * 8), '{"event": "reply"}'
now = datetime.datetime.now(datetime.timezone.utc)


def verify(signed_with):
    headers = {
        "webhook-id": "m1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": webhook.sign("m1", signed_with, body),
    }
    try:
        return "verified" if webhook.verify(body, headers) else None
    except WebhookVerificationError as error:
        return str(error)


zone = datetime.timezone(datetime.timedelta(hours=2))
seen = [verify(now), verify(now.astimezone(zone)), verify(now.replace(tzinfo=None))]
print("UTC:", seen[0])
print("the same instant in +02:00:", seen[1])
print("naive UTC:", seen[2])
assert seen == ["verified", "No matching signature found", "verified"]
PYTHON
