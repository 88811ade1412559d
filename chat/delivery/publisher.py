"""Announces each commit, once: to this process's sockets and to the other processes.

Values that aren't part of the history, such as typing, go only to this process's sockets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from chat.delivery.bus import Tell, TellTyping
from chat.delivery.sockets import Socket
from chat.models import Sender
from chat.values import NewNote, StatusChange, StoredMessage, Typing, Value

NOTE = "note"
"""Told to the other processes like typing, since both may get lost."""


class Publisher:
    """A socket belongs to one conversation all its life. `tell` passes a conversation's last seq and status on to the other
    processes, and `tell_typing` who types there. `note` passes it on to the lists of this process's desks."""

    def __init__(self, tell: Tell, tell_typing: TellTyping, note: Tell) -> None:
        self._tell = tell
        self._note = note
        self._tell_typing = tell_typing
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
        if author is not None and message.id is not None:
            await author.acknowledge(message.id, message.seq)
        for socket in self._of(public_id):
            if socket is not author:
                await socket.deliver(message)
        await self._send_status(public_id, status, message.seq)

    async def announce(self, public_id: str, seq: int, status: str) -> None:
        """There are messages up to `seq` that may not have been published, since their commit was late or not confirmed."""
        self._tell(public_id, seq, status)
        await self.bring_up_to_date({public_id: (seq, status)})

    async def bring_up_to_date(self, latest: Mapping[str, tuple[int, str]]) -> None:
        """Another process has published messages: last seq and status by public id."""
        for public_id, (seq, status) in latest.items():
            self._note(public_id, seq, status)
            for socket in self._of(public_id):
                await socket.catch_up_to(seq)
            await self._send_status(public_id, status, seq)

    async def send(self, public_id: str, value: Value) -> None:
        """Send a value that isn't part of the history."""
        for socket in self._of(public_id):
            if socket.is_greeted:
                await socket.send(value)

    async def type(self, public_id: str, sender: str) -> None:
        """The visitor or the operator types: show it to the other side, at all processes."""
        self._tell_typing(public_id, sender)
        await self.show_typing({public_id: sender})

    async def announce_note(self, public_id: str) -> None:
        """Tell the desks that have the conversation open, at all processes, that there is a new note."""
        await self.type(public_id, NOTE)

    async def show_typing(self, typing: Mapping[str, str]) -> None:
        """Who types, by public id."""
        for public_id, sender in typing.items():
            for socket in self._of(public_id):
                if not socket.is_greeted:
                    continue
                if sender == NOTE:
                    if socket.is_desk:
                        await socket.send(NewNote())
                elif socket.is_desk != (sender == Sender.OPERATOR):
                    await socket.send(Typing(sender))

    async def _send_status(self, public_id: str, status: str, seq: int) -> None:
        """Send the status that a conversation has since the message `seq`, unless all sockets have it. Sockets that have
        just opened get it in `ready`."""
        sockets = self._of(public_id)
        if all(socket.status == status for socket in sockets):
            return
        change = StatusChange(status)
        for socket in sockets:
            if socket.note_status(status, seq) and socket.is_greeted:
                await socket.send(change)

    def _of(self, public_id: str) -> list[Socket]:
        return list(self._sockets.get(public_id, ()))
