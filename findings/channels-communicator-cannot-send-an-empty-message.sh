#!/usr/bin/env bash
#
# Expected: An empty text message is a valid WebSocket message. The test client sends it and the consumer's
#   receive() gets an empty string.
# Seen: send_to asserts by truth, not by None. The event itself works when it is sent by send_input.
# Versions: channels 4.3.2, daphne 4.2.3, django 5.2.19, asgiref 3.13.0
# Source: none found
# Output seen:
#   channels 4.3.2
#   send_to: AssertionError: You must supply exactly one of text_data or bytes_data
#   send_input: received ''
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
from channels.testing import WebsocketCommunicator


class Consumer(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        await self.send(f"received {text_data!r}")


async def main():
    print("channels", version("channels"))
    socket = WebsocketCommunicator(Consumer.as_asgi(), "/")
    await socket.connect()
    try:
        await socket.send_to(text_data="")
        outcome = "sent"
    except AssertionError as error:
        outcome = f"AssertionError: {error}"
    print("send_to:", outcome)
    assert outcome.startswith("AssertionError")
    await socket.send_input({"type": "websocket.receive", "text": ""})
    answer = await socket.receive_from()
    print("send_input:", answer)
    assert answer == "received ''"


asyncio.run(main())
PYTHON
