"""What a visitor asks of a conversation: open it, say something, look back, rate a reply, end it.

A message is stored, acknowledged and shown here; the reply is the business of its turn (chat/turns.py).
"""

from __future__ import annotations

import asyncio
import dataclasses
import uuid

from chat import protocol, strings, tokens
from chat.conf import ChatOptions
from chat.entries import Address, Entry, NotStored, Superfluous
from chat.models import Sender, Status, new_public_id
from chat.protocol import Refused
from chat.sockets import Send, Socket, Sockets
from chat.store import NotRead, Snapshot, Store
from chat.turns import Tell, Turns, wire
from chat.writer import Writer
from integrations import Adapter


class Deleted(Exception):
    """The conversation is gone; who comes back begins another one."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Visit:
    """A connection's conversation: where its messages go, the socket that shows them, and the key of its page's site."""

    address: Address
    socket: Socket
    site: int | None


class Engine:
    def __init__(
        self,
        *,
        adapter: Adapter,
        options: ChatOptions,
        writer: Writer,
        store: Store,
        sockets: Sockets,
        turns: Turns,
        tell: Tell,
    ) -> None:
        self._adapter = adapter
        self._options = options
        self._writer = writer
        self._store = store
        self._sockets = sockets
        self._tell = tell
        self._turns = turns
        self._receiving = 0
        self.is_draining = False
        self.max_characters = min(options.max_characters, adapter.max_characters or options.max_characters)

    async def open(
        self, hello: protocol.Hello, *, site: int | None, language: str, origin: str, send: Send, greet: bool
    ) -> Visit:
        """Begin or resume a conversation and send `ready`.

        site: the key of the page's site, None for the default. language: where neither the hello nor the conversation
        names one. greet: allows the welcome.
        """
        public_id = tokens.read(hello.token, self._options.token_days, site) if hello.token else None
        socket = Socket(send, public_id or new_public_id(), self._store.page_after)
        self._sockets.join(socket)
        try:
            snapshot = await self._store.snapshot(socket.public_id, hello.after) if public_id else None
            if public_id and (hello.after or 0) > (snapshot.seq if snapshot else 0):  # deleted: its visitor begins anew
                snapshot = None
                self._sockets.leave(socket)
                public_id = None
                socket = Socket(send, new_public_id(), self._store.page_after)
                self._sockets.join(socket)
            snapshot = snapshot or Snapshot()
            address = Address(
                public_id=socket.public_id,
                language=self._options.match_language(hello.language) or snapshot.language or language,
                origin=origin,
            )
            visit = Visit(address=address, socket=socket, site=site)
            await self._send_ready(visit, snapshot, resumed=public_id is not None)
        except BaseException:
            self._sockets.leave(socket)
            raise
        for message in snapshot.unanswered:
            self._turns.resume(address, message)
        if greet and not snapshot.seq and not snapshot.welcomed and self._options.welcome_event and self._adapter.has_events:
            self._turns.welcome(address)
        return visit

    async def catch_up(self, visit: Visit, after: int | None) -> None:
        """Answer a hello that isn't the first frame: the same conversation once more, from where the client is."""
        socket = visit.socket
        socket.pause()
        try:
            snapshot = await self._store.snapshot(visit.address.public_id, after) or Snapshot()
        except BaseException:
            await socket.start(socket.seen, 0)
            raise
        await self._send_ready(visit, snapshot, resumed=True)

    async def _send_ready(self, visit: Visit, snapshot: Snapshot, *, resumed: bool) -> None:
        visit.socket.note_status(snapshot.status, snapshot.seq)
        visit.socket.is_greeted = True
        await visit.socket.send(
            protocol.ready(
                token=tokens.issue(visit.address.public_id, visit.site),
                conversation=visit.address.public_id,
                language=visit.address.language,
                resumed=resumed,
                seq=snapshot.seq,
                status=visit.socket.status,
                messages=snapshot.messages,
                more=snapshot.more,
                max_characters=self.max_characters,
            )
        )
        await visit.socket.start(snapshot.messages[-1].seq if snapshot.messages else snapshot.seq, snapshot.seq)
        if self._turns.is_slow(visit.address.public_id):
            await visit.socket.send(protocol.typing(sender=Sender.BOT))

    def close(self, visit: Visit) -> None:
        """The connection is gone; its turns go on."""
        self._sockets.leave(visit.socket)

    async def receive(self, visit: Visit, frame: protocol.VisitorMessage) -> None:
        """Store a visitor's message, acknowledge it, and have it answered. Raises Refused, Deleted."""
        if len(frame.message) > self.max_characters:
            raise Refused(
                "too_long",
                f"The message has {len(frame.message)} characters; at most {self.max_characters} are possible. "
                "Shorten it and send it again.",
                id=frame.id,
                limit=self.max_characters,
            )
        if self.is_draining:
            raise Refused("draining", id=frame.id)
        address = visit.address
        self._receiving += 1
        try:
            if self._turns.is_full(address.public_id) and not (
                frame.id and await self._store.has(address.public_id, frame.id)
            ):
                raise Refused("busy", id=frame.id)
            await self._take(visit, frame.message, frame.id or str(uuid.uuid4()))
        except Superfluous:
            raise Deleted from None
        except (NotStored, NotRead):
            raise Refused("try_again", id=frame.id) from None
        finally:
            self._receiving -= 1

    async def _take(self, visit: Visit, text: str, client_id: str) -> None:
        address = visit.address
        entry = Entry(
            address=address,
            sender=Sender.VISITOR,
            text=text,
            client_id=client_id,
            continues=visit.socket.seen > 0,
        )
        visit.socket.sending = client_id
        try:
            stored = await self._writer.write(entry, self._turns.on_late)
            if stored.new:  # queued first: what is stored is answered, whatever becomes of the connection
                self._turns.take(entry, stored)
            await visit.socket.acknowledge(client_id, stored.seq)
        finally:
            visit.socket.end_sending()
        if stored.new:
            await self._sockets.deliver(address.public_id, wire(entry, stored), but=visit.socket)
            if stored.status != visit.socket.status:  # it was closed, or changed elsewhere
                await self._sockets.send_status(address.public_id, stored.status, stored.seq)
        elif not self._turns.has(address.public_id, stored.key):
            await self._take_up(visit, stored.seq)

    async def _take_up(self, visit: Visit, seq: int) -> None:
        """Bring a visitor who sends a message again what came after it, to every tab, or see to it that it comes. It may be
        our own retry, whose commit was not confirmed: then nobody has told of it yet."""
        snapshot = await self._store.snapshot(visit.address.public_id, seq)
        if snapshot is not None:
            for message in snapshot.unanswered:
                self._turns.resume(visit.address, message)
            self._tell(visit.address.public_id, snapshot.seq, snapshot.status)
            await self._sockets.bring_up_to_date({visit.address.public_id: (snapshot.seq, snapshot.status)})

    async def history(self, visit: Visit, before: int) -> None:
        """Send the page of messages before a seq."""
        messages, more = await self._store.page_before(visit.address.public_id, before)
        await visit.socket.send(protocol.history(messages, more=more))

    async def note_feedback(self, visit: Visit, frame: protocol.Feedback) -> None:
        """Note what the visitor thinks of a reply, and tell all their connections. Raises Refused."""
        if not await self._store.note_feedback(visit.address.public_id, frame.seq, frame.value):
            raise Refused("bad_field", "The conversation has no reply with this sequence number.")
        await self._sockets.send(visit.address.public_id, protocol.feedback(seq=frame.seq, value=frame.value))

    async def end(self, visit: Visit) -> None:
        """Close the conversation by a notice, unless it has none to close. Raises Refused."""
        if self.is_draining:
            raise Refused("draining")
        self._receiving += 1
        try:
            await self._end(visit.address)
        except NotStored:
            raise Refused("try_again") from None
        finally:
            self._receiving -= 1

    async def _end(self, address: Address) -> None:
        entry = Entry(address=address, sender=Sender.SYSTEM, text=strings.ended(address.language), status=Status.CLOSED)
        try:
            stored = await self._writer.write(entry, self._turns.on_late)
        except Superfluous:  # nothing has been said, or it is closed: then what closed it may not have come here yet
            latest = await self._store.latest([address.public_id])
            seq, status = latest.get(address.public_id, (0, Status.CLOSED))
            self._tell(address.public_id, seq, status)  # it may be our own, whose commit was not confirmed to us
            await self._sockets.catch_up_to(address.public_id, seq)
            await self._sockets.send_status(address.public_id, status, seq)
        else:
            self._tell(address.public_id, stored.seq, stored.status)
            await self._sockets.deliver(address.public_id, wire(entry, stored))
            await self._sockets.send_status(address.public_id, stored.status, stored.seq)

    async def drain(self) -> None:
        """Take no more messages, and wait until the running turns have ended, which each does within its deadline."""
        self.is_draining = True
        while (tasks := self._turns.running()) or self._receiving:
            await asyncio.wait(tasks) if tasks else await asyncio.sleep(0.01)
