#!/usr/bin/env bash
#
# Expected: A call that is cut by the closing channel raises a gRPC error (CANCELLED or UNAVAILABLE), which
#   google-api-core turns into one of its exceptions.
# Seen: The await raises asyncio.CancelledError. `except Exception` doesn't catch it, and the task ends as
#   cancelled. Only current_task().cancelling() tells: it is 0.
# Versions: google-cloud-dialogflow 2.54.0, google-api-core 2.44.0, grpcio 1.85.1
# Source: none found
# Output seen:
#   grpcio 1.85.1 google-api-core 2.44.0
#   raised CancelledError - cancelling() 0 - the task counts as cancelled: True
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check google-cloud-dialogflow==2.54.0 google-api-core==2.44.0 grpcio==1.85.1

venv/bin/python - <<'PYTHON'
import asyncio
from importlib.metadata import version

import grpc
from google.cloud import dialogflow_v2
from google.cloud.dialogflow_v2.services.sessions.transports import (
    SessionsGrpcAsyncIOTransport,
)


async def never_answer(request, context):
    await asyncio.Event().wait()


async def main():
    print("grpcio", version("grpcio"), "google-api-core", version("google-api-core"))
    request, response = dialogflow_v2.DetectIntentRequest, dialogflow_v2.DetectIntentResponse
    handler = grpc.unary_unary_rpc_method_handler(never_answer, request.deserialize, response.serialize)
    service = grpc.method_handlers_generic_handler("google.cloud.dialogflow.v2.Sessions", {"DetectIntent": handler})
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((service,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}")
    client = dialogflow_v2.SessionsAsyncClient(transport=SessionsGrpcAsyncIOTransport(channel=channel))

    async def ask():
        try:
            await client.detect_intent(request={"session": "projects/p/agent/sessions/s"}, retry=None, timeout=10)
        except BaseException as error:
            seen.append((type(error).__name__, asyncio.current_task().cancelling()))
            raise

    seen = []
    task = asyncio.create_task(ask())
    await asyncio.sleep(0.5)
    await channel.close()
    await asyncio.wait([task])
    await server.stop(0)
    print("raised", seen[0][0], "- cancelling()", seen[0][1], "- the task counts as cancelled:", task.cancelled())
    assert seen == [("CancelledError", 0)] and task.cancelled()


asyncio.run(main())
PYTHON
