#!/usr/bin/env bash
#
# Expected: timeout=1 ends the call after one second.
# Seen: timeout is handed to each attempt. The method's default retry on ServiceUnavailable has a limit of its
#   own, 220 s, and wins. Reads of intents, in the same package, have neither retry nor timeout.
# Versions: google-cloud-dialogflow 2.54.0, google-api-core 2.44.0, grpcio 1.85.1
# Source: google-cloud-python issue 8878 (Pub/Sub, the same library)
# Output seen:
#   google-cloud-dialogflow 2.54.0 google-api-core 2.44.0
#   timeout=1: TimeoutError after 6 s (the limit of this script)
#   timeout=1, retry=None: ServiceUnavailable after 0 s
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check google-cloud-dialogflow==2.54.0 google-api-core==2.44.0 grpcio==1.85.1

venv/bin/python - <<'PYTHON'
import asyncio
import socket
import time
from importlib.metadata import version

import grpc
from google.api_core.exceptions import ServiceUnavailable
from google.cloud import dialogflow_v2
from google.cloud.dialogflow_v2.services.sessions.transports import (
    SessionsGrpcAsyncIOTransport,
)


async def call(client, **options):
    text = dialogflow_v2.TextInput(text="hello", language_code="en")
    query = dialogflow_v2.QueryInput(text=text)
    started = time.monotonic()
    try:
        async with asyncio.timeout(6):
            await client.detect_intent(session="projects/p/agent/sessions/s", query_input=query, timeout=1, **options)
    except (ServiceUnavailable, TimeoutError) as error:
        return f"{type(error).__name__} after {time.monotonic() - started:.0f} s"


async def main():
    print("google-cloud-dialogflow", version("google-cloud-dialogflow"), "google-api-core", version("google-api-core"))
    with socket.socket() as reserved:  # bound and not listening, so every connection is refused
        reserved.bind(("127.0.0.1", 0))
        channel = grpc.aio.insecure_channel(f"127.0.0.1:{reserved.getsockname()[1]}")
        client = dialogflow_v2.SessionsAsyncClient(transport=SessionsGrpcAsyncIOTransport(channel=channel))
        default, without = await call(client), await call(client, retry=None)
    print("timeout=1:", default, "(the limit of this script)")
    print("timeout=1, retry=None:", without)
    assert default == "TimeoutError after 6 s" and without == "ServiceUnavailable after 0 s"


asyncio.run(main())
PYTHON
