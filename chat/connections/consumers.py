"""The WebSocket's consumer: turns frames into values and back. It decides nothing and never waits for a turn."""

from __future__ import annotations

import time
import zoneinfo
from collections.abc import Awaitable, Callable
from typing import Any

from channels.consumer import AsyncConsumer

from chat import conf, runtime
from chat.connections import protocol
from chat.connections.protocol import CLOSE_COME_BACK, CLOSE_FLOOD, OUTFLOW, Pong
from chat.conversations.service import Deleted, Visit
from chat.delivery.sockets import Outflow
from chat.logs import log_unexpected
from chat.ratelimit import Allowance, Flooded
from chat.sites.origins import header, origin_of
from chat.storage.reader import NotRead
from chat.values import Refused, StoredMessage, Value

ZONES = frozenset(zoneinfo.available_timezones())
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class ChatConsumer(AsyncConsumer):  # type: ignore[misc]
    """One connection. Nothing is stored and nothing is sent before the client's first frame."""

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        # Channels' own loop takes longer than the rest of a turn. For each message it makes two tasks and asks the channel
        # layer. It also switches to the one thread that all consumers share, to close old database connections. The handlers
        # here use neither that thread nor a channel layer, so a simple loop is enough.
        self._scope = scope
        self._asgi_send = send
        self._visit: Visit | None = None
        self._allowance: Allowance | None = scope.get("allowance")
        self._is_closing = False
        self._service = runtime.current().service
        self._outflow: Outflow = scope.get("extensions", {}).get(OUTFLOW) or Outflow()
        try:
            while (message := await receive())["type"] != "websocket.disconnect":
                if message["type"] == "websocket.receive":
                    if self._outflow.is_congested():  # who doesn't read isn't answered
                        await self._outflow.drained()
                    await self._receive(message.get("text"))
                else:
                    await send({"type": "websocket.accept"})
        finally:
            if self._visit is not None:
                self._service.close(self._visit)

    async def _receive(self, text: str | None) -> None:
        if self._is_closing:
            return
        try:
            if self._allowance is not None:
                self._allowance.take_frame(time.monotonic())
            await self._serve(text)
        except Refused as refused:
            await self._send(refused)
            if self._visit is None and refused.code == "rate_limited":  # the client tries again by reconnecting later
                await self._close(CLOSE_FLOOD)
        except NotRead:
            await self._fail("try_again")
        except Flooded:
            await self._close(CLOSE_FLOOD)
        except Deleted:
            await self._close(CLOSE_COME_BACK)
        except Exception as error:  # noqa: BLE001 - an exception would close the socket
            log_unexpected(error)
            await self._fail("internal")

    async def _fail(self, code: str) -> None:
        """Say that it is our fault. Before the first `ready` there is nothing to retry, so close and let the client
        reconnect."""
        await self._send(Refused(code))
        if self._visit is None:
            await self._close(CLOSE_COME_BACK)

    async def _serve(self, text: str | None) -> None:
        """Answer one frame. The first frame, of any type, is first answered by `ready`."""
        try:
            if text is None:
                raise Refused("binary")
            frame = protocol.parse(text)
        except Refused:
            await self._open(protocol.Hello(), greet=False)
            raise
        if self._visit is None:
            hello = frame if isinstance(frame, protocol.Hello) else protocol.Hello()
            await self._open(hello, greet=isinstance(frame, protocol.Hello))
            if isinstance(frame, protocol.Hello):
                return
        assert self._visit is not None  # noqa: S101 - opened above
        match frame:
            case protocol.VisitorMessage():
                if self._allowance is not None:
                    self._allowance.take_message(self._visit.conversation.public_id, frame.id, time.monotonic())
                await self._service.receive(self._visit, frame.message, frame.id)
            case protocol.History():
                await self._send(await self._service.history(self._visit, frame.before))
            case protocol.Hello():
                if self._allowance is not None:
                    self._allowance.owe_for_history()
                await self._service.catch_up(self._visit, frame.after)
            case protocol.Ping():
                await self._send(Pong())
            case protocol.Feedback():
                await self._service.rate(self._visit, frame.seq, frame.value)
            case protocol.End():
                await self._service.end(self._visit)
            case protocol.VisitorTyping():
                await self._service.type(self._visit)

    async def _open(self, hello: protocol.Hello, *, greet: bool) -> None:
        if self._visit is None:
            options, site = conf.options(), self._scope["site"]
            otherwise = options.match_language(site.language) or options.browser_language(
                header(self._scope, b"accept-language") or ""
            )
            self._visit = await self._service.open(
                token=hello.token,
                after=hello.after,
                language=hello.language,
                otherwise=otherwise,
                site=site.pk,
                origin=origin_of(self._scope),
                time_zone=hello.time_zone if hello.time_zone in ZONES else "",
                address=self._scope["address"],
                send=self._send,
                close=self._come_back,
                outflow=self._outflow,
                greet=greet,
            )

    async def _come_back(self) -> None:
        await self._close(CLOSE_COME_BACK)

    async def _close(self, code: int) -> None:
        if not self._is_closing:
            self._is_closing = True
            await self._asgi_send({"type": "websocket.close", "code": code})

    async def _send(self, value: Value | Pong) -> None:
        if not self._is_closing:
            await self._asgi_send({"type": "websocket.send", "text": _encoded(value)})


_last: tuple[StoredMessage | None, str] = (None, "")


def _encoded(value: Value | Pong) -> str:
    """The frame. A message goes to all sockets of its conversation in a row, and is encoded once."""
    global _last
    if not isinstance(value, StoredMessage):
        return protocol.encode(value)
    if _last[0] is not value:
        _last = (value, protocol.encode(value))
    return _last[1]
