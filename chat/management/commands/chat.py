"""`manage.py chat`: the same service in the terminal."""

from __future__ import annotations

import asyncio
from typing import Any

from django.core.management import BaseCommand, CommandParser

from chat import conf, runtime
from chat.models import Sender
from chat.text import clean
from chat.values import Refused, StoredMessage, Value


class Command(BaseCommand):
    help = (
        "Chat with the selected provider in the terminal. An empty line ends it. The conversation is stored like any other."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--language", help="Language tag, one of CHATBOT_LANGUAGES.")

    def handle(self, *args: Any, language: str | None, **options: Any) -> None:
        self.stdout.write("An empty line or Ctrl+C ends the chat.")
        try:
            asyncio.run(self._chat(language))
        except KeyboardInterrupt:
            self.stdout.write("")

    async def _chat(self, language: str | None) -> None:
        answered = asyncio.Event()

        async def show(value: Value) -> None:
            match value:
                case StoredMessage() if value.sender != Sender.VISITOR:
                    self.stdout.write(f"{value.sender}: {value.text}")
                    answered.set()
                case Refused():
                    self.stdout.write(f"error: {value.message}")
                    answered.set()

        async def end() -> None:
            await show(Refused("internal", "The conversation was deleted."))

        service = runtime.current().service
        try:
            visit = await service.open(
                language=language,
                otherwise=conf.options().languages[0],
                site=None,
                origin="terminal",
                address="",
                send=show,
                close=end,
                greet=True,
            )
            while (text := clean(await asyncio.to_thread(_ask))).strip():
                answered.clear()
                try:
                    await service.receive(visit, text, id=None)
                except Refused as refused:
                    await show(refused)
                await answered.wait()
        finally:
            await runtime.aclose()


def _ask() -> str:
    try:
        return input("you: ")
    except EOFError:
        return ""
