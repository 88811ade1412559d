"""One turn: store the visitor's message, have it answered, store the reply and deliver it.

Turns belong to the process, not to a connection: a visitor who leaves finds the reply on return. The turns of one
conversation run in order, those of different conversations side by side.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
import uuid
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from chat import protocol, strings, tokens
from chat.answerer import Answerer, Turn
from chat.batch import Address, Entry, NotStored, Stored, Superfluous
from chat.conf import ChatOptions
from chat.logs import log_unexpected
from chat.models import Sender, Status, new_public_id
from chat.protocol import Refused, StoredMessage
from chat.sockets import Send, Socket, Sockets
from chat.store import Snapshot, Store, Unanswered
from chat.writer import Writer
from integrations import Adapter

logger = logging.getLogger(__name__)

MAX_QUEUED = 20
"""Messages of one conversation that may wait for their turn."""
LOOK_AGAIN = 0.2
"""Seconds between two looks whether another process has answered."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Visit:
    """A connection's conversation: where its messages go, the socket that shows them, and the key of its page's site."""

    address: Address
    socket: Socket
    site: int | None


class Engine:
    """`tell` passes on to other processes that a conversation has a new message: its public id, seq, and the status,
    empty where it isn't known."""

    def __init__(
        self,
        *,
        adapter: Adapter,
        options: ChatOptions,
        writer: Writer,
        store: Store,
        sockets: Sockets,
        answerer: Answerer,
        tell: Callable[[str, int, str], None] = lambda public_id, seq, status: None,
    ) -> None:
        self._adapter = adapter
        self._options = options
        self._writer = writer
        self._store = store
        self._sockets = sockets
        self._tell = tell
        self._answerer = answerer
        self._turns: dict[str, deque[Turn]] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._receiving = 0
        self.is_draining = False
        self._tasks: set[asyncio.Task[None]] = set()
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
            if public_id and snapshot is None and hello.after:  # deleted: its visitor begins anew
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
            self.resume(address, message)
        if greet and not snapshot.seq and not snapshot.welcomed and self._options.welcome_event and self._adapter.has_events:
            self._queue(Turn(address=address, until=self._until()))
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

    def close(self, visit: Visit) -> None:
        """The connection is gone; its turns go on."""
        self._sockets.leave(visit.socket)

    async def receive(self, visit: Visit, frame: protocol.VisitorMessage) -> None:
        """Store a visitor's message, acknowledge it and queue its turn. Raises Refused."""
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
        if len(self._turns.get(address.public_id, ())) >= MAX_QUEUED:
            raise Refused("busy", id=frame.id)
        self._receiving += 1
        try:
            await self._take(visit, frame.message, frame.id or str(uuid.uuid4()))
        except NotStored:
            raise Refused("try_again", id=frame.id) from None
        finally:
            self._receiving -= 1

    async def _take(self, visit: Visit, text: str, client_id: str) -> None:
        address = visit.address
        entry = Entry(address=address, sender=Sender.VISITOR, text=text, client_id=client_id)
        visit.socket.begin_sending(client_id)
        try:
            stored = await self._writer.write(entry, self._on_late)
            if stored.new:  # queued first: what is stored is answered, whatever becomes of the connection
                self._queue_message(entry, stored)
            await visit.socket.acknowledge(client_id, stored.seq)
        finally:
            visit.socket.end_sending(client_id)
        if stored.new:
            await self._sockets.deliver(address.public_id, _wire(entry, stored), but=visit.socket)
            if stored.status != visit.socket.status:  # it was closed, or changed elsewhere
                await self._sockets.send_status(address.public_id, stored.status, stored.seq)
        elif not self._is_queued(address.public_id, stored.key):
            await self._take_up(visit, stored.seq)

    def _queue_message(self, entry: Entry, stored: Stored) -> None:
        self._queue(
            Turn(
                address=entry.address,
                until=self._until(),
                text=entry.text,
                key=stored.key,
                seq=stored.seq,
                client_id=entry.client_id,
                moved=stored.moved,
            )
        )
        self._tell(entry.address.public_id, stored.seq, stored.status)

    def _on_late(self, entry: Entry, stored: Stored) -> None:
        """The database took it after whoever waited for it had given up: it is a message like any other."""
        if stored.new and entry.sender == Sender.VISITOR:
            self._queue_message(entry, stored)
        else:
            self._tell(entry.address.public_id, stored.seq, stored.status)
        self._start(self._deliver_late(entry, stored))

    async def _deliver_late(self, entry: Entry, stored: Stored) -> None:
        await self._sockets.deliver_late(entry.address.public_id, _wire(entry, stored))
        if stored.new and (entry.status or entry.sender == Sender.VISITOR):
            await self._sockets.send_status(entry.address.public_id, stored.status, stored.seq)

    async def _take_up(self, visit: Visit, seq: int) -> None:
        """Bring a visitor who sends a message again what came after it, to every tab, or see to it that it comes."""
        snapshot = await self._store.snapshot(visit.address.public_id, seq)
        if snapshot is not None:
            for message in snapshot.unanswered:
                self.resume(visit.address, message)
            await self._sockets.catch_up_to(visit.address.public_id, snapshot.seq)

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
            stored = await self._writer.write(entry, self._on_late)
        except Superfluous:  # nothing has been said, or it is closed: then what closed it may not have come here yet
            latest = await self._store.latest([address.public_id])
            seq, status = latest.get(address.public_id, (0, Status.CLOSED))
            self._tell(address.public_id, seq, status)  # it may be our own, whose commit was not confirmed to us
            await self._sockets.catch_up_to(address.public_id, seq)
            await self._sockets.send_status(address.public_id, status, seq)
        else:
            self._tell(address.public_id, stored.seq, stored.status)
            await self._sockets.deliver(address.public_id, _wire(entry, stored))
            await self._sockets.send_status(address.public_id, stored.status, stored.seq)

    async def drain(self) -> None:
        """Take no more messages, and wait until the running turns have ended, which each does within its deadline."""
        self.is_draining = True
        while (tasks := {*self._tasks, *self._running.values()}) or self._receiving:
            await asyncio.wait(tasks) if tasks else await asyncio.sleep(0.01)

    def _until(self) -> float:
        return time.monotonic() + self._options.deadline

    def resume(self, address: Address, message: Unanswered) -> None:
        """Take up a turn that the end of a process cut off, unless it runs here."""
        if not self._is_queued(address.public_id, message.key):
            self._queue(self._resumed(address, message, self._until()))

    def _resumed(self, address: Address, message: Unanswered, until: float) -> Turn:
        return Turn(
            address=address, until=until, text=message.text, key=message.key, client_id=message.client_id, resumed=True
        )

    def _is_queued(self, public_id: str, key: int) -> bool:
        return any(turn.key == key for turn in self._turns.get(public_id, ()))

    def _queue(self, turn: Turn) -> None:
        """The first of a conversation's turns runs, the others wait."""
        public_id = turn.address.public_id
        if public_id in self._turns:
            self._turns[public_id].append(turn)
            return
        self._turns[public_id] = deque([turn])
        self._running[public_id] = asyncio.create_task(self._run(public_id))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, public_id: str) -> None:
        turns = self._turns[public_id]
        try:
            while turns:
                try:
                    if turns[0].moved:
                        await self._let_others_first(turns)
                    await self._answer(turns[0])
                except Superfluous:
                    logger.info("A reply has no place any more: its conversation was deleted, or greeted before.")
                except NotStored:
                    await self._excuse(turns[0])
                except Exception as error:  # noqa: BLE001 - the next turn must run whatever became of this one
                    log_unexpected(error)
                    await self._excuse(turns[0])
                turns.popleft()
        finally:
            del self._turns[public_id], self._running[public_id]

    async def _excuse(self, turn: Turn) -> None:
        """The reply could not be stored; sending the message again asks for it anew."""
        if turn.client_id is not None:
            await self._sockets.send(turn.address.public_id, protocol.error(Refused("try_again", id=turn.client_id)))

    async def _answer(self, turn: Turn) -> None:
        public_id = turn.address.public_id
        if turn.resumed and turn.key and (answer := await self._store.answer_to(turn.key)):
            await self._sockets.catch_up_to(public_id, answer)  # it was answered since it was found without answer
            return
        entry = await self._answerer.answer(turn, lambda: self._start(self._show_typing(turn)))
        if entry is None:
            return
        stored = await self._writer.write(entry, self._on_late)
        self._tell(turn.address.public_id, stored.seq, stored.status)
        if stored.new:
            await self._sockets.deliver(turn.address.public_id, _wire(entry, stored, in_reply_to=turn.client_id))
            if entry.status:
                await self._sockets.send_status(turn.address.public_id, stored.status, stored.seq)
        else:  # another process answered first, or we did, and the commit was not confirmed to us
            await self._sockets.catch_up_to(turn.address.public_id, stored.seq)

    async def _let_others_first(self, turns: deque[Turn]) -> None:
        """Wait for the turns of other processes that come before the first of these, and take them up where they don't
        end in time: their process may have ended. No event tells of their end for certain."""
        turn = turns[0]
        turn.moved = False
        patience = turn.until - self._options.deadline / 2
        while others := await self._store.unanswered_before(turn.address.public_id, turn.seq, self._options.deadline):
            if time.monotonic() > patience:
                turns.extendleft(self._resumed(turn.address, message, turn.until) for message in reversed(others))
                break
            await asyncio.sleep(LOOK_AGAIN)

    async def _show_typing(self, turn: Turn) -> None:
        await self._sockets.send(turn.address.public_id, protocol.typing(sender=Sender.BOT))


def _wire(entry: Entry, stored: Stored, *, in_reply_to: str | None = None) -> StoredMessage:
    return StoredMessage(
        seq=stored.seq,
        sender=entry.sender,
        text=entry.text,
        at=stored.at,
        parts=entry.parts,
        id=entry.client_id,
        in_reply_to=in_reply_to,
    )
