"""A guard in front of a provider that answers as told, by a clock that the test turns."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable

from integrations import (
    AdapterError,
    AuthenticationFailed,
    Breaker,
    Guard,
    InvalidResponse,
    ProviderTimeout,
    Reply,
    Unavailable,
)
from integrations.guard import FAILURES_TO_OPEN, LONGEST_PAUSE
from tests.integrations.contract import utterance
from tests.scripted import Answer, Gate, ScriptedAdapter, reply

PATIENCE = 4.0
COUNTED = [ProviderTimeout, Unavailable, AuthenticationFailed, InvalidResponse]
HELLO = utterance("hello")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class NoJitter(random.Random):
    def uniform(self, a: float, b: float) -> float:
        return b


class Guarded:
    """A guard, the provider behind it, and the clock."""

    def __init__(self, *answers: Answer, calls_per_minute: int | None = None) -> None:
        self.provider = ScriptedAdapter(*answers)
        self.clock = Clock()
        self.guard = Guard(
            self.provider, patience=PATIENCE, calls_per_minute=calls_per_minute, clock=self.clock, rng=NoJitter()
        )

    @property
    def breaker(self) -> Breaker:
        return self.guard.condition.breaker

    async def outcomes(self, calls: int) -> list[str]:
        return [await outcome(self.guard.detect_intent(HELLO)) for _ in range(calls)]

    async def open(self, error: AdapterError | None = None) -> None:
        self.provider.answers = [error or Unavailable("down")] * FAILURES_TO_OPEN
        await self.outcomes(FAILURES_TO_OPEN)
        assert self.breaker == Breaker.OPEN
        self.provider.asked.clear()

    async def probe(self, answer: Answer) -> str:
        """What becomes of the first call after the pause."""
        self.clock.now += LONGEST_PAUSE
        self.provider.answers = [answer]
        return (await self.outcomes(1))[0]

    async def begin(self, answer: Reply | Exception | None = None) -> Call:
        """A call that is under way."""
        gate = Gate()
        self.provider.answers.insert(0, gate.holding(answer or reply("late")))  # type: ignore[arg-type]
        task = asyncio.create_task(self.guard.detect_intent(HELLO))
        await gate.reached.wait()
        return Call(task, gate)


class Call:
    def __init__(self, task: asyncio.Task[Reply], gate: Gate) -> None:
        self._task = task
        self._gate = gate

    async def finish(self) -> str:
        self._gate.opened.set()
        return await outcome(self._task)

    async def cancel(self) -> None:
        self._task.cancel()
        assert await outcome(self._task) == "CancelledError"


async def outcome(call: Awaitable[Reply]) -> str:
    """ "answered", or the error's name."""
    try:
        await call
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - the tests compare it
        return type(error).__name__
    return "answered"
