"""A visitor without a browser: a WebSocket client that knows only the documented protocol."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

from channels.testing import WebsocketCommunicator

from chat.connections.routing import websocket_application
from tests.support.scripted import ScriptedAdapter

HOST = b"localhost"
ORIGIN = b"http://localhost"
TIMEOUT = 20.0
"""Seconds. The machine may be busy."""

Script = Callable[..., ScriptedAdapter]
Connect = Callable[..., Any]


class Visitor:
    def __init__(self, *headers: tuple[bytes, bytes], origin: bytes | None = ORIGIN, path: str = "/ws/chat/") -> None:
        own = [(b"host", HOST), *([(b"origin", origin)] if origin is not None else [])]
        self._socket = WebsocketCommunicator(websocket_application, path, headers=[*own, *headers])

    async def connect(self) -> bool:
        accepted, _ = await self._socket.connect(timeout=TIMEOUT)
        return bool(accepted)

    async def send(self, **frame: Any) -> None:
        await self._socket.send_to(text_data=json.dumps(frame))

    async def send_text(self, text: str) -> None:
        await self._socket.send_to(text_data=text)

    async def send_bytes(self, data: bytes) -> None:
        await self._socket.send_to(bytes_data=data)

    async def receive(self) -> dict[str, Any]:
        """The next frame."""
        text = await self._socket.receive_from(timeout=TIMEOUT)
        frame: dict[str, Any] = json.loads(text)
        return frame

    async def receive_type(self, wanted: str) -> dict[str, Any]:
        """The next frame of a type. Others before it are ignored."""
        while (frame := await self.receive())["type"] != wanted:
            pass
        return frame

    async def say(self, text: str, **fields: Any) -> dict[str, Any]:
        """Send a message and return the reply."""
        await self.send(message=text, **fields)
        return await self.receive_reply()

    async def receive_reply(self) -> dict[str, Any]:
        while (frame := await self.receive_type("message"))["sender"] == "visitor":
            pass
        return frame

    async def hello(self, **fields: Any) -> dict[str, Any]:
        await self.send(type="hello", **fields)
        return await self.receive_type("ready")

    async def hears_nothing(self) -> bool:
        """Whether no frame waits, after the server has handled all that was sent."""
        await self.send(type="ping")
        return (await self.receive())["type"] == "pong"

    async def close_code(self) -> int:
        """The code that the server closes the connection with."""
        event = await self._socket.receive_output(TIMEOUT)
        assert event["type"] == "websocket.close"
        code: int = event["code"]
        return code

    async def leave(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):  # if a failed receive has cancelled it
            await self._socket.disconnect(timeout=TIMEOUT)


async def two_tabs(visitors: Connect) -> tuple[Visitor, Visitor]:
    """Two connections of one visitor."""
    one, other = await visitors(), await visitors()
    await other.hello(token=(await one.hello())["token"])
    return one, other
