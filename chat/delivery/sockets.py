"""What one socket has been sent. It gets every message of its conversation once and in order.

The publisher offers it each new message. If messages before it are missing, the socket reads them from the database.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from chat.models import Sender, Status
from chat.values import Ack, StoredMessage, Value

logger = logging.getLogger(__name__)

AGAIN = 1.0
"""Seconds after which a failed read is tried again."""

Send = Callable[[Value], Awaitable[None]]
ReadAfter = Callable[[str, int], Awaitable[list[StoredMessage]]]
Check = Callable[[], Awaitable[None]]


class Outflow:
    """How a connection sends. A server knows more: how much its peer has left unread."""

    def is_congested(self) -> bool:
        """Whether the peer has left so much unread that it gets nothing more for now."""
        return False

    async def drained(self) -> None:
        """Return when it isn't congested any more, or is gone."""


class Socket:
    """One connection. It has all messages up to `seen`. `status` is the latest known, which the message `status_at` brought.

    While a message that came from this connection is being stored, deliveries stop before it. The ack resumes them.
    `is_desk`: it is an operator's.
    """

    def __init__(
        self,
        send: Send,
        public_id: str,
        read_after: ReadAfter,
        check: Check,
        outflow: Outflow | None = None,
        *,
        is_desk: bool = False,
    ) -> None:
        """check: called if a message comes again, or if its conversation has begun again under the same id.
        is_desk: it is an operator's.
        """
        self.is_desk = is_desk
        self.send = send
        self.public_id = public_id
        self.seen = 0
        self.is_greeted = False
        self.status: str = Status.BOT
        self.status_at = 0
        self._latest = 0
        self._storing: str | None = None  # the client's id
        self._own: set[int] = set()  # acknowledged here before earlier messages were delivered
        self._read_after = read_after
        self._check = check
        self._outflow = outflow or Outflow()
        self._busy = True
        self._pauses = 0
        self._retry: asyncio.TimerHandle | None = None
        self._retrying: asyncio.Task[None] | None = None

    def pause(self) -> None:
        """Deliver nothing until `start`. A delivery that has begun stops, too."""
        self._busy = True
        self._pauses += 1

    async def start(self, seen: int, latest: int) -> None:
        """Begin to deliver: first the messages after `seen`, up to `latest` or later, then each new one."""
        self.seen, self._latest = seen, max(latest, self._latest)
        self._own = {seq for seq in self._own if seq > seen}
        self._busy = False
        self._stop_retrying()
        await self._catch_up()

    def leave(self) -> None:
        """The connection is gone."""
        self.pause()
        self._stop_retrying()

    def note_status(self, status: str, seq: int) -> bool:
        """Remember a status, unless that of a later seq is known. Return whether it is another one than before."""
        if seq < self.status_at:
            return False
        before, self.status, self.status_at = self.status, status, seq
        return before != status

    async def deliver(self, message: StoredMessage) -> None:
        """Send a new message, after the missing ones before it. A message that was sent before isn't sent again."""
        self._latest = max(self._latest, message.seq)
        if message.seq < self.seen:
            await self._check_seen()
            return
        if self._busy or self._waits_for_ack(message):
            return
        if message.seq == self.seen + 1 and not self._outflow.is_congested():
            self.seen = message.seq
            await self.send(message)
        if self._latest > self.seen:
            await self._catch_up()

    async def catch_up_to(self, seq: int) -> None:
        """There are messages up to `seq`, stored by another process or not yet published."""
        if seq < self.seen:
            await self._check_seen()
            return
        self._latest = max(self._latest, seq)
        await self._catch_up()

    def begin_storing(self, id: str) -> None:
        """A message that came from this connection is being stored. id: the client's."""
        self._storing = id

    def end_storing(self) -> None:
        """It is stored, or refused. Resume deliveries if no ack did."""
        self._storing = None
        if self._latest > self.seen:
            self._catch_up_again()

    async def acknowledge(self, id: str, seq: int) -> None:
        """Send the ack of a message that came from this socket. The socket then needs no message frame of it."""
        await self.send(Ack(id=id, seq=seq))
        if seq == self.seen + 1 and not self._busy:
            self.seen = seq
        elif seq > self.seen:
            self._own.add(seq)
        self._latest = max(self._latest, seq)
        if self._latest > self.seen:
            await self._catch_up()

    async def _check_seen(self) -> None:
        """Older news than what was sent is late, or the conversation was deleted and has begun again."""
        try:
            await self._check()
        except Exception as error:  # noqa: BLE001 - the turn that offers the message must not fail because of one reader
            logger.warning("A conversation can't be checked (%s).", type(error).__name__)

    def _waits_for_ack(self, message: StoredMessage) -> bool:
        if self._storing is None:
            return False
        # An operator's messages carry no id. Those of other operators wait for a moment, too.
        return message.sender == Sender.OPERATOR if self.is_desk else message.id == self._storing

    async def _catch_up(self) -> None:
        if self._busy:
            return
        self._busy = True
        pauses = self._pauses
        try:
            while self._latest > self.seen:
                if self._outflow.is_congested():  # nobody else waits for a slow reader
                    self._catch_up_again()
                    return
                missed = await self._read_after(self.public_id, self.seen)
                if not missed:
                    break
                for message in missed:
                    if pauses != self._pauses:
                        return
                    is_own = message.seq in self._own
                    if not is_own and self._waits_for_ack(message):
                        return
                    self.seen = message.seq
                    if is_own:
                        self._own.discard(message.seq)
                    else:
                        await self.send(message)
        except Exception as error:  # noqa: BLE001 - it must not end the turn that offers the message
            logger.warning("Messages that a visitor missed can't be read (%s). It is tried again.", type(error).__name__)
            if pauses == self._pauses:
                self._stop_retrying()
                self._retry = asyncio.get_running_loop().call_later(AGAIN, self._catch_up_again)
        finally:
            if pauses == self._pauses:
                self._busy = False

    def _stop_retrying(self) -> None:
        if self._retry is not None:
            self._retry.cancel()

    def _catch_up_again(self) -> None:
        """Needed because the next message, which would trigger it, may be days away."""
        if self._retrying is None or self._retrying.done():
            self._retrying = asyncio.create_task(self._catch_up_when_drained())

    async def _catch_up_when_drained(self) -> None:
        await self._outflow.drained()
        self._retrying = None  # the next wait is another one's
        await self._catch_up()
