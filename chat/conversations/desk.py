"""What an operator does: take a conversation, answer its visitor, give it back, end it.

The conversation's row says who speaks. Each of these is an entry that the writer numbers and commits, so the row decides
between two operators, or an operator and the bot.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import uuid
from collections.abc import Awaitable, Callable

import msgspec
from django.utils.translation import gettext_noop

from chat import words
from chat.answers.choice import storable_parts
from chat.answers.handover import Handover
from chat.conversations.service import Service
from chat.conversations.turns import Turns, message_of
from chat.delivery.desks import Desks, Show
from chat.delivery.publisher import Publisher
from chat.delivery.sockets import Send, Socket
from chat.models import Sender, Status
from chat.storage import desk, desk_notes, operators
from chat.storage.desk import Facts, Row
from chat.storage.desk_notes import NoteLine, Suggestion
from chat.storage.entries import ConversationRef, Entry, Refusal, Repeat, Result, Stored
from chat.storage.operators import ADD_NOTES, NOTES, Operator
from chat.storage.reader import NotRead, Reader, State
from chat.storage.status import Kind, Reason
from chat.storage.writer import Writer
from chat.values import NewNote, Page, Refused, StoredMessage, Typing
from integrations import Part, Text

logger = logging.getLogger(__name__)

MAX_NOTE = 4000
"""Characters."""
HISTORY = {
    Kind.TAKE: gettext_noop("Took the conversation at the desk."),
    Kind.RETURN: gettext_noop("Gave the conversation back to the bot."),
    Kind.HAND_ON: gettext_noop("Passed the conversation on to a colleague."),
    Kind.QUEUE: gettext_noop("Put the conversation back into the queue."),
    Kind.CLOSE: gettext_noop("Ended the conversation."),
}
CODES = {
    Reason.TAKEN: "taken",
    Reason.FREE: "not_held",
    Reason.CLOSED: "closed",
    Reason.DELETED: "gone",
}

Acknowledge = Callable[[str, int], Awaitable[None]]


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as a desk finds it. after: from where on the messages are, None for the last page."""

    facts: Facts
    messages: list[StoredMessage]
    more: bool
    after: int | None


class Desk:
    """Every method raises Refused if the operator may not do it, or the conversation doesn't allow it."""

    def __init__(
        self,
        *,
        service: Service,
        max_characters: int,
        writer: Writer,
        reader: Reader,
        publisher: Publisher,
        turns: Turns,
        desks: Desks,
        handover: Handover,
    ) -> None:
        self._service = service
        self.max_characters = max_characters
        self._writer = writer
        self._reader = reader
        self._publisher = publisher
        self._turns = turns
        self._desks = desks
        self._handover = handover

    async def watch(self, operator: Operator, show: Show) -> None:
        """Show the lists of conversations, and from then on what changes there. Raises NotRead."""
        self._check_may_read(operator)
        await self._desks.join(show)

    def unwatch(self, show: Show) -> None:
        self._desks.leave(show)

    async def bots(self, operator: Operator) -> list[Row]:
        """The conversations that the bot has, the latest first. Raises NotRead."""
        self._check_may_read(operator)
        return await self._reader.read(desk.bots)

    async def open(
        self, operator: Operator, public_id: str, after: int | None, send: Send, show: Callable[[Opened], Awaitable[None]]
    ) -> Socket:
        """Show a conversation, and from then on each message once and in order. Raises NotRead.

        after: the seq up to which the desk has everything. send: takes what comes. show: takes the beginning.
        """
        self._check_may_read(operator, public_id)

        async def check() -> None:
            if await self._reader.state(public_id) is None:
                await send(Refused("gone", conversation=public_id))

        socket = Socket(send, public_id, self._reader.page_after, check, is_desk=True)
        self._publisher.join(socket)
        try:
            snapshot = await self._reader.snapshot(public_id, after)
            facts = await self._reader.read(desk.facts, public_id)
            if snapshot is None or facts is None:
                raise Refused("gone", conversation=public_id)
            socket.note_status(snapshot.status, snapshot.seq)
            socket.is_greeted = True
            await show(Opened(facts=facts, messages=snapshot.messages, more=snapshot.more, after=after))
            await socket.start(snapshot.messages[-1].seq if snapshot.messages else snapshot.seq, snapshot.seq)
        except BaseException:
            self._publisher.leave(socket)
            raise
        return socket

    def leave(self, socket: Socket) -> None:
        """The desk has another conversation open, or is gone."""
        self._publisher.leave(socket)

    async def history(self, operator: Operator, public_id: str, before: int) -> Page:
        """The page of messages before a seq. Raises NotRead."""
        self._check_may_read(operator, public_id)
        messages, more = await self._reader.page_before(public_id, before)
        return Page(messages=messages, more=more)

    async def take(self, operator: Operator, public_id: str) -> None:
        """From now on the operator speaks. It succeeds, too, if the operator has the conversation already."""
        self._check(operator, public_id)
        state = await self._state(public_id)
        if state.status == Status.OPERATOR and state.holder == operator.key:
            return
        await self._add_notice(operator, public_id, Kind.TAKE, "joined", state.language)

    async def give_back(self, operator: Operator, public_id: str) -> None:
        """From now on the bot answers again."""
        await self._leave(operator, public_id, Kind.RETURN, "left")

    async def pass_on(self, operator: Operator, public_id: str, to: int | None) -> None:
        """Hand the conversation to a colleague, or back to the queue. to: the colleague's key, None for the queue."""
        self._check(operator, public_id)
        language = (await self._state(public_id)).language
        if to is None:
            await self._add_notice(operator, public_id, Kind.QUEUE, "queued", language)
            return
        colleagues = await self._reader.read(operators.colleagues, operator.key)
        colleague = next((one for one in colleagues if one.key == to), None)
        if colleague is None:
            raise Refused("nobody", conversation=public_id)
        name = words.public_name(colleague.name, language)
        await self._add_notice(operator, public_id, Kind.HAND_ON, "passed", language, to=name, key=to)

    async def sweep(self, wait: float, gone: float) -> None:
        """Give back what has waited for too long, or whose operator has been gone for too long, both in seconds.

        Every process does it. The conversation's row decides which one is first. Raises NotRead, NotStored.
        """
        for due in await self._reader.read(desk.due, wait, gone):
            is_held = due.holder is not None
            conversation = ConversationRef(public_id=due.conversation, language=due.language)
            entry = Entry(
                conversation=conversation,
                kind=Kind.LOST if is_held else Kind.MISSED,
                text=await self._handover.say("lost" if is_held else "missed", conversation, name=due.name),
                author=due.holder,
                name=due.name,
                tells_absence=not is_held,
            )
            result = await self._writer.write(entry, self._turns.on_late)
            if not isinstance(result, Refusal):
                await self._publish(entry, result)

    async def colleagues(self, operator: Operator) -> list[Operator]:
        """The others who have an open desk and may answer. Raises NotRead."""
        self._check(operator, None)
        return await self._reader.read(operators.colleagues, operator.key)

    async def note_away(self, operator: Operator, away: bool) -> None:
        """The operator takes no conversations for now, or does again. Raises NotRead."""
        self._check(operator, None)
        await self._reader.read(operators.note_away, operator.key, away)

    async def notes(self, operator: Operator, public_id: str) -> list[NoteLine]:
        """What colleagues have written about the conversation. Raises NotRead."""
        if NOTES not in operator.rights:
            raise Refused("forbidden", conversation=public_id)
        return await self._reader.read(desk_notes.notes, public_id)

    async def add_note(self, operator: Operator, public_id: str, text: str) -> None:
        """Write a note, and tell the desks that have the conversation open. Raises NotRead."""
        if ADD_NOTES not in operator.rights:
            raise Refused("forbidden", conversation=public_id)
        if len(text) > MAX_NOTE:
            raise Refused("too_long", limit=MAX_NOTE, conversation=public_id)
        if not await self._reader.read(desk_notes.add_note, public_id, operator.key, text):
            raise Refused("gone", conversation=public_id)
        await self._publisher.show(public_id, NewNote())

    async def suggestions(self, operator: Operator, language: str) -> list[Suggestion]:
        """The ready-made answers for a language. Raises NotRead."""
        self._check(operator, None)
        return await self._reader.read(desk_notes.suggestions, language)

    async def close(self, operator: Operator, public_id: str) -> None:
        """End the conversation. The visitor's next message opens it again."""
        await self._leave(operator, public_id, Kind.CLOSE, "closed")

    async def say(
        self,
        operator: Operator,
        public_id: str,
        text: str,
        parts: tuple[Part, ...],
        id: str | None,
        acknowledge: Acknowledge,
    ) -> bool:
        """Store an operator's message and show it to the visitor. If nobody has the conversation, this takes it first.

        text: clean and not empty. parts: what comes below it. id: the client's, by which the message is stored once.
        acknowledge: takes id and seq before the message is published, so that the operator who wrote it doesn't get it as
        news. Return whether the conversation was taken.
        """
        self._check(operator, public_id, id)
        if len(text) > self.max_characters:
            raise Refused(
                "too_long",
                f"The message has {len(text)} characters; at most {self.max_characters} are possible. "
                "Shorten it and send it again.",
                id=id,
                limit=self.max_characters,
                conversation=public_id,
            )
        id = id or str(uuid.uuid4())
        # Only a name of their own spares the look at the conversation's language.
        language = "" if operator.name else (await self._state(public_id, id)).language
        text, json_parts = storable_parts((Text(text), *parts)) if parts else (text, [])
        entry = Entry(
            conversation=ConversationRef(public_id=public_id, language=""),
            kind=Kind.OPERATOR,
            text=text,
            parts=json_parts,
            client_id=_stored_id(operator, id),
            author=operator.key,
            name=words.public_name(operator.name, language),
        )
        has_taken = False
        result = await self._write(entry, id)
        if isinstance(result, Refusal) and result.reason is Reason.FREE:
            try:
                await self.take(operator, public_id)
            except Refused as refused:
                refused.id = id
                raise
            has_taken = True
            result = await self._write(entry, id)
        if isinstance(result, Refusal):
            raise await self._refused(result, public_id, id)
        try:
            await acknowledge(id, result.seq)
        finally:  # the others get it even if the operator's connection ends meanwhile
            await self._publish(entry, result)
        return has_taken

    async def type(self, operator: Operator, public_id: str) -> None:
        """Show the visitor that the operator types."""
        self._check(operator, public_id)
        state = await self._state(public_id)
        if state.status != Status.OPERATOR or state.holder != operator.key:
            reason = {Status.OPERATOR: Reason.TAKEN, Status.CLOSED: Reason.CLOSED}.get(Status(state.status), Reason.FREE)
            raise await self._refused(Refusal(reason, state.holder), public_id)
        await self._publisher.show(public_id, Typing(Sender.OPERATOR))

    async def _leave(self, operator: Operator, public_id: str, kind: Kind, notice: str) -> None:
        self._check(operator, public_id)
        await self._add_notice(operator, public_id, kind, notice, (await self._state(public_id)).language)

    async def _add_notice(
        self,
        operator: Operator,
        public_id: str,
        kind: Kind,
        notice: str,
        language: str,
        *,
        to: str = "",
        key: int | None = None,
    ) -> None:
        """to, key: the name and the key of the colleague who has the conversation next."""
        name = words.public_name(operator.name, language)
        conversation = ConversationRef(public_id=public_id, language=language)
        entry = Entry(
            conversation=conversation,
            kind=kind,
            text=await self._handover.say(notice, conversation, name=name, to=to),
            author=operator.key,
            name=name,
            to=key,
        )
        result = await self._write(entry)
        if isinstance(result, Refusal):
            if kind is Kind.TAKE and result.holder == operator.key:  # another tab of the same operator was quicker
                return
            raise await self._refused(result, public_id)
        await self._publish(entry, result)
        if isinstance(result, Stored):
            try:
                await self._reader.read(desk_notes.log, operator.key, public_id, HISTORY[kind])
            except NotRead:
                logger.warning("The admin's history can't be written.")

    async def _write(self, entry: Entry, id: str | None = None) -> Result:
        with self._service.taking(id, entry.conversation.public_id):
            return await self._writer.write(entry, self._turns.on_late)

    async def _publish(self, entry: Entry, result: Stored | Repeat) -> None:
        public_id = entry.conversation.public_id
        if entry.kind is Kind.TAKE:
            self._turns.settle(public_id)
        if isinstance(result, Stored):
            await self._publisher.publish(public_id, message_of(entry, result), result.status)
        else:  # our own retry may have stored it, and told nobody
            await self._publisher.announce(public_id, result.last_seq, result.status)

    async def _state(self, public_id: str, id: str | None = None) -> State:
        try:
            state = await self._reader.state(public_id)
        except NotRead:
            raise Refused("try_again", id=id, conversation=public_id) from None
        if state is None:
            raise Refused("gone", id=id, conversation=public_id)
        return state

    async def _refused(self, refusal: Refusal, public_id: str, id: str | None = None) -> Refused:
        by = None
        if refusal.reason is Reason.TAKEN:
            with contextlib.suppress(NotRead):
                by = await self._reader.read(operators.label_of, refusal.holder) or None
        return Refused(CODES[refusal.reason], f"Taken by {by}." if by else "", id=id, conversation=public_id, by=by)

    def _check_may_read(self, operator: Operator, public_id: str | None = None) -> None:
        if not operator.may_read:
            raise Refused("forbidden", conversation=public_id)

    def _check(self, operator: Operator, public_id: str | None, id: str | None = None) -> None:
        if not operator.may_answer:
            raise Refused("forbidden", id=id, conversation=public_id)


def _stored_id(operator: Operator, id: str) -> str:
    """The client's id as it is stored: no visitor's and no other operator's id is ever the same."""
    return hashlib.sha256(f"{operator.key} {id}".encode()).hexdigest()
