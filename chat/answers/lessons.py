"""What staff have written under Answers, brought to the providers that answer from it.

Each process looks every second whether something has changed, also by another process. Nothing waits for it but the first
question.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from django.db.models import Count, Sum

from chat.models import Answer, question_lines
from chat.storage.reader import Reader
from integrations import Adapter, WrittenAnswer, read_parts

logger = logging.getLogger(__name__)

INTERVAL = 1.0
"""Seconds between two looks."""
AFTER_FAILURE = 10.0
"""Seconds from a failure to the next look: the next attempt may fail as well, and costs as much."""


def read() -> list[WrittenAnswer]:
    """The active answers; blocks."""
    return [
        WrittenAnswer(
            language=answer.language,
            title=answer.title,
            questions=tuple(question_lines(answer.questions)),
            text=answer.text,
            parts=read_parts(answer.parts),
        )
        for answer in Answer.objects.filter(active=True)
    ]


def state() -> tuple[int, int]:
    """Another value after every change of an answer; blocks."""
    found = Answer.objects.aggregate(amount=Count("pk"), stamps=Sum("stamp"))
    return found["amount"], found["stamps"] or 0


class Lessons:
    """trouble: why the last change isn't at work, empty if it is."""

    def __init__(self, adapters: Sequence[Adapter], reader: Reader, did_you_mean: Callable[[str], str]) -> None:
        self._adapters = adapters
        self._reader = reader
        self._did_you_mean = did_you_mean
        self._state: tuple[int, int] | None = None
        self.trouble = ""

    async def teach_for_ever(self) -> None:
        while True:
            try:
                await self._teach()
                self.trouble = ""
            except Exception as error:  # noqa: BLE001 - what was learnt before stays at work
                self.trouble = f"{type(error).__name__}: {error}".rstrip(": ")
                logger.warning("The answers can't be learnt (%s). What was learnt before is used.", type(error).__name__)
            await asyncio.sleep(AFTER_FAILURE if self.trouble else INTERVAL)

    async def _teach(self) -> None:
        found = await self._reader.read(state)  # before the answers, so that a change meanwhile is seen the next time
        if found == self._state:
            return
        answers = await self._reader.read(read)
        for adapter in self._adapters:
            await adapter.learn(answers, self._did_you_mean)
        self._state = found
