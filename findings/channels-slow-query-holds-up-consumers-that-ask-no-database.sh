#!/usr/bin/env bash
#
# Expected: An async consumer that only echoes answers at once, whatever another connection's database call
#   does in its thread.
# Seen: Before each handler Channels closes old database connections in the one thread that
#   database_sync_to_async uses, too. So every message of every consumer waits for the slow call.
# Versions: channels 4.3.2, daphne 4.2.3, django 5.2.19, asgiref 3.13.0
# Source: channels issue 2132 (about synchronous consumers)
# Output seen:
#   channels 4.3.2 asgiref 3.13.0
#   alone under 0.5 s: True - beside a query of 2 s over 1.5 s: True
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

import time

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.testing import WebsocketCommunicator


class Slow(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        await database_sync_to_async(time.sleep)(2)


class Echo(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        await self.send(text_data)


async def main():
    print("channels", version("channels"), "asgiref", version("asgiref"))
    slow, echo = (WebsocketCommunicator(consumer.as_asgi(), "/") for consumer in (Slow, Echo))
    await slow.connect()
    await echo.connect()
    seconds = []
    for busy in (False, True):
        if busy:
            await slow.send_to(text_data="ask the database")
            await asyncio.sleep(0.2)
        started = time.monotonic()
        await echo.send_to(text_data="hello")
        await echo.receive_from(timeout=10)
        seconds.append(time.monotonic() - started)
    print("alone under 0.5 s:", seconds[0] < 0.5, "- beside a query of 2 s over 1.5 s:", seconds[1] > 1.5)
    assert seconds[0] < 0.5 and seconds[1] > 1.5


asyncio.run(main())
PYTHON
