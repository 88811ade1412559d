"""The reply to one turn: ask the provider under the turn's deadline, and choose the words."""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
from collections.abc import Callable

import msgspec

from chat import protocol
from chat.cache import Cache
from chat.conf import ChatOptions
from chat.entries import Address, Entry
from chat.fallback import LAST_RESORT, Replies, draw
from chat.logs import log_unexpected
from chat.models import Outcome, Sender, Status
from chat.patience import Patience
from chat.store import Store
from chat.words import choose, outcome_of, storable_entities, storable_parts
from integrations import Adapter, AdapterError, Part, Reply, Text, Utterance

logger = logging.getLogger(__name__)

READ_WITHIN = 1.0
"""Seconds that a turn waits for a read that it can do without."""


class Turn(msgspec.Struct, kw_only=True):
    """A stored message that waits for its reply, or the welcome, which answers no message.

    key, seq: of the stored message, None and 0 for the welcome. resumed: it was found without answer, which may have come
    since. moved: another process may still have turns of the conversation to run before it.
    until: when its time is spent, by the monotonic clock.
    """

    address: Address
    until: float
    text: str = ""
    key: int | None = None
    seq: int = 0
    client_id: str | None = None
    resumed: bool = False
    moved: bool = False


class Answerer:
    def __init__(
        self,
        *,
        adapter: Adapter,
        options: ChatOptions,
        store: Store,
        replies: Cache[Replies],
        time_zone: str,
    ) -> None:
        self._adapter = adapter
        self._options = options
        self._store = store
        self._replies = replies
        self._time_zone = time_zone
        self._patience = Patience()
        self._rng = random.Random()  # noqa: S311 - draws among replies

    async def answer(self, turn: Turn, on_slow: Callable[[], None]) -> Entry | None:
        """The reply to be stored, whatever becomes of the provider; None for a welcome that fails, which is silent.

        on_slow: called where the reply takes so long that the visitor should be told.
        """
        started = time.monotonic()
        reply, outcome = await self._ask(turn, on_slow)
        latency_ms = round((time.monotonic() - started) * 1000)
        outcome, parts = await self._choose(turn, reply, outcome)
        if turn.key is None and outcome != Outcome.ANSWERED:
            return None
        entry = self._entry(turn.address, reply, outcome, parts, latency_ms)
        entry.in_reply_to, entry.welcome = turn.key, turn.key is None
        return entry

    def _entry(self, address: Address, reply: Reply, outcome: Outcome, parts: tuple[Part, ...], latency_ms: int) -> Entry:
        text, json_parts = storable_parts(parts)
        return Entry(
            address=address,
            sender=Sender.BOT,
            text=text,
            parts=json_parts,
            intent=protocol.clean(reply.intent)[:255],
            confidence=reply.confidence if reply.confidence is not None and math.isfinite(reply.confidence) else None,
            entities=storable_entities(reply.entities),
            outcome=outcome,
            provider=self._adapter.name[:64],
            latency_ms=latency_ms,
            status=Status.WAITING if reply.handoff else "",
        )

    async def _ask(self, turn: Turn, on_slow: Callable[[], None]) -> tuple[Reply, Outcome]:
        """The provider's reply, empty where it failed, and how it went; never raises."""
        remaining = turn.until - time.monotonic()
        if remaining <= 0:
            return Reply(), Outcome.TIMEOUT
        event = "" if turn.key else self._options.welcome_event
        utterance = self._utterance(turn.address, remaining, text=turn.text, event=event)
        try:
            reply = await self._patience.wait(self._adapter.detect_intent(utterance), remaining, on_slow)
        except AdapterError as error:
            logger.warning("The provider %s failed (%s): %s", self._adapter.name, error.outcome, error)
            return Reply(), Outcome(error.outcome)
        except TimeoutError:
            logger.warning("The provider %s gave no answer within %.1f seconds.", self._adapter.name, remaining)
            return Reply(), Outcome.TIMEOUT
        except Exception as error:  # noqa: BLE001 - whatever a provider raises ends in a reply
            log_unexpected(error)
            return Reply(), Outcome.INTERNAL
        return reply, outcome_of(reply, self._adapter.min_confidence)

    def _utterance(self, address: Address, seconds: float, *, text: str, event: str = "") -> Utterance:
        return Utterance(
            session=address.public_id,
            language=address.language,
            text=text,
            event=event,
            time_zone=self._time_zone,
            seconds=seconds,
        )

    async def _choose(self, turn: Turn, reply: Reply, outcome: Outcome) -> tuple[Outcome, tuple[Part, ...]]:
        choice = choose(await self._replies.current(), reply, outcome, turn.address.language)
        if choice.words is not None:
            return choice.outcome, choice.words
        candidates = choice.candidates
        last = await self._last_fallback(turn) if len(candidates) > 1 else ""
        text = draw(candidates, last=last, rng=self._rng) if candidates else LAST_RESORT
        return choice.outcome, (Text(text), *choice.payloads)

    async def _last_fallback(self, turn: Turn) -> str:
        """Saying the same words twice beats saying nothing, so a database that is away is not waited for."""
        try:
            async with asyncio.timeout(READ_WITHIN):
                return await self._store.last_fallback(turn.address.public_id)
        except Exception as error:  # noqa: BLE001 - see above
            logger.warning("The last fallback reply can't be read (%s).", type(error).__name__)
            return ""
