"""The consumers that the service is compared with, written as one writes them first."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatbot.settings")

import django

django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from django.utils import timezone  # noqa: E402

from chat.models import Conversation, Message  # noqa: E402


class Bare(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Echoes and stores nothing."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.send(text_data='{"type":"message","sender":"bot","message":"hello there"}')


class Naive(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Stores the message and the reply with two awaited creates of the ORM."""

    async def connect(self) -> None:
        now = timezone.now()
        self.conversation = await Conversation.objects.acreate(language="en", created_at=now, last_activity_at=now)
        self.seq = 0
        await self.accept()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        for sender in ("visitor", "bot"):
            self.seq += 1
            await Message.objects.acreate(
                conversation=self.conversation, seq=self.seq, sender=sender, text="hello there", created_at=timezone.now()
            )
        await self.send(text_data='{"type":"message","sender":"bot","message":"hello there"}')


def websocket(consumer: Any) -> Any:
    application = consumer.as_asgi()

    async def serve(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await application(scope, receive, send)

    return serve


bare = websocket(Bare)
naive = websocket(Naive)
