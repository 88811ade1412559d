#!/usr/bin/env bash
#
# Expected: Events from the channel layer and events from the server are kept apart: a layer event runs a
#   handler of the application's own, never those of the socket.
# Seen: Both go through one dispatch by type. After a layer event websocket.disconnect the consumer has ended
#   and no close frame was sent, so the client waits for ever.
# Versions: channels 4.3.2, daphne 4.2.3, django 5.2.19, asgiref 3.13.0
# Source: none found; Channels documents the dispatch by type, not the mixture
# Output seen:
#   channels 4.3.2
#   the client receives: you said what no client sent
#   disconnect() runs with 1000
#   the consumer has ended: True - frames for the client: 0
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check channels==4.3.2 daphne==4.2.3 django==5.2.19 asgiref==3.13.0

venv/bin/python - <<'PYTHON'
import asyncio
from importlib.metadata import version

import django
from django.conf import settings

settings.configure(
    CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}},
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator


class Consumer(AsyncWebsocketConsumer):
    groups = ["room"]

    async def receive(self, text_data=None, bytes_data=None):
        await self.send(f"you said {text_data}")

    async def disconnect(self, code):
        print("disconnect() runs with", code)


async def main():
    print("channels", version("channels"))
    socket = WebsocketCommunicator(Consumer.as_asgi(), "/")
    await socket.connect()
    layer = get_channel_layer()
    await layer.group_send("room", {"type": "websocket.receive", "text": "what no client sent"})
    answer = await socket.receive_from()
    print("the client receives:", answer)
    assert answer == "you said what no client sent"
    await layer.group_send("room", {"type": "websocket.disconnect", "code": 1000})
    await asyncio.wait([socket.future], timeout=3)
    print("the consumer has ended:", socket.future.done(), "- frames for the client:", socket.output_queue.qsize())
    assert socket.future.done() and socket.output_queue.empty()


asyncio.run(main())
PYTHON
