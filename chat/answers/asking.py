"""Asks the provider: under a deadline, within its limits, and not while it is down."""

from __future__ import annotations

from collections.abc import Callable

from chat.answers.breaker import Breaker, State
from chat.answers.calls import Calls
from chat.answers.timeouts import CallTimer, TookTooLong
from integrations import (
    Adapter,
    AuthenticationFailed,
    InvalidResponse,
    ProviderTimeout,
    RateLimited,
    Reply,
    Unavailable,
    Utterance,
)

# A Rejected is about one input, and any other exception is a mistake in the adapter. Neither tells whether the provider
# is up or down.
FAILURES = (ProviderTimeout, Unavailable, RateLimited, AuthenticationFailed, InvalidResponse)


class Asking:
    """breaker: None to ask the provider even while it is down. calls: None if there is no limit of them.
    fair_seconds: a provider that had fewer seconds is not blamed for a timeout."""

    def __init__(
        self, adapter: Adapter, *, breaker: Breaker | None, calls: Calls | None = None, fair_seconds: float
    ) -> None:
        self._adapter = adapter
        self._breaker = breaker
        self._calls = calls
        self._fair_seconds = fair_seconds
        self._timer = CallTimer()

    @property
    def is_paused(self) -> bool:
        """Whether the provider is down. Then the breaker itself logs what becomes of its probes."""
        return self._breaker is not None and self._breaker.condition.breaker != State.CLOSED

    async def ask(
        self, utterance: Utterance, on_slow: Callable[[], None], *, has_call: bool | None = None, always: bool = False
    ) -> Reply:
        """The provider's reply, within the utterance's seconds.

        has_call: whether a call is reserved for it, None if that hasn't been tried. always: even if the breaker is open,
        because nobody else is left to ask.

        Raises AdapterError, at once if the provider must not be asked now. Other exceptions of the adapter pass through.
        on_slow: called if the reply takes so long that the visitor should be told.
        """
        if self._breaker is None:
            return await self._call(utterance, on_slow)
        call = self._breaker.begin(utterance.session, always=always)
        try:
            await self._take_call(has_call)
            reply = await self._call(utterance, on_slow)
        except (_Unfair, _NoneLeft):
            raise
        except Exception as error:
            if isinstance(error, FAILURES):
                self._breaker.note_failure(call, type(error), utterance.event or utterance.text)
            self._breaker.note_visitor_failed(utterance.session)
            raise
        finally:
            self._breaker.end(call)
        self._breaker.note_answer(call)
        return reply

    async def _take_call(self, has_call: bool | None) -> None:
        if self._calls is not None and not (await self._calls.reserve_for_nobody() if has_call is None else has_call):
            raise _NoneLeft(f"Not asked: the {self._calls.per_minute} calls of a minute are used up.")

    async def _call(self, utterance: Utterance, on_slow: Callable[[], None]) -> Reply:
        seconds = utterance.seconds
        try:
            return await self._timer.wait(self._adapter.detect_intent(utterance), seconds, on_slow)
        except TookTooLong:
            kind = _Unfair if seconds < self._fair_seconds else ProviderTimeout
            raise kind(f"It gave no answer within {seconds:.1f} seconds.") from None
        except TimeoutError:
            raise ProviderTimeout("Its library gave up waiting.") from None


class _Unfair(ProviderTimeout):
    """The turn had waited so long that the provider had little time left."""


class _NoneLeft(RateLimited):
    """The minute's calls are used up. The provider has not been asked."""
