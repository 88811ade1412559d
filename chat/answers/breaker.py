"""How a provider does, and whether it had better be asked: nobody waits for a provider that is down, and none is asked more
than it takes.

The breaker is closed while the provider answers. It opens after failures in a row, or at once if a quota is used up. Then no
call goes through. After a pause one call at a time goes through as a probe: it closes the breaker, or the next pause is
longer.
"""

from __future__ import annotations

import dataclasses
import enum
import logging
import random
import time
from collections import deque
from collections.abc import Callable

import msgspec

from integrations import AdapterError, RateLimited, Unavailable

logger = logging.getLogger(__name__)

FAILURES_TO_OPEN = 5
FIRST_PAUSE = 5.0
"""Seconds; each probe that fails doubles it."""
LONGEST_PAUSE = 15.0
MINUTE = 60.0


class State(enum.StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Condition:
    """How a provider does, seen from this process.

    failures: since the last answer. cause: the outcome of the failure that opened the breaker.
    seconds: since the breaker closed or opened. calls_left: in this minute, None if there is no limit.
    """

    provider: str
    breaker: State
    failures: int
    cause: str
    seconds: float
    calls: int
    max_calls: int
    calls_left: int | None


class Call(msgspec.Struct, frozen=True):
    """A call that went through. answers: how many there were when it began."""

    is_probe: bool
    answers: int


class Breaker:
    """Belongs to one event loop; `condition` may be read from any thread."""

    def __init__(
        self,
        provider: str,
        *,
        max_calls: int,
        calls_per_minute: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        """max_calls: under way at once. calls_per_minute: in any 60 seconds, None for no limit."""
        self._provider = provider
        self.max_calls = max_calls
        self._calls_per_minute = calls_per_minute
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - keeps the probes of several processes apart
        self._calls = 0
        self._begun: deque[float] = deque(maxlen=calls_per_minute or 0)  # when the last calls began
        self._answers = 0
        self._failures = 0
        self._since = clock()
        self._cause: type[AdapterError] | None = None  # open while there is one
        self._pause = 0.0
        self._probe_at = 0.0
        self._probing = False

    @property
    def condition(self) -> Condition:
        now, cause = self._clock(), self._cause
        may_probe = self._probing or now >= self._probe_at
        if_open = State.HALF_OPEN if may_probe else State.OPEN
        used = sum(now - begun < MINUTE for begun in list(self._begun))
        return Condition(
            provider=self._provider,
            breaker=if_open if cause else State.CLOSED,
            failures=self._failures,
            cause=cause.outcome if cause else "",
            seconds=now - self._since,
            calls=self._calls,
            max_calls=self.max_calls,
            calls_left=self._calls_per_minute - used if self._calls_per_minute else None,
        )

    def begin(self) -> Call:
        """Let a call through. Raises Unavailable or RateLimited if the provider had better not be asked."""
        now = self._clock()
        self._refuse(now)
        self._probing = self._cause is not None
        self._begun.append(now)
        self._calls += 1
        return Call(self._probing, self._answers)

    def note_answer(self, call: Call) -> None:
        """The provider has answered."""
        if call.is_probe:
            self._cause, self._since = None, self._clock()
            logger.info("The provider %s answers again.", self._provider)
        self._answers += 1
        if self._cause is None:
            self._failures = 0

    def note_failure(self, call: Call, cause: type[AdapterError]) -> None:
        """The provider has failed. A call that hung says nothing about a provider that has answered others meanwhile, nor
        does one that began before the breaker opened."""
        if self._cause and not call.is_probe:
            return
        if call.answers == self._answers:
            self._failures += 1
        if call.is_probe or self._failures >= FAILURES_TO_OPEN or issubclass(cause, RateLimited):
            self._open(cause)

    def end(self, call: Call) -> None:
        """The call is over, whatever became of it."""
        self._calls -= 1
        if call.is_probe:
            self._probing = False

    def _refuse(self, now: float) -> None:
        if self._cause and (self._probing or now < self._probe_at):
            wait = "a probe is under way" if self._probing else f"the next try is in {self._probe_at - now:.1f} seconds"
            message = f"Not asked, since the last failure was {self._cause.outcome}; {wait}."
            raise RateLimited(message) if issubclass(self._cause, RateLimited) else Unavailable(message)
        if self._calls >= self.max_calls:
            raise Unavailable(f"Not asked: {self.max_calls} calls are under way already.")
        if self._calls_per_minute and len(self._begun) == self._calls_per_minute and now - self._begun[0] < MINUTE:
            raise RateLimited(f"Not asked: this process's {self._calls_per_minute} calls of a minute are used up.")

    def _open(self, cause: type[AdapterError]) -> None:
        now = self._clock()
        if self._cause is None:
            self._since, self._pause = now, FIRST_PAUSE
        else:
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
        self._cause = cause
        self._probe_at = now + self._pause * self._rng.uniform(0.75, 1)
        logger.warning(
            "The provider %s is not asked for %.1f seconds: %s, %d failures in a row.",
            self._provider,
            self._probe_at - now,
            cause.outcome,
            self._failures,
        )
