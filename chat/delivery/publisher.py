"""Announces each commit, once: to this process's sockets and to the other processes.

Values that aren't part of the history, such as typing, go only to this process's sockets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from chat.delivery.bus import Aside, Pass, Tell
from chat.delivery.sockets import Socket
from chat.models import Sender
from chat.values import NewNote, StatusChange, StoredMessage, Typing, Value


class Publisher:
    """A socket belongs to one conversation all its life. `tell` passes a conversation's last seq and status on to the other
    processes. `note` passes it on to the lists of this process's desks."""

    def __init__(self, tell: Tell, pass_on: Pass, note: Tell) -> None:
        self._tell = tell
        self._pass_on = pass_on
        self._note = note
        self._sockets: defaultdict[str, set[Socket]] = defaultdict(set)

    def join(self, socket: Socket) -> None:
        self._sockets[socket.public_id].add(socket)

    def leave(self, socket: Socket) -> None:
        socket.leave()
        sockets = self._sockets[socket.public_id]
        sockets.discard(socket)
        if not sockets:
            del self._sockets[socket.public_id]

    def public_ids(self) -> list[str]:
        """The conversations that have a socket here."""
        return list(self._sockets)

    async def publish(self, public_id: str, message: StoredMessage, status: str, *, author: Socket | None = None) -> None:
        """A message is committed, and the conversation has this status after it. author: the socket that the message came
        from, which gets an ack instead."""
        self._tell(public_id, message.seq, status)
        self._note(public_id, message.seq, status)
        try:
            if author is not None and message.id is not None:
                await author.acknowledge(message.id, message.seq)
        finally:  # the others get it even if the author's connection ends meanwhile
            sockets = self._of(public_id)
            for socket in sockets:
                if socket is not author:
                    await socket.deliver(message)
            if changed := [socket for socket in sockets if socket.note_status(status, message.seq)]:
                await self._send_status(changed, status)

    async def announce(self, public_id: str, seq: int, status: str) -> None:
        """There are messages up to `seq` that may not have been published, since their commit was late or not confirmed."""
        self._tell(public_id, seq, status)
        await self.bring_up_to_date({public_id: (seq, status)})

    async def bring_up_to_date(self, latest: Mapping[str, tuple[int, str]]) -> None:
        """Another process has published messages: last seq and status by public id."""
        for public_id, (seq, status) in latest.items():
            self._note(public_id, seq, status)
            sockets = self._of(public_id)
            for socket in sockets:
                await socket.catch_up_to(seq)
            if status:  # a conversation that was deleted has none
                await self._send_status([socket for socket in sockets if socket.note_status(status, seq)], status)

    async def show(self, public_id: str, value: Aside) -> None:
        """Send what has no place in the history, to the sockets at all processes."""
        self._pass_on(public_id, value)
        await self.send(public_id, value)

    async def send(self, public_id: str, value: Value) -> None:
        """Send a value that isn't part of the history."""
        for socket in self._of(public_id):
            if socket.is_greeted and _is_for(value, is_desk=socket.is_desk):
                await socket.send(value)

    async def _send_status(self, sockets: list[Socket], status: str) -> None:
        """Sockets that have just opened get it in `ready`."""
        change = StatusChange(status)
        for socket in sockets:
            if socket.is_greeted:
                await socket.send(change)

    def _of(self, public_id: str) -> list[Socket]:
        return list(self._sockets.get(public_id, ()))


def _is_for(value: Value, *, is_desk: bool) -> bool:
    """Typing is for the other side, and notes are for desks."""
    if isinstance(value, Typing):
        return value.sender == Sender.BOT or is_desk == (value.sender == Sender.VISITOR)
    return is_desk or not isinstance(value, NewNote)
