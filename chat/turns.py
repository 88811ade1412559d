"""The turns of all conversations: ask for the reply to what is stored, store it and deliver it.

Turns belong to the process, not to a connection: a visitor who leaves finds the reply on return. The turns of one
conversation run in order, those of different conversations side by side.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from chat import protocol
from chat.answerer import Answerer, Turn
from chat.entries import Address, Entry, NotStored, Stored, Superfluous
from chat.logs import log_unexpected
from chat.models import Sender
from chat.protocol import Refused, StoredMessage
from chat.sockets import Sockets
from chat.store import NotRead, Store, Unanswered
from chat.writer import Writer

logger = logging.getLogger(__name__)

MAX_QUEUED = 20
"""Messages of one conversation that may wait for their turn."""
LOOK_AGAIN = 0.2
"""Seconds between two looks whether another process has answered."""

Tell = Callable[[str, int, str], None]


class Turns:
    """`tell` passes on to other processes that a conversation has a new message: its public id, seq, and the status,
    empty where it isn't known. `deadline`: seconds from a message's being stored to its reply."""

    def __init__(
        self, *, answerer: Answerer, writer: Writer, store: Store, sockets: Sockets, tell: Tell, deadline: float
    ) -> None:
        self._answerer = answerer
        self._writer = writer
        self._store = store
        self._sockets = sockets
        self._tell = tell
        self._deadline = deadline
        self._queues: dict[str, deque[Turn]] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._slow: set[str] = set()

    def is_full(self, public_id: str) -> bool:
        """Whether no more messages of the conversation may wait."""
        return len(self._queues.get(public_id, ())) >= MAX_QUEUED

    def has(self, public_id: str, key: int) -> bool:
        """Whether the turn of a message waits or runs here."""
        return any(turn.key == key for turn in self._queues.get(public_id, ()))

    def is_slow(self, public_id: str) -> bool:
        """Whether the conversation's visitor has been shown that the bot is typing, and not yet its reply."""
        return public_id in self._slow

    def welcome(self, address: Address) -> None:
        self._queue(Turn(address=address, until=self._until()))

    def take(self, entry: Entry, stored: Stored) -> None:
        """Have a visitor's message answered that was stored just now, unless a hello has found it even sooner."""
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

    def resume(self, address: Address, message: Unanswered) -> None:
        """Take up a turn that the end of a process cut off, unless it runs here."""
        self._queue(_resumed(address, message, self._until()))

    def on_late(self, entry: Entry, stored: Stored) -> None:
        """The database took it after whoever waited for it had given up: it is a message like any other."""
        if stored.new and entry.sender == Sender.VISITOR:
            self.take(entry, stored)
        elif stored.new:
            self._tell(entry.address.public_id, stored.seq, stored.status)
        self._start(self._deliver_late(entry, stored))

    def running(self) -> set[asyncio.Task[None]]:
        """What has to end before the process may."""
        return {*self._tasks, *self._running.values()}

    def _until(self) -> float:
        return time.monotonic() + self._deadline

    def _queue(self, turn: Turn) -> None:
        """The first of a conversation's turns runs, the others wait; a message has one."""
        public_id = turn.address.public_id
        if turn.key is not None and self.has(public_id, turn.key):
            return
        if public_id in self._queues:
            self._queues[public_id].append(turn)
            return
        self._queues[public_id] = deque([turn])
        self._running[public_id] = asyncio.create_task(self._run(public_id))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, public_id: str) -> None:
        turns = self._queues[public_id]
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
            del self._queues[public_id], self._running[public_id]

    async def _let_others_first(self, turns: deque[Turn]) -> None:
        """Wait for the turns of other processes that come before the first of these, and take them up where they don't
        end in time: their process may have ended. No event tells of their end for certain."""
        turn = turns[0]
        turn.moved = False
        patience = turn.until - self._deadline / 2
        while others := await self._store.unanswered_before(turn.address.public_id, turn.seq, self._deadline):
            if time.monotonic() > patience:
                turns.extendleft(_resumed(turn.address, message, turn.until) for message in reversed(others))
                break
            await asyncio.sleep(LOOK_AGAIN)

    async def _excuse(self, turn: Turn) -> None:
        """The reply could not be stored; sending the message again asks for it anew."""
        if turn.client_id is not None:
            await self._sockets.send(turn.address.public_id, protocol.error(Refused("try_again", id=turn.client_id)))

    async def _answer(self, turn: Turn) -> None:
        public_id = turn.address.public_id
        if turn.resumed and turn.key and (answer := await self._store.answer_to(turn.key)):
            await self._sockets.catch_up_to(public_id, answer)  # it was answered since it was found without answer
            return
        try:
            entry = await self._answerer.answer(turn, lambda: self._show_typing(public_id))
        finally:
            self._slow.discard(public_id)
        if entry is None:
            return
        stored = await self._writer.write(entry, self.on_late)
        self._tell(public_id, stored.seq, stored.status)
        if stored.new:
            await self._sockets.deliver(public_id, wire(entry, stored, in_reply_to=turn.client_id))
            if entry.status:
                await self._sockets.send_status(public_id, stored.status, stored.seq)
        else:  # another process answered first, or we did, and the commit was not confirmed to us
            await self._sockets.catch_up_to(public_id, stored.seq)

    async def _deliver_late(self, entry: Entry, stored: Stored) -> None:
        public_id = entry.address.public_id
        news = {public_id: (stored.seq, stored.status)}
        if not stored.new:  # nor was what had been stored with it told to anybody
            with contextlib.suppress(NotRead):
                news = await self._store.latest([public_id])
            for seq, status in news.values():
                self._tell(public_id, seq, status)
        await self._sockets.bring_up_to_date(news)

    def _show_typing(self, public_id: str) -> None:
        self._slow.add(public_id)
        self._start(self._sockets.send(public_id, protocol.typing(sender=Sender.BOT)))


def _resumed(address: Address, message: Unanswered, until: float) -> Turn:
    return Turn(address=address, until=until, text=message.text, key=message.key, client_id=message.client_id, resumed=True)


def wire(entry: Entry, stored: Stored, *, in_reply_to: str | None = None) -> StoredMessage:
    """The message as the wire shows it."""
    return StoredMessage(
        seq=stored.seq,
        sender=entry.sender,
        text=entry.text,
        at=stored.at,
        parts=entry.parts,
        id=entry.client_id,
        in_reply_to=in_reply_to,
    )
