"""Whether the provider works, and whether to ask it. Nobody waits for a provider that is down, and the provider's limits are
kept.

The breaker is closed while the provider answers. It opens after failures in a row, or at once if a quota is used up. Then no
call goes through. After a pause one call at a time goes through as a probe. If it succeeds, the breaker closes. If it
fails, the next pause is longer.
"""

from __future__ import annotations

import dataclasses
import enum
import logging
import random
import time
from collections.abc import Callable

import msgspec

from integrations import AdapterError, RateLimited, Unavailable

logger = logging.getLogger(__name__)

FAILURES_TO_OPEN = 5
FIRST_PAUSE = 5.0
"""In seconds. Each failed probe doubles it."""
LONGEST_PAUSE = 15.0
LEFT_TO_OTHERS = 10.0
"""Seconds for which the probe is left to visitors whose last call didn't fail. If none of them comes, anybody may probe."""
MAX_FAILED_VISITORS = 1000


class State(enum.StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Condition:
    """Whether the provider works, as this process sees it.

    failures: since the last answer. cause: the outcome of the failure that opened the breaker.
    seconds: since the breaker closed or opened.
    """

    provider: str
    breaker: State
    failures: int
    cause: str
    seconds: float
    calls: int
    max_calls: int


class Call(msgspec.Struct, frozen=True):
    """A call that went through. visitor: whose message it is about. answers: how many there were when it began."""

    visitor: str
    is_probe: bool
    answers: int


class Breaker:
    """Belongs to one event loop. `condition` may be read from any thread."""

    def __init__(
        self,
        provider: str,
        *,
        max_calls: int,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        """max_calls: under way at once."""
        self._provider = provider
        self.max_calls = max_calls
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - keeps the probes of several processes apart
        self._calls = 0
        self._answers = 0
        self._failed_texts: set[int] = set()  # hashes of the texts whose calls failed since the last answer
        self._failed_visitors: dict[str, None] = {}  # those whose last call failed, the latest at the end
        self._since = clock()
        self._cause: type[AdapterError] | None = None  # the breaker is open if this is set
        self._pause = 0.0
        self._probe_at = 0.0
        self._probing = False

    @property
    def condition(self) -> Condition:
        now, cause = self._clock(), self._cause
        may_probe = self._probing or now >= self._probe_at
        if_open = State.HALF_OPEN if may_probe else State.OPEN
        return Condition(
            provider=self._provider,
            breaker=if_open if cause else State.CLOSED,
            failures=len(self._failed_texts),
            cause=cause.outcome if cause else "",
            seconds=now - self._since,
            calls=self._calls,
            max_calls=self.max_calls,
        )

    def begin(self, visitor: str, *, always: bool = False) -> Call:
        """Let a call through. Raises Unavailable or RateLimited if the provider had better not be asked.

        always: also while the breaker is open.
        """
        self._refuse(self._clock(), visitor, always=always)
        self._probing = self._cause is not None
        self._calls += 1
        return Call(visitor, self._probing, self._answers)

    def note_answer(self, call: Call) -> None:
        """The provider has answered."""
        if call.is_probe:
            self._cause, self._since = None, self._clock()
            logger.info("The provider %s answers again.", self._provider)
        self._answers += 1
        self._failed_visitors.pop(call.visitor, None)
        if self._cause is None:
            self._failed_texts.clear()

    def note_failure(self, call: Call, cause: type[AdapterError], text: str) -> None:
        """The provider has failed. It counts once for each text: one that the provider always fails on says nothing about
        others. A call that hung says nothing about a provider that has answered others meanwhile, nor does one that began
        before the breaker opened."""
        if self._cause and not call.is_probe:
            return
        if call.answers == self._answers:
            self._failed_texts.add(hash(text))
        if call.is_probe or len(self._failed_texts) >= FAILURES_TO_OPEN or issubclass(cause, RateLimited):
            self._open(cause)

    def note_visitor_failed(self, visitor: str) -> None:
        """The visitor's last call failed, for any reason, and may fail again: it is no good probe."""
        self._failed_visitors.pop(visitor, None)
        self._failed_visitors[visitor] = None
        if len(self._failed_visitors) > MAX_FAILED_VISITORS:
            del self._failed_visitors[next(iter(self._failed_visitors))]

    def end(self, call: Call) -> None:
        """The call is over, with an answer or without."""
        self._calls -= 1
        if call.is_probe:
            self._probing = False

    def _refuse(self, now: float, visitor: str, *, always: bool) -> None:
        probe_at = self._probe_at + (LEFT_TO_OTHERS if visitor in self._failed_visitors else 0)
        if self._cause and not always and (self._probing or now < probe_at):
            wait = "a probe is running" if self._probing else f"the next try is in {probe_at - now:.1f} seconds"
            message = f"Not asked because the last call failed ({self._cause.outcome}): {wait}."
            raise RateLimited(message) if issubclass(self._cause, RateLimited) else Unavailable(message)
        if self._calls >= self.max_calls:
            raise Unavailable(f"Not asked: {self.max_calls} calls are running already.")

    def _open(self, cause: type[AdapterError]) -> None:
        now = self._clock()
        if self._cause is None:
            self._since, self._pause = now, FIRST_PAUSE
        else:
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
        self._cause = cause
        self._probe_at = now + self._pause * self._rng.uniform(0.75, 1)
        logger.warning(
            "The provider %s is not asked for %.1f seconds: %s, %d texts failed in a row.",
            self._provider,
            self._probe_at - now,
            cause.outcome,
            len(self._failed_texts),
        )
