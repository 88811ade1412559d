"""A guard around an adapter: nobody waits for a provider that is down, and none is asked more than it takes.

The breaker is closed while the provider answers. It opens after failures in a row, or at once when a quota is used up;
then calls fail at once. After a pause one call at a time goes through as a probe: it closes the breaker, or the next
pause is longer.
"""

from __future__ import annotations

import asyncio
import dataclasses
import enum
import logging
import random
import time
from collections import deque
from collections.abc import Callable

from integrations.base import (
    Adapter,
    AdapterError,
    AuthenticationFailed,
    InvalidResponse,
    ProviderTimeout,
    RateLimited,
    Reply,
    Unavailable,
    Utterance,
)

logger = logging.getLogger(__name__)

FAILURES_TO_OPEN = 5
FIRST_PAUSE = 5.0
"""Seconds; each probe that fails doubles it."""
LONGEST_PAUSE = 15.0
MINUTE = 60.0

# A Rejected is about one input, and any other exception is a mistake in the adapter: neither says that the provider is
# down, nor that it is up again.
_FAILURES = (ProviderTimeout, Unavailable, RateLimited, AuthenticationFailed, InvalidResponse, TimeoutError)

_ATTRIBUTES = ("name", "options_class", "max_characters", "has_events", "min_confidence", "max_calls")


class Breaker(enum.StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Condition:
    """How a provider does, seen from this process.

    failures: since the last success. cause: the outcome of the failure that opened the breaker.
    seconds: since the breaker closed or opened. calls_left: in this minute, None where there is no limit.
    """

    provider: str
    breaker: Breaker
    failures: int
    cause: str
    seconds: float
    calls: int
    max_calls: int
    calls_left: int | None


class Guard(Adapter):
    """An adapter around an adapter; belongs to one event loop, `condition` may be read from any thread."""

    def __init__(
        self,
        adapter: Adapter,
        *,
        patience: float,
        calls_per_minute: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        """`patience`: seconds after which a cancelled call counts as a timeout, since a deadline from outside is
        a cancellation like any other. `calls_per_minute`: what is allowed in any 60 seconds."""
        for attribute in _ATTRIBUTES:
            setattr(self, attribute, getattr(adapter, attribute))
        self._adapter = adapter
        self._patience = patience
        self.calls_per_minute = calls_per_minute
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - keeps the probes of several processes apart
        self._calls = 0
        self._begun: deque[float] = deque(maxlen=calls_per_minute or 0)  # when the last calls began
        self._successes = 0
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
        if_open = Breaker.HALF_OPEN if may_probe else Breaker.OPEN
        used = sum(now - begun < MINUTE for begun in list(self._begun))
        return Condition(
            provider=self.name,
            breaker=if_open if cause else Breaker.CLOSED,
            failures=self._failures,
            cause=cause.outcome if cause else "",
            seconds=now - self._since,
            calls=self._calls,
            max_calls=self.max_calls,
            calls_left=self.calls_per_minute - used if self.calls_per_minute else None,
        )

    async def detect_intent(self, utterance: Utterance) -> Reply:
        """Raises AdapterError, at once where the provider had better not be asked."""
        now = self._clock()
        self._refuse(now)
        is_probe = self._probing = self._cause is not None
        self._begun.append(now)
        self._calls += 1
        successes = self._successes
        try:
            reply = await self._adapter.detect_intent(utterance)
        except _FAILURES as error:
            self._count_failure(type(error) if isinstance(error, AdapterError) else ProviderTimeout, is_probe, successes)
            raise
        except asyncio.CancelledError:
            if self._clock() - now >= self._patience:
                self._count_failure(ProviderTimeout, is_probe, successes)
            raise
        finally:
            self._calls -= 1
            if is_probe:
                self._probing = False
        if is_probe:
            self._close()
        self._count_success()
        return reply

    async def list_intents(self) -> list[str]:
        return await self._adapter.list_intents()

    async def check(self) -> None:
        """Ask whatever the state is: who checks wants to know."""
        await self._adapter.check()

    async def aclose(self) -> None:
        await self._adapter.aclose()

    def _refuse(self, now: float) -> None:
        if self._cause and (self._probing or now < self._probe_at):
            wait = "a probe is under way" if self._probing else f"the next try is in {self._probe_at - now:.1f} seconds"
            message = f"Not asked, since the last failure was {self._cause.outcome}; {wait}."
            raise RateLimited(message) if issubclass(self._cause, RateLimited) else Unavailable(message)
        if self._calls >= self.max_calls:
            raise Unavailable(f"Not asked: {self.max_calls} calls are under way already.")
        if self.calls_per_minute and len(self._begun) == self.calls_per_minute and now - self._begun[0] < MINUTE:
            raise RateLimited(f"Not asked: this process's {self.calls_per_minute} calls of a minute are used up.")

    def _count_success(self) -> None:
        self._successes += 1
        if self._cause is None:
            self._failures = 0

    def _count_failure(self, cause: type[AdapterError], is_probe: bool, successes: int) -> None:
        """`successes` is how many there were when the call began: a hung call says nothing about a provider that has
        answered others meanwhile, nor does one that was begun before the breaker opened."""
        if self._cause and not is_probe:
            return
        if successes == self._successes:
            self._failures += 1
        if is_probe or self._failures >= FAILURES_TO_OPEN or issubclass(cause, RateLimited):
            self._open(cause)

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
            self.name,
            self._probe_at - now,
            cause.outcome,
            self._failures,
        )

    def _close(self) -> None:
        self._cause, self._since = None, self._clock()
        logger.info("The provider %s answers again.", self.name)
