"""The reply to one turn: ask the provider within the turn's time, and choose the words."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import math
import random
import time
import uuid
from collections.abc import Callable

import msgspec
from django.conf import settings

from chat import words
from chat.answers.chain import Answered, Chain
from chat.answers.choice import choose, is_believed, storable_json, storable_parts
from chat.answers.handover import Handover
from chat.answers.staff_replies import LAST_RESORT, Replies, draw
from chat.cache import Cache
from chat.conf import ChatOptions
from chat.models import Outcome
from chat.storage.entries import ConversationRef, Entry
from chat.storage.reader import Reader
from chat.storage.status import Kind
from chat.text import clean
from integrations import Button, Part, QuickReplies, Reply, Text, Utterance, place

logger = logging.getLogger(__name__)

MISSES = (Outcome.NO_MATCH, Outcome.LOW_CONFIDENCE)
"""The bot didn't understand."""
READ_WITHIN = 1.0
"""Seconds that a turn waits for an optional read."""


class Turn(msgspec.Struct, kw_only=True):
    """A stored message that waits for its reply, or the welcome, which answers no message.

    key, seq: of the stored message, None and 0 for the welcome.
    resumed: the message had no reply when it was read, but one may have come since.
    moved: another process may have earlier turns of the conversation, which must run first.
    returned, misses, told_at: as in Stored.
    is_settled: an operator has taken the conversation, so the message awaits no reply any more.
    until: when its time is spent, by the monotonic clock.
    has_call: whether one of the provider's calls is reserved for it, None if that hasn't been tried.
    """

    conversation: ConversationRef
    until: float
    text: str = ""
    key: int | None = None
    seq: int = 0
    client_id: str | None = None
    resumed: bool = False
    moved: bool = False
    has_call: bool | None = None
    returned: int = 0
    misses: int = 0
    told_at: int = 0
    is_settled: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Crash:
    """An exception that no adapter may raise, for its developer. The message may contain a visitor's text."""

    kind: str
    place: str
    message: str


class Answerer:
    crash: Crash | None = None
    """The last one, kept only if DEBUG is on."""

    def __init__(
        self,
        *,
        chain: Chain,
        options: ChatOptions,
        reader: Reader,
        replies: Cache[Replies],
        handover: Handover,
        time_zone: str,
    ) -> None:
        self._chain = chain
        self._options = options
        self._reader = reader
        self._replies = replies
        self._handover = handover
        self._time_zone = time_zone
        self._rng = random.Random()  # noqa: S311 - draws among replies

    async def answer(self, turn: Turn, on_slow: Callable[[], None]) -> Entry | None:
        """The reply to be stored. Never fails because of the provider. None for a welcome that fails: then nothing is said.

        on_slow: called if the reply takes so long that the visitor should be told. Raises any error that a mistake in the
        adapter or in the chat leads to. Then `apologise` makes the reply.
        """
        if turn.key is not None and (turn.told_at or words.is_request(turn.text)):
            said = await self._answer_for_the_desk(turn)
            if said is not None:
                return said
        started = time.monotonic()
        answered = await self._chain.ask(self._utterance(turn), on_slow, has_call=turn.has_call)
        return await self._entry(turn, answered, round((time.monotonic() - started) * 1000))

    def note_crash(self, error: Exception) -> None:
        """Keep an adapter's exception for the developer's page. It may hold a visitor's words, so only if DEBUG is on."""
        if settings.DEBUG:
            modules = (type(adapter).__module__ for adapter in self._chain.adapters)
            where = next(filter(None, (place(error, module) for module in modules)), "")
            self.crash = Crash(kind=type(error).__name__, place=where, message=str(error))

    async def apologise(self, turn: Turn) -> Entry | None:
        """The fallback reply for `internal`, if the reply itself can't be made or stored."""
        return await self._entry(turn, Answered(self._chain.first.adapter, Reply(), Outcome.INTERNAL), None)

    async def _entry(self, turn: Turn, answered: Answered, latency_ms: int | None) -> Entry | None:
        reply, outcome = answered.reply, answered.outcome
        chosen, parts = await self._choose(turn, reply, outcome)
        if turn.key is None and chosen != Outcome.ANSWERED:
            return None
        is_miss = turn.key is not None and chosen in MISSES and await self._counts(turn)
        wants_person = reply.handoff or (is_miss and self._handover.is_one_too_many(turn.misses + 1))
        person = None
        if turn.key is not None and wants_person:
            person = await self._handover.answer(
                turn.conversation,
                told_at=turn.told_at,
                has_words=reply.handoff and chosen == Outcome.ANSWERED,
                insists=False,
            )
        if person is not None and person.text:
            parts = (Text(person.text),)
        elif person is None and turn.key is not None and chosen != Outcome.ANSWERED:
            parts = (*parts, *await self._offer(turn))
        text, json_parts = storable_parts(parts)
        if not json_parts:
            raise ValueError("Nothing of the reply can be shown.")
        return Entry(
            conversation=turn.conversation,
            kind=_kind(turn, reply, outcome, waits=person is not None and person.waits),
            text=text,
            parts=json_parts,
            in_reply_to_id=turn.key,
            in_reply_to_seq=turn.seq,
            intent=clean(reply.intent)[:255],
            confidence=reply.confidence if reply.confidence is not None and math.isfinite(reply.confidence) else None,
            entities=storable_json(reply.entities),
            traits=storable_json(reply.traits),
            outcome=chosen.value,
            provider=answered.adapter.name[:64],
            latency_ms=latency_ms,
            is_miss=is_miss and person is None,
            tells_absence=person is not None and not person.waits,
        )

    async def _answer_for_the_desk(self, turn: Turn) -> Entry | None:
        """What the provider isn't asked: the visitor wants a person, or leaves an address after nobody was there."""
        conversation, waits, tells_absence = turn.conversation, False, False
        if words.is_request(turn.text):
            person = await self._handover.answer(conversation, told_at=turn.told_at, has_words=False, insists=True)
            if person is None:
                return None
            text, waits, tells_absence = person.text, person.waits, not person.waits
        elif turn.told_at and (address := self._handover.address_in(turn.text, turn.told_at)):
            await self._reader.note_address(conversation.public_id, address)
            text = await self._handover.say("address", conversation, address=address)
        else:
            return None
        text, json_parts = storable_parts([Text(text)])
        return Entry(
            conversation=conversation,
            kind=Kind.HANDOFF if waits else Kind.REPLY,
            text=text,
            parts=json_parts,
            in_reply_to_id=turn.key,
            in_reply_to_seq=turn.seq,
            outcome=Outcome.ANSWERED.value,
            tells_absence=tells_absence,
        )

    async def _counts(self, turn: Turn) -> bool:
        """Whether a miss counts: not one of a button that the bot offered, nor one that was said just before."""
        try:
            async with asyncio.timeout(READ_WITHIN):
                return not await self._reader.is_repeated_or_offered(turn.conversation.public_id, turn.seq)
        except Exception as error:  # noqa: BLE001 - without a database a person is asked for later
            logger.warning("What was said before can't be read (%s).", type(error).__name__)
            return False

    async def _offer(self, turn: Turn) -> tuple[Part, ...]:
        """A button beside a fallback reply, for a visitor who would like to talk to a person."""
        if not self._options.offer_person or not await self._handover.is_offered():
            return ()
        label = words.in_language(words.PERSON, turn.conversation.language)
        return (QuickReplies("", (Button(label, message=label),)),)

    def _utterance(self, turn: Turn) -> Utterance:
        return Utterance(
            session=_session(turn),
            language=turn.conversation.language,
            text=turn.text,
            event="" if turn.key else self._options.welcome_event,
            time_zone=self._time_zone,
            seconds=turn.until - time.monotonic(),
        )

    async def _choose(self, turn: Turn, reply: Reply, outcome: Outcome) -> tuple[Outcome, tuple[Part, ...]]:
        choice = choose(await self._replies.current(), reply, outcome, turn.conversation.language)
        if choice.words is not None:
            return choice.outcome, choice.words
        candidates = choice.candidates
        last = await self._last_fallback(turn) if len(candidates) > 1 else ""
        said = draw(candidates, last=last, rng=self._rng).said if candidates else (Text(LAST_RESORT),)
        return choice.outcome, (*said, *choice.payloads)

    async def _last_fallback(self, turn: Turn) -> str:
        """Repeating a reply is better than saying nothing, so don't wait for a database that is down."""
        try:
            async with asyncio.timeout(READ_WITHIN):
                return await self._reader.last_fallback(turn.conversation.public_id)
        except Exception as error:  # noqa: BLE001 - see above
            logger.warning("The last fallback reply can't be read (%s).", type(error).__name__)
            return ""


def _session(turn: Turn) -> str:
    """The provider's session: a new one after each return from an operator, in 36 characters as the public id."""
    public_id = turn.conversation.public_id
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{public_id} {turn.returned}")) if turn.returned else public_id


def _kind(turn: Turn, reply: Reply, outcome: Outcome, *, waits: bool) -> Kind:
    """A welcome neither hands over nor ends, since its visitor has asked for nothing yet. A reply that isn't believed may
    hand over, which is safe, but may not end the conversation."""
    if turn.key is None:
        return Kind.WELCOME
    if reply.handoff or waits:
        return Kind.HANDOFF if waits else Kind.REPLY
    return Kind.FAREWELL if reply.end and is_believed(outcome) else Kind.REPLY
