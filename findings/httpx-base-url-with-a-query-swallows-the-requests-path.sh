#!/usr/bin/env bash
#
# Expected: The path is joined to the base's path and the query kept: /v1/message?key=1. Or the base is
#   refused.
# Seen: The request's path is appended to the raw address, behind the question mark. If the client or the call
#   has params, they replace that query and the path with it.
# Versions: httpx 0.28.1
# Source: none found; httpx documents that paths are appended
# Output seen:
#   httpx 0.28.1
#   ['https://wit.example/v1?key=1/message', 'https://wit.example/v1?q=hello']
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check httpx==0.28.1

venv/bin/python - <<'PYTHON'
from importlib.metadata import version

import httpx

print("httpx", version("httpx"))
addresses = []


def answer(request):
    addresses.append(str(request.url))
    return httpx.Response(200)


with httpx.Client(base_url="https://wit.example/v1?key=1", transport=httpx.MockTransport(answer)) as client:
    client.get("/message")
    client.get("/message", params={"q": "hello"})
print(addresses)
assert addresses == ["https://wit.example/v1?key=1/message", "https://wit.example/v1?q=hello"]
PYTHON
