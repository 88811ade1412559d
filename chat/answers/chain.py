"""The provider of a conversation, and those that stand by for it: who is asked, in which order, and for how long."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from chat import conf
from chat.answers.asking import FAILURES, Asking
from chat.answers.breaker import Breaker
from chat.answers.calls import Calls
from chat.answers.choice import outcome_of
from chat.models import Outcome
from chat.ratelimit import Store
from integrations import (
    Adapter,
    AdapterError,
    ProviderTimeout,
    Reply,
    Utterance,
    broken_rule,
)

logger = logging.getLogger(__name__)

UNSURE = (Outcome.NO_MATCH, Outcome.LOW_CONFIDENCE, Outcome.REJECTED)
"""Outcomes that staff's own answers may help with."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Link:
    """One provider. breaker: None if it is off. calls: None if they aren't limited."""

    adapter: Adapter
    asking: Asking
    breaker: Breaker | None
    calls: Calls | None


class Answered(msgspec.Struct, frozen=True):
    """Who was asked last, its reply (empty if it failed), and how it went. may_switch: it could give no answer, so the next
    one may be asked."""

    adapter: Adapter
    reply: Reply
    outcome: Outcome
    may_switch: bool = False


def links(adapters: Sequence[Adapter], options: conf.ChatOptions, store: Store) -> list[Link]:
    """Each with a breaker, calls and a share of the deadline of its own."""
    made = []
    for place, adapter in enumerate(adapters):
        breaker = calls = None
        if options.breaker:
            breaker = Breaker(adapter.name, max_calls=adapter.max_calls)
            rate = adapter.calls_per_minute if place or options.provider_rate is None else options.provider_rate
            calls = Calls(rate, store, adapter.name) if rate else None
        share = 1.0 if len(adapters) == 1 else options.standby_share if not place else 1 - options.standby_share
        asking = Asking(adapter, breaker=breaker, calls=calls, fair_seconds=share * options.deadline / 2)
        made.append(Link(adapter=adapter, asking=asking, breaker=breaker, calls=calls))
    return made


class Chain:
    def __init__(self, links: Sequence[Link], options: conf.ChatOptions) -> None:
        self.links = links
        self._share = options.standby_share
        self._on_no_match = options.standby_on_no_match

    @property
    def adapters(self) -> list[Adapter]:
        return [link.adapter for link in self.links]

    @property
    def first(self) -> Link:
        return self.links[0]

    @property
    def has_events(self) -> bool:
        return any(adapter.has_events for adapter in self.adapters)

    @property
    def max_characters(self) -> int | None:
        """The strictest limit, None if there is none."""
        return min((adapter.max_characters for adapter in self.adapters if adapter.max_characters), default=None)

    @property
    def answering(self) -> Adapter:
        """The one that the next message is asked of: the first that isn't paused, or the last."""
        return next((link.adapter for link in self.links if not link.asking.is_paused), self.links[-1].adapter)

    def ask(self, utterance: Utterance, on_slow: Callable[[], None], *, has_call: bool | None) -> Awaitable[Answered]:
        """Ask one after the other within the utterance's seconds, until one answers. Raises what a mistake in an adapter
        can raise.

        has_call: whether a call of the first provider is reserved, None if that hasn't been tried.
        on_slow: called once, if the reply takes so long that the visitor should be told.
        """
        if len(self.links) == 1:
            return self._ask_one(self.first, utterance, on_slow, has_call, always=False)
        return self._ask_in_order(utterance, on_slow, has_call)

    async def _ask_in_order(self, utterance: Utterance, on_slow: Callable[[], None], has_call: bool | None) -> Answered:
        until = time.monotonic() + utterance.seconds
        tell = _Once(on_slow)
        able = [link for link in self.links if link.adapter.has_events or not utterance.event]
        answered = Answered(self.first.adapter, Reply(), Outcome.UNAVAILABLE)
        for link in able:
            is_last = link is able[-1]
            left = until - time.monotonic()
            asked = msgspec.structs.replace(utterance, seconds=left if is_last else self._share * left)
            answered = await self._ask_one(
                link, asked, tell, has_call if link is self.first else None, always=is_last and len(able) > 1
            )
            if not answered.may_switch:
                break
        if self._on_no_match and answered.outcome in UNSURE and not answered.reply.handoff:
            return await self._ask_staffs(answered, utterance, until, tell)
        return answered

    async def _ask_one(
        self, link: Link, utterance: Utterance, on_slow: Callable[[], None], has_call: bool | None, *, always: bool
    ) -> Answered:
        name, was_paused = link.adapter.name, link.asking.is_paused
        try:
            if utterance.seconds <= 0:
                raise ProviderTimeout("The turn's time was over before the provider could be asked.")
            reply = await link.asking.ask(utterance, on_slow, has_call=has_call, always=always)
        except AdapterError as error:
            if not was_paused:
                logger.warning("The provider %s failed (%s): %s", name, error.outcome, error)
            return Answered(link.adapter, Reply(), Outcome(error.outcome), isinstance(error, FAILURES))
        if rule := broken_rule(reply):
            logger.error("The provider %s returned a reply that can't be used: %s", name, rule)
            return Answered(link.adapter, Reply(), Outcome.INTERNAL)
        return Answered(link.adapter, reply, outcome_of(reply, link.adapter.min_confidence))

    async def _ask_staffs(
        self, answered: Answered, utterance: Utterance, until: float, on_slow: Callable[[], None]
    ) -> Answered:
        """What staff's own answers say, if they are sure."""
        place = self.adapters.index(answered.adapter)
        for link in self.links[place + 1 :]:
            if link.adapter.takes_answers and not utterance.event:
                asked = msgspec.structs.replace(utterance, seconds=until - time.monotonic())
                other = await self._ask_one(link, asked, on_slow, None, always=False)
                if other.outcome == Outcome.ANSWERED:
                    return other
        return answered


class _Once:
    """Calls a function the first time only."""

    def __init__(self, function: Callable[[], None]) -> None:
        self._function: Callable[[], None] | None = function

    def __call__(self) -> None:
        if self._function is not None:
            function, self._function = self._function, None
            function()
