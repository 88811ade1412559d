"""`manage.py chat`: the same engine in the terminal."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from django.core.management import BaseCommand, CommandParser

from chat import conf, protocol, runtime
from chat.protocol import Refused


class Command(BaseCommand):
    help = (
        "Chat with the selected provider in the terminal; an empty line ends it. The conversation is stored like any other."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--language", help="Language tag, one of CHATBOT_LANGUAGES.")

    def handle(self, *args: Any, language: str | None, **options: Any) -> None:
        asyncio.run(self._chat(language))

    async def _chat(self, language: str | None) -> None:
        answered = asyncio.Event()

        async def show(text: str) -> None:
            frame = json.loads(text)
            if frame["type"] == "message" and frame["sender"] != "visitor":
                self.stdout.write(f"{frame['sender']}: {frame['message']}")
                answered.set()
            elif frame["type"] == "error":
                self.stdout.write(f"error: {frame['message']}")
                answered.set()

        engine = runtime.current().engine
        default = conf.options().languages[0]
        try:
            visit = await engine.open(
                protocol.Hello(language=language), site=None, language=default, origin="terminal", send=show, greet=True
            )
            while (text := await asyncio.to_thread(_ask)).strip():
                answered.clear()
                try:
                    frame = protocol.parse(json.dumps({"message": text}))
                    assert isinstance(frame, protocol.VisitorMessage)  # noqa: S101 - a frame without type is a message
                    await engine.receive(visit, frame)
                except Refused as refused:
                    await show(protocol.error(refused))
                await answered.wait()
        finally:
            await runtime.aclose()


def _ask() -> str:
    try:
        return input("you: ")
    except EOFError:
        return ""
