"""A provider that answers as told, the way it is asked, and its breaker with a clock that the test moves."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable

from chat.answers.asking import Asking
from chat.answers.breaker import FAILURES_TO_OPEN, LONGEST_PAUSE, Breaker, State
from chat.answers.calls import Calls
from integrations import AdapterError, AuthenticationFailed, InvalidResponse, ProviderTimeout, Reply, Unavailable, Utterance
from tests.support.scripted import Answer, Gate, ScriptedAdapter, reply

FAIR = 0.05
"""Seconds. A call with fewer doesn't count."""
COUNTED = [ProviderTimeout, Unavailable, AuthenticationFailed, InvalidResponse]


def hello(seconds: float = 20.0, *, visitor: str = "s", text: str = "hello") -> Utterance:
    return Utterance(session=visitor, language="en", text=text, seconds=seconds)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class NoJitter(random.Random):
    def uniform(self, a: float, b: float) -> float:
        return b


class Asked:
    """A provider, the way it is asked, and the clock."""

    def __init__(
        self, *answers: Answer, calls: Calls | None = None, max_calls: int = 100, rng: random.Random | None = None
    ) -> None:
        self.provider = ScriptedAdapter(*answers)
        self.clock = Clock()
        self.breaker = Breaker(
            "scripted",
            max_calls=max_calls,
            clock=self.clock,
            rng=rng or NoJitter(),
        )
        self._asking = Asking(self.provider, breaker=self.breaker, calls=calls, fair_seconds=FAIR)
        self._asked = 0

    @property
    def state(self) -> State:
        return self.breaker.condition.breaker

    def ask(self, seconds: float = 20.0, *, visitor: str = "", text: str = "") -> Awaitable[Reply]:
        """By default each call is another visitor's, with another text."""
        self._asked += 1
        said = hello(seconds, visitor=visitor or f"visitor {self._asked}", text=text or f"text {self._asked}")
        return self._asking.ask(said, lambda: None)

    async def outcomes(self, calls: int, *, visitor: str = "", text: str = "") -> list[str]:
        return [await outcome(self.ask(visitor=visitor, text=text)) for _ in range(calls)]

    async def open(self, error: AdapterError | None = None) -> None:
        self.provider.answers = [error or Unavailable("down")] * FAILURES_TO_OPEN
        await self.outcomes(FAILURES_TO_OPEN)
        assert self.state == State.OPEN
        self.provider.asked.clear()

    async def probe(self, answer: Answer) -> str:
        """How the first call after the pause ends."""
        self.clock.now += LONGEST_PAUSE
        self.provider.answers = [answer]
        return (await self.outcomes(1))[0]

    async def begin(self, answer: Reply | Exception | None = None, seconds: float = 20.0) -> Call:
        """A running call, which is cancelled after this many seconds."""
        gate = Gate()
        self.provider.answers.insert(0, gate.holding(answer or reply("late")))  # type: ignore[arg-type]
        task = asyncio.ensure_future(self.ask(seconds))
        await gate.reached.wait()
        return Call(task, gate)


class Call:
    def __init__(self, task: asyncio.Future[Reply], gate: Gate) -> None:
        self._task = task
        self._gate = gate

    async def finish(self) -> str:
        self._gate.opened.set()
        return await outcome(self._task)

    async def is_cut_off(self) -> None:
        """Wait for the call's deadline."""
        assert await outcome(self._task) in ("ProviderTimeout", "_Unfair")

    async def cancel(self) -> None:
        """The turn itself is cancelled, as at the end of the process."""
        self._task.cancel()
        assert await outcome(self._task) == "CancelledError"


async def outcome(call: Awaitable[Reply]) -> str:
    """ "answered", or the error's name."""
    try:
        await call
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - the tests compare it
        return type(error).__name__
    return "answered"
