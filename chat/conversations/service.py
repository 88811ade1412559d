"""What a visitor does with a conversation: open it, say something, read older messages, rate a reply, end it.

Messages are stored, acknowledged and shown here. The reply comes from the message's turn (turns.py). Input and output
are values, so a connection of any kind can use this.
"""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
from collections.abc import Awaitable, Callable

from chat.answers.calls import Calls, OverShare
from chat.answers.chain import Chain
from chat.conf import ChatOptions
from chat.conversations import tokens
from chat.conversations.turns import Turns, message_of
from chat.delivery.publisher import Publisher
from chat.delivery.sockets import Outflow, Send, Socket
from chat.models import Sender, Status, new_public_id
from chat.ratelimit import tenths
from chat.sites import strings
from chat.storage.entries import ConversationRef, Entry, NotStored, Refusal, Stored
from chat.storage.reader import NotRead, Reader, Snapshot, State
from chat.storage.status import Kind, Reason
from chat.storage.writer import Writer
from chat.values import Page, Rating, Ready, Refused, StatusChange, StoredMessage, Typing

Close = Callable[[], Awaitable[None]]


class Deleted(Exception):
    """The conversation is gone. A visitor who comes back begins another one."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Visit:
    """A connection's conversation and socket. site: the key of the page's site. address: the client's, empty if unknown."""

    conversation: ConversationRef
    socket: Socket
    site: int | None
    address: str


class _Taking:
    """A class, because contextlib.contextmanager takes three times as long, and every message needs one."""

    __slots__ = ("_conversation", "_id", "_service")

    def __init__(self, service: Service, id: str | None, conversation: str | None) -> None:
        self._service = service
        self._id = id
        self._conversation = conversation

    def __enter__(self) -> None:
        if self._service.is_draining:
            raise Refused("draining", id=self._id, conversation=self._conversation)
        self._service.receiving += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: object) -> None:
        self._service.receiving -= 1
        if isinstance(error, NotStored | NotRead):
            raise Refused("try_again", id=self._id, conversation=self._conversation) from None


class Service:
    def __init__(
        self,
        *,
        chain: Chain,
        options: ChatOptions,
        writer: Writer,
        reader: Reader,
        publisher: Publisher,
        turns: Turns,
    ) -> None:
        self._chain = chain
        self._calls = chain.first.calls  # None if they aren't limited
        self._options = options
        self._writer = writer
        self._reader = reader
        self._publisher = publisher
        self._turns = turns
        self.receiving = 0  # how many are being stored
        self.is_draining = False
        self.max_characters = min(options.max_characters, chain.max_characters or options.max_characters)

    async def open(
        self,
        *,
        token: str | None = None,
        after: int | None = None,
        language: str | None,
        otherwise: str,
        site: int | None,
        origin: str,
        time_zone: str = "",
        address: str,
        send: Send,
        close: Close,
        outflow: Outflow | None = None,
        greet: bool,
    ) -> Visit:
        """Begin or resume a conversation and send `ready`.

        token: the visitor's, None for a new one. after: the seq up to which the visitor has all messages.
        language: the one that the visitor asks for. otherwise: the one to use if the conversation has none either.
        site: the key of the page's site, None for the default. address: the client's, empty if it isn't known.
        close: called if the conversation is found to be deleted. outflow: the connection's, None if it takes everything.
        greet: allows the welcome. Raises NotRead.
        """
        known = tokens.read(token, self._options.token_days, site) if token else None
        socket = self._join(known.public_id if known else new_public_id(), send, close, address, outflow)
        try:
            snapshot = await self._reader.snapshot(known.public_id, after, address=address) if known else None
            if known and _was_deleted(known.stored, after or 0, snapshot):  # its visitor begins another one
                known = snapshot = None
                self._publisher.leave(socket)
                socket = self._join(new_public_id(), send, close, address, outflow)
            conversation = ConversationRef(
                public_id=socket.public_id,
                language=self._options.match_language(language) or (snapshot and snapshot.language) or otherwise,
                origin=origin,
                time_zone=time_zone,
            )
            visit = Visit(conversation=conversation, socket=socket, site=site, address=address)
            await self._send_ready(visit, snapshot, resumed=known is not None)
        except BaseException:
            self._publisher.leave(socket)
            raise
        for message in snapshot.unanswered if snapshot else ():
            self._turns.resume(conversation, message)
        if greet and not (snapshot and (snapshot.seq or snapshot.welcomed)) and await self._may_greet(address):
            self._turns.welcome(conversation)
        return visit

    def _join(self, public_id: str, send: Send, close: Close, address: str, outflow: Outflow | None) -> Socket:
        """A socket that gets what is published of a conversation."""

        async def read_after(public_id: str, seq: int) -> list[StoredMessage]:
            return await self._reader.page_after(public_id, seq, address=address)

        async def check() -> None:
            seen = socket.seen  # before the read: more may come meanwhile
            latest = await self._reader.latest([public_id])
            if latest.get(public_id, (0, ""))[0] < seen:
                await close()

        socket = Socket(send, public_id, read_after, check, outflow)
        self._publisher.join(socket)
        return socket

    async def _may_greet(self, address: str) -> bool:
        """Whether the bot says a welcome. If there is no call left for it, it is left out silently."""
        if not (self._options.welcome_event and self._chain.has_events):
            return False
        try:
            return self._calls is None or await self._calls.reserve(address)
        except OverShare:
            return False

    async def catch_up(self, visit: Visit, after: int | None) -> None:
        """Send `ready` again: the same conversation, from the client's last seq on. Raises NotRead, Deleted."""
        socket = visit.socket
        socket.pause()
        try:
            snapshot = await self._reader.snapshot(visit.conversation.public_id, after, address=visit.address)
        except BaseException:
            await socket.start(socket.seen, 0)
            raise
        if _was_deleted(False, socket.seen, snapshot):
            raise Deleted
        await self._send_ready(visit, snapshot, resumed=True)

    async def _send_ready(self, visit: Visit, stored: Snapshot | None, *, resumed: bool) -> None:
        snapshot = stored or Snapshot()
        visit.socket.note_status(snapshot.status, snapshot.seq)
        visit.socket.is_greeted = True
        await visit.socket.send(
            Ready(
                token=tokens.issue(visit.conversation.public_id, visit.site, stored=stored is not None),
                conversation=visit.conversation.public_id,
                language=visit.conversation.language,
                resumed=resumed,
                stored=stored is not None,
                seq=snapshot.seq,
                status=visit.socket.status,
                messages=snapshot.messages,
                more=snapshot.more,
                max_characters=self.max_characters,
            )
        )
        await visit.socket.start(snapshot.messages[-1].seq if snapshot.messages else snapshot.seq, snapshot.seq)
        if self._turns.is_slow(visit.conversation.public_id):
            await visit.socket.send(Typing(Sender.BOT))

    def close(self, visit: Visit) -> None:
        """The connection is gone. Its turns go on."""
        self._publisher.leave(visit.socket)

    async def receive(self, visit: Visit, text: str, id: str | None) -> None:
        """Store a visitor's message, acknowledge it, and start its turn. Raises Refused, Deleted.

        text: clean and not empty. id: the client's. The message is stored once per id.
        """
        if len(text) > self.max_characters:
            raise Refused(
                "too_long",
                f"The message has {len(text)} characters; at most {self.max_characters} are possible. "
                "Shorten it and send it again.",
                id=id,
                limit=self.max_characters,
            )
        with self.taking(id):
            public_id = visit.conversation.public_id
            if self._turns.is_full(public_id) and not (id and await self._reader.has(public_id, id)):
                raise Refused("busy", id=id)
            has_call = None if self._calls is None else await self._reserve(self._calls, visit, id)
            await self._take(visit, text, id or str(uuid.uuid4()), has_call)

    async def _reserve(self, calls: Calls, visit: Visit, id: str | None) -> bool | None:
        """Take one of the provider's calls for a message: False if nobody has one left, None if it needs none.

        Raises Refused if the client's address has used up its share.
        """
        if visit.socket.status == Status.OPERATOR:
            return None
        try:
            return await calls.reserve(visit.address)
        except OverShare as over:
            if id and await self._reader.has(visit.conversation.public_id, id):
                return None  # a repeat, which is acknowledged as ever
            if len(self._chain.links) > 1:
                return False  # the next provider answers
            raise Refused("rate_limited", id=id, retry_after=tenths(over.seconds)) from None

    def taking(self, id: str | None = None, conversation: str | None = None) -> _Taking:
        """Wraps what stores something: `drain` waits for it. If the database fails, the sender is asked to try again.

        conversation: the public id, for an operator.
        """
        return _Taking(self, id, conversation)

    async def _take(self, visit: Visit, text: str, id: str, has_call: bool | None) -> None:
        conversation, socket = visit.conversation, visit.socket
        entry = Entry(conversation=conversation, kind=Kind.MESSAGE, text=text, client_id=id, seen=socket.seen)
        socket.begin_storing(id)
        try:
            result = await self._writer.write(entry, self._turns.on_late)
            if isinstance(result, Refusal):
                raise Deleted
            if isinstance(result, Stored):  # queued before the ack: answered even if the connection fails
                self._turns.take(entry, result, has_call=has_call)
                await self._publisher.publish(
                    conversation.public_id, message_of(entry, result), result.status, author=socket
                )
            else:
                await socket.acknowledge(id, result.seq)
        finally:
            socket.end_storing()
        if not isinstance(result, Stored) and not self._turns.has(conversation.public_id, result.key):
            await self._take_up(visit, result.seq)

    async def _take_up(self, visit: Visit, seq: int) -> None:
        """A known message was resent: announce the messages after it, or restart its turn. It may be our own retry: then its
        commit was not confirmed, and nobody has been told of it yet."""
        snapshot = await self._reader.snapshot(visit.conversation.public_id, seq)
        if snapshot is not None:
            for message in snapshot.unanswered:
                self._turns.resume(visit.conversation, message)
            await self._publisher.announce(visit.conversation.public_id, snapshot.seq, snapshot.status)

    async def history(self, visit: Visit, before: int) -> Page:
        """The page of messages before a seq. Raises NotRead."""
        messages, more = await self._reader.page_before(visit.conversation.public_id, before, address=visit.address)
        return Page(messages=messages, more=more)

    async def rate(self, visit: Visit, seq: int, value: str | None) -> None:
        """Store what the visitor thinks of a reply, and tell all the visitor's connections. Raises Refused, NotRead."""
        if not await self._reader.note_feedback(visit.conversation.public_id, seq, value):
            raise Refused("bad_field", "The conversation has no reply with this sequence number.")
        await self._publisher.show(visit.conversation.public_id, Rating(seq=seq, value=value))

    async def type(self, visit: Visit) -> None:
        """The visitor types. Only an operator wants to know."""
        if visit.socket.status == Status.OPERATOR:
            await self._publisher.show(visit.conversation.public_id, Typing(Sender.VISITOR))

    async def end(self, visit: Visit) -> None:
        """Close the conversation with a notice, unless there is nothing to close. Raises Refused."""
        with self.taking():
            conversation = visit.conversation
            entry = Entry(conversation=conversation, kind=Kind.END, text=strings.say("ended", conversation.language))
            result = await self._writer.write(entry, self._turns.on_late)
            if isinstance(result, Stored):
                await self._publisher.publish(conversation.public_id, message_of(entry, result), result.status)
            elif result == Refusal(Reason.NOTHING_TO_END):
                await self._tell_the_end(visit)

    async def _tell_the_end(self, visit: Visit) -> None:
        """The conversation is empty or closed. If it is closed, this process may not have announced the notice yet. The
        notice may also be our own, if its commit was not confirmed."""
        state = await self._reader.state(visit.conversation.public_id) or State(status=Status.CLOSED.value)
        known = visit.socket.status
        await self._publisher.announce(visit.conversation.public_id, state.seq, state.status)
        if visit.socket.status == known:  # nothing has changed, but the visitor needs an answer
            await visit.socket.send(StatusChange(known))

    async def drain(self) -> None:
        """Refuse new messages, and wait until the running turns have ended. Each ends within its deadline."""
        self.is_draining = True
        while (tasks := self._turns.running()) or self.receiving:
            await asyncio.wait(tasks) if tasks else await asyncio.sleep(0.01)


def _was_deleted(was_stored: bool, seen: int, snapshot: Snapshot | None) -> bool:
    """Whether a conversation is gone, or has begun again under the same id, since its visitor saw so many messages."""
    return seen > snapshot.seq if snapshot else was_stored or seen > 0
