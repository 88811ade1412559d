"""An adapter that answers as a test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from integrations import Adapter, Options, Reply, Text, Utterance

Answer = Reply | Exception | Callable[[Utterance], object]


class ScriptedAdapter(Adapter):
    """Answers each utterance with the next of `answers`: a reply, an exception, or a function that returns one or waits.
    After the last it echoes."""

    name = "scripted"
    options_class = Options
    has_events = True
    min_confidence = 0.5

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[Utterance] = []

    async def detect_intent(self, utterance: Utterance) -> Reply:
        self.asked.append(utterance)
        answer = self.answers.pop(0) if self.answers else reply(utterance.text)
        if callable(answer):
            answer = answer(utterance)
        if asyncio.iscoroutine(answer):
            answer = await answer
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[return-value] - tests of odd adapters return anything


def reply(*texts: str, intent: str = "echo", confidence: float | None = 1.0, **fields: object) -> Reply:
    return Reply(parts=tuple(map(Text, texts)), intent=intent, confidence=confidence, **fields)  # type: ignore[arg-type]


class Gate:
    """Holds an answer back until the test opens it."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()

    def holding(self, answer: Reply) -> Callable[[Utterance], object]:
        async def wait(utterance: Utterance) -> Reply:
            self.reached.set()
            await self.opened.wait()
            return answer

        return wait
