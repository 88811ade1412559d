"""The desk's consumer: an operator's frames to values and back, while the operator is logged in and has the right."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

from channels.consumer import AsyncConsumer
from django.conf import settings
from django.http.cookie import parse_cookie

from chat import conf, runtime
from chat.connections import desk_protocol
from chat.connections.consumers import Receive, Send
from chat.connections.desk_protocol import (
    BotsList,
    ColleaguesList,
    NotesList,
    PresenceNow,
    SuggestionsList,
    Taken,
    Welcome,
)
from chat.connections.protocol import CLOSE_FLOOD, CLOSE_LOGGED_OUT, Pong
from chat.conversations.desk import Acknowledge
from chat.delivery.desks import Changes
from chat.delivery.sockets import Socket
from chat.logs import log_unexpected
from chat.ratelimit import Allowance, Flooded
from chat.sites.origins import header
from chat.storage import operators
from chat.storage.operators import Operator
from chat.storage.reader import NotRead, Reader
from chat.values import Ack, Refused
from integrations import Payload, read_parts

PATH = "/ws/desk/"
TOUCH_EVERY = 30.0
"""Seconds after which an open desk says again that it is open."""
CHECK_EVERY = 30.0
"""Seconds between two looks whether the operator is still logged in and still has the rights."""


async def operator_of(scope: dict[str, Any], reader: Reader) -> tuple[str, Operator] | None:
    """The session and the operator of a connection. None if nobody is logged in who may use the desk. Raises NotRead."""
    cookies = parse_cookie(header(scope, b"cookie") or "")
    session_key = cookies.get(settings.SESSION_COOKIE_NAME)
    operator = await reader.read(operators.of_session, session_key) if session_key else None
    return (session_key, operator) if session_key and operator else None


class DeskConsumer(AsyncConsumer):  # type: ignore[misc]
    """One connection. `scope` has the session's key, the operator, and what the connection may send."""

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        self._asgi_send = send
        self._session: str = scope["session_key"]
        self._operator: Operator = scope["operator"]
        self._allowance: Allowance | None = scope.get("allowance")
        self._is_closing = False
        current = runtime.current()
        self._desk, self._reader = current.desk, current.reader
        self._opened: Socket | None = None
        self._loop = asyncio.get_running_loop()
        _open.setdefault(self._session, set()).add(self)
        self._touch_every = min(TOUCH_EVERY, conf.options().desk_gone / 4)
        tasks = [asyncio.create_task(self._check_for_ever()), asyncio.create_task(self._touch_for_ever())]
        try:
            await self._touch()
            while (message := await receive())["type"] != "websocket.disconnect":
                if message["type"] == "websocket.receive":
                    await self._receive(message.get("text"))
                else:
                    await send({"type": "websocket.accept"})
        finally:
            for task in tasks:
                task.cancel()
            self._desk.unwatch(self._show)
            self._leave()
            _open[self._session].discard(self)
            if not _open[self._session]:
                del _open[self._session]
            if not self._of_operator():
                with contextlib.suppress(NotRead, RuntimeError):  # the process may be about to end
                    await self._reader.read(operators.leave, self._operator.key)

    def _of_operator(self) -> list[DeskConsumer]:
        """The operator's open connections at this process."""
        return [one for consumers in _open.values() for one in consumers if one.key == self.key]

    @property
    def key(self) -> int:
        return self._operator.key

    async def show_presence(self, away: bool) -> None:
        await self._send(PresenceNow(away))

    async def _touch(self) -> None:
        """Say that the desk is open, before anything is taken. Without a database nothing can be taken either."""
        with contextlib.suppress(NotRead):
            await self._reader.read(operators.touch, self._operator.key, 2.5 * self._touch_every)

    async def _touch_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._touch_every)
            await self._touch()

    async def log_out(self) -> None:
        await self._close(CLOSE_LOGGED_OUT)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        return self._loop

    async def _check_for_ever(self) -> None:
        while True:
            await asyncio.sleep(CHECK_EVERY)
            with contextlib.suppress(NotRead):  # looked at again later; meanwhile nothing can be stored either
                operator = await self._reader.read(operators.of_session, self._session)
                if operator is None:
                    await self._close(CLOSE_LOGGED_OUT)
                    return
                self._operator = operator

    async def _receive(self, text: str | None) -> None:
        if self._is_closing:
            return
        try:
            if self._allowance is not None:
                self._allowance.take_frame(time.monotonic())
            if text is None:
                raise Refused("binary")
            await self._serve(desk_protocol.parse(text))
        except Refused as refused:
            await self._send(refused)
        except NotRead:
            await self._send(Refused("try_again"))
        except Flooded:
            await self._close(CLOSE_FLOOD)
        except Exception as error:  # noqa: BLE001 - any other end of a frame would close the socket
            log_unexpected(error)
            await self._send(Refused("internal"))

    async def _serve(self, frame: desk_protocol.DeskFrame) -> None:
        if isinstance(frame, desk_protocol.Ping):
            await self._send(Pong())
            return
        operator = await self._operator_now(getattr(frame, "conversation", None))
        match frame:
            case desk_protocol.Hello():
                await self._send(Welcome(operator=operator, max_characters=self._desk.max_characters))
                await self._desk.watch(operator, self._show)
            case desk_protocol.Bots():
                await self._send(BotsList(rows=await self._desk.bots(operator)))
            case desk_protocol.Open():
                self._owe_for_history()
                await self._open_conversation(operator, frame)
            case desk_protocol.History():
                page = await self._desk.history(operator, frame.conversation, frame.before)
                await self._send(page, frame.conversation)
            case desk_protocol.Take():
                await self._desk.take(operator, frame.conversation)
                await self._send(Taken(conversation=frame.conversation, by=operator.label))
            case desk_protocol.OperatorMessage():
                await self._say(operator, frame)
            case desk_protocol.GiveBack():
                await self._desk.give_back(operator, frame.conversation)
            case desk_protocol.PassOn():
                await self._desk.pass_on(operator, frame.conversation, frame.to)
            case desk_protocol.Notes():
                notes = await self._desk.notes(operator, frame.conversation)
                await self._send(NotesList(conversation=frame.conversation, notes=notes))
            case desk_protocol.AddNote():
                await self._desk.add_note(operator, frame.conversation, frame.text)
            case desk_protocol.Suggestions():
                found = await self._desk.suggestions(operator, frame.language)
                await self._send(SuggestionsList(language=frame.language, suggestions=found))
            case desk_protocol.Presence():
                await self._desk.note_away(operator, frame.away)
                for consumer in self._of_operator():
                    await consumer.show_presence(frame.away)
            case desk_protocol.Colleagues():
                await self._send(ColleaguesList(operators=await self._desk.colleagues(operator)))
            case desk_protocol.Close():
                await self._desk.close(operator, frame.conversation)
            case desk_protocol.OperatorTyping():
                await self._desk.type(operator, frame.conversation)

    def _owe_for_history(self) -> None:
        if self._allowance is not None:
            self._allowance.owe_for_history()

    async def _open_conversation(self, operator: Operator, frame: desk_protocol.Open) -> None:
        """Show a conversation in the place of the one that was open."""
        self._leave()

        async def send(value: Any) -> None:
            await self._send(value, frame.conversation)

        self._opened = await self._desk.open(operator, frame.conversation, frame.after, send, self._send)

    def _leave(self) -> None:
        if self._opened is not None:
            self._desk.leave(self._opened)
            self._opened = None

    async def _show(self, changes: Changes) -> None:
        if not self._is_closing:
            await self._asgi_send({"type": "websocket.send", "text": _encoded(changes)})

    async def _say(self, operator: Operator, frame: desk_protocol.OperatorMessage) -> None:
        if self._allowance is not None:
            try:
                self._allowance.take_message(f"{operator.key} {frame.conversation}", frame.id, time.monotonic())
            except Refused as refused:
                refused.conversation = frame.conversation
                raise
        socket = self._opened
        if socket is None or socket.public_id != frame.conversation:
            has_taken = await self._store(operator, frame, self._acknowledge)
        else:
            socket.begin_storing(frame.id or "")
            try:
                has_taken = await self._store(operator, frame, socket.acknowledge)
            finally:
                socket.end_storing()
        if has_taken:
            await self._send(Taken(conversation=frame.conversation, by=operator.label))

    async def _store(self, operator: Operator, frame: desk_protocol.OperatorMessage, acknowledge: Acknowledge) -> bool:
        parts = tuple(part for part in read_parts(frame.parts) if not isinstance(part, Payload))
        return await self._desk.say(operator, frame.conversation, frame.message, parts, frame.id, acknowledge)

    async def _acknowledge(self, id: str, seq: int) -> None:
        await self._send(Ack(id=id, seq=seq))

    async def _operator_now(self, conversation: str | None) -> Operator:
        """The operator with the rights of this moment. Raises Refused, NotRead."""
        operator = await self._reader.read(operators.of_user, self._operator.key)
        if operator is None:
            raise Refused("forbidden", conversation=conversation)
        self._operator = operator
        return operator

    async def _close(self, code: int) -> None:
        if not self._is_closing:
            self._is_closing = True
            await self._asgi_send({"type": "websocket.close", "code": code})

    async def _send(self, value: Any, conversation: str | None = None) -> None:
        if not self._is_closing:
            await self._asgi_send({"type": "websocket.send", "text": desk_protocol.encode(value, conversation)})


_last: tuple[Changes | None, str] = (None, "")


def _encoded(changes: Changes) -> str:
    """The frame. Changes of the lists go to all desks one after the other, and are encoded once."""
    global _last
    if _last[0] is not changes:
        _last = (changes, desk_protocol.encode(changes))
    return _last[1]


_open: dict[str, set[DeskConsumer]] = {}
"""The open connections by session."""


def log_out(session_key: str) -> None:
    """Close the connections of a session that has just ended. Called from any thread."""
    for consumer in list(_open.get(session_key, ())):
        asyncio.run_coroutine_threadsafe(consumer.log_out(), consumer.loop)
