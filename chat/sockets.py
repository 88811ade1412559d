"""This process's sockets by conversation, and what each has been sent.

A socket gets every message of its conversation once and in order. Whoever has a new message offers it to the
sockets; one that finds a gap before it reads what it missed from the database.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping

from chat import protocol
from chat.models import Status
from chat.protocol import StoredMessage

logger = logging.getLogger(__name__)

AGAIN = 1.0
"""Seconds after which what could not be read is tried again."""

Send = Callable[[str], Awaitable[None]]
ReadAfter = Callable[[str, int], Awaitable[list[StoredMessage]]]


class Socket:
    """One connection: `seen` is the seq up to which it has everything, `status` the latest known, of the seq `status_at`.

    `sending` is the client's id of the message that came over it and is being stored: who reads or offers that one
    meanwhile leaves it, and all after it, to the ack, which goes on from there.
    """

    def __init__(self, send: Send, public_id: str, read_after: ReadAfter) -> None:
        self.send = send
        self.public_id = public_id
        self.seen = 0
        self.is_greeted = False
        self.status: str = Status.BOT
        self.status_at = 0
        self._latest = 0
        self.sending: str | None = None
        self._own: set[int] = set()  # acknowledged here before what stands before them came
        self._read_after = read_after
        self._busy = True
        self._pauses = 0
        self._retry: asyncio.TimerHandle | None = None
        self._retrying: asyncio.Task[None] | None = None

    def pause(self) -> None:
        """Deliver nothing until `start`; a delivery that is under way stops where it is."""
        self._busy = True
        self._pauses += 1

    async def start(self, seen: int, latest: int) -> None:
        """Begin to deliver: first what came after `seen`, up to `latest` and whatever came meanwhile; then live."""
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
        """Take a status for the latest, unless one of a later seq is known; whether it was taken."""
        if seq < self.status_at:
            return False
        self.status, self.status_at = status, seq
        return True

    async def deliver(self, message: StoredMessage) -> None:
        """Send a new message, after what is missing before it; one that was sent before is not sent again."""
        self._latest = max(self._latest, message.seq)
        if self._busy or self._waits_for_ack(message):
            return
        if message.seq == self.seen + 1:
            self.seen = message.seq
            await self.send(protocol.message(message))
        await self._catch_up()

    async def catch_up_to(self, seq: int) -> None:
        """There are messages up to `seq`, stored elsewhere."""
        self._latest = max(self._latest, seq)
        await self._catch_up()

    def end_sending(self) -> None:
        """Go on with what was left to an ack that didn't come."""
        self.sending = None
        if self._latest > self.seen:
            self._catch_up_again()

    async def acknowledge(self, id: str, seq: int) -> None:
        """Send the ack of a message that came over this socket, which needs no message frame of its own here."""
        await self.send(protocol.ack(id=id, seq=seq))
        if seq == self.seen + 1 and not self._busy:
            self.seen = seq
        elif seq > self.seen:
            self._own.add(seq)
        self._latest = max(self._latest, seq)
        await self._catch_up()

    def _waits_for_ack(self, message: StoredMessage) -> bool:
        return message.id is not None and message.id == self.sending

    async def _catch_up(self) -> None:
        if self._busy:
            return
        self._busy = True
        pauses = self._pauses
        try:
            while self._latest > self.seen:
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
                        await self.send(protocol.message(message))
        except Exception as error:  # noqa: BLE001 - one reader's trouble must not end the turn that offers the message
            logger.warning("What a visitor missed can't be read (%s); it is tried again.", type(error).__name__)
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
        """Nobody else would: the next message may be days away."""
        self._retrying = asyncio.create_task(self._catch_up())


class Sockets:
    """The registry. A socket belongs to one conversation for its life."""

    def __init__(self) -> None:
        self._sockets: defaultdict[str, set[Socket]] = defaultdict(set)

    def join(self, socket: Socket) -> None:
        self._sockets[socket.public_id].add(socket)

    def leave(self, socket: Socket) -> None:
        socket.leave()
        sockets = self._sockets[socket.public_id]
        sockets.discard(socket)
        if not sockets:
            del self._sockets[socket.public_id]

    async def deliver(self, public_id: str, message: StoredMessage, *, but: Socket | None = None) -> None:
        """Offer a message to the conversation's sockets, except to the one that it came from."""
        for socket in list(self._sockets.get(public_id, ())):
            if socket is not but:
                await socket.deliver(message)

    def public_ids(self) -> list[str]:
        """The conversations that have a socket here."""
        return list(self._sockets)

    async def catch_up_to(self, public_id: str, seq: int) -> None:
        """There are messages up to `seq`, stored elsewhere."""
        for socket in list(self._sockets.get(public_id, ())):
            await socket.catch_up_to(seq)

    async def bring_up_to_date(self, latest: Mapping[str, tuple[int, str]]) -> None:
        """Send what some conversations' sockets miss. latest: last seq and status by public id; the status may be empty."""
        for public_id, (seq, status) in latest.items():
            await self.catch_up_to(public_id, seq)
            if status and any(socket.status != status for socket in self._sockets.get(public_id, ())):
                await self.send_status(public_id, status, seq)

    async def send_status(self, public_id: str, status: str, seq: int) -> None:
        """Tell the status that a conversation had with the message `seq`; `ready` tells it to those who come just now."""
        for socket in list(self._sockets.get(public_id, ())):
            if socket.note_status(status, seq) and socket.is_greeted:
                await socket.send(protocol.status(status))

    async def send(self, public_id: str, frame: str) -> None:
        """Send a frame that has no place in the history, such as typing."""
        for socket in list(self._sockets.get(public_id, ())):
            if socket.is_greeted:
                await socket.send(frame)
