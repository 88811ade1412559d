"""The WebSocket's consumer: bytes to frames and back. It decides nothing and never waits for a turn."""

from __future__ import annotations

import logging
from typing import Any

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer

from chat import conf, protocol, runtime
from chat.engine import Visit, log_unexpected
from chat.origins import header, origin_of
from chat.protocol import Refused

logger = logging.getLogger(__name__)


class ChatConsumer(AsyncConsumer):  # type: ignore[misc]
    """One connection. Nothing is stored and nothing is sent before the client's first frame."""

    channel_layer_alias = "none"  # an unconfigured layer: messages of other processes come through chat/events.py

    def __init__(self) -> None:
        self._visit: Visit | None = None

    async def dispatch(self, message: dict[str, Any]) -> None:
        # Channels closes old database connections before each message, a hop to the one thread that all consumers
        # share. No handler here uses the ORM in that thread, so there is nothing to close.
        handler = {
            "websocket.connect": self._connect,
            "websocket.receive": self._receive,
            "websocket.disconnect": self._disconnect,
        }[message["type"]]
        await handler(message)

    async def _connect(self, message: dict[str, Any]) -> None:
        await self.send({"type": "websocket.accept"})

    async def _disconnect(self, message: dict[str, Any]) -> None:
        if self._visit is not None:
            runtime.current().engine.close(self._visit)
        raise StopConsumer

    async def _receive(self, message: dict[str, Any]) -> None:
        try:
            await self._serve(message.get("text"))
        except Refused as refused:
            await self._send(protocol.error(refused))
        except Exception as error:  # noqa: BLE001 - any other end of a frame would close the socket
            log_unexpected(error)
            await self._send(protocol.error(Refused("internal")))

    async def _serve(self, text: str | None) -> None:
        """Answer one frame; the first one, whatever it is, by `ready` first."""
        engine = runtime.current().engine
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
                await engine.receive(self._visit, frame)
            case protocol.History():
                await engine.history(self._visit, frame.before)
            case protocol.Hello():
                await engine.catch_up(self._visit, frame.after)
            case protocol.Ping():
                await self._send(protocol.pong())
            case protocol.Typing():
                pass

    async def _open(self, hello: protocol.Hello, *, greet: bool) -> None:
        if self._visit is None:
            self._visit = await runtime.current().engine.open(
                hello,
                language=conf.options().browser_language(header(self.scope, b"accept-language") or ""),
                origin=origin_of(self.scope),
                send=self._send,
                greet=greet,
            )

    async def _send(self, frame: str) -> None:
        await self.send({"type": "websocket.send", "text": frame})
