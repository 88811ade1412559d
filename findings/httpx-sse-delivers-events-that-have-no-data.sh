#!/usr/bin/env bash
#
# Expected: An event without data isn't dispatched. The HTML standard says so, and browsers and
#   eventsource-parser do so.
# Seen: The block sets the retry time and is delivered, too. A comment alone is not delivered.
# Versions: httpx 0.28.1, httpx-sse 0.4.3
# Source: HTML standard, server-sent events, dispatching: an empty data buffer ends it
# Output seen:
#   httpx-sse 0.4.3
#   'retry: 3000\n\n' gives 'message' ''
#   'id: 7\n\n' gives 'message' ''
#   'event: ping\n\n' gives 'ping' ''
#   json() of the first raises JSONDecodeError
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check httpx==0.28.1 httpx-sse==0.4.3

venv/bin/python - <<'PYTHON'
import json
from importlib.metadata import version

import httpx
from httpx_sse import EventSource

print("httpx-sse", version("httpx-sse"))


def events(text):
    response = httpx.Response(200, text=text, headers={"Content-Type": "text/event-stream"})
    return list(EventSource(response).iter_sse())


for text in ("retry: 3000\n\n", "id: 7\n\n", "event: ping\n\n"):
    [event] = events(text)
    print(repr(text), "gives", repr(event.event), repr(event.data))
    assert event.data == ""
assert events(": comment\n\n") == []
try:
    events("retry: 3000\n\n")[0].json()
except json.JSONDecodeError as error:
    print("json() of the first raises", type(error).__name__)
else:
    raise AssertionError
PYTHON
