#!/usr/bin/env bash
#
# Expected: Waiting in vain for a frame says so, and the socket can be used further.
# Seen: receive_output cancels the application's task on a timeout. The next call raises CancelledError
#   although the consumer did nothing wrong. receive_nothing waits as long and leaves the consumer alone.
# Versions: channels 4.3.2, daphne 4.2.3, django 5.2.19, asgiref 3.13.0
# Source: none found; asgiref.testing.ApplicationCommunicator does it on purpose
# Output seen:
#   channels 4.3.2 asgiref 3.13.0
#   after receive_nothing: still there?
#   after receive_output that timed out: CancelledError
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


class Echo(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        await self.send(text_data)


async def after(wait):
    socket = WebsocketCommunicator(Echo.as_asgi(), "/")
    await socket.connect()
    try:
        await wait(socket)
    except TimeoutError:
        pass
    try:
        await socket.send_to(text_data="still there?")
        return await socket.receive_from()
    except asyncio.CancelledError:
        return "CancelledError"


async def main():
    print("channels", version("channels"), "asgiref", version("asgiref"))
    nothing = await after(lambda socket: socket.receive_nothing(timeout=0.2))
    output = await after(lambda socket: socket.receive_output(timeout=0.2))
    print("after receive_nothing:", nothing)
    print("after receive_output that timed out:", output)
    assert (nothing, output) == ("still there?", "CancelledError")


asyncio.run(main())
PYTHON
