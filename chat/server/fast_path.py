"""A faster way for the most common frames. The server works the same without it.

Without this module, put `limits.WebSocket` in its place in daphne.py. Read in autobahn 26.10.2 and Twisted 26.10.0.
"""

from __future__ import annotations

import asyncio
from typing import Any

from chat.server.limits import WebSocket, unsent_bytes

FINAL_TEXT_FRAME = 0x81
FRAME_HEAD_BYTES = 6
"""The size of the head of a masked frame with at most 125 bytes."""


def text_frame_head(length: int) -> bytes:
    """The bytes before the payload of an unmasked text frame (RFC 6455, 5.2)."""
    if length < 126:
        return bytes((0x81, length))
    return b"\x81\x7e" + length.to_bytes(2, "big") if length < 65_536 else b"\x81\x7f" + length.to_bytes(8, "big")


class FastWebSocket(WebSocket):
    def connectionMade(self) -> None:
        super().connectionMade()
        # Twisted's reactor sets up a log context around each read, which takes longer than the read.
        transport = self.transport
        asyncio.get_running_loop().add_reader(transport.fileno(), transport.reactor._readOrWrite, transport, True)

    def processData(self) -> bool:
        if not self._is_paused and not self._is_deaf and self._take_plain_message():
            return bool(self.data)
        return super().processData()

    def _take_plain_message(self) -> bool:
        """Take a short text message, if it is here completely, in one masked frame, as most messages are. Otherwise take
        nothing, and autobahn's own method reads it in four times the time."""
        data = self.data
        if (
            self.state != self.STATE_OPEN
            or len(data) < FRAME_HEAD_BYTES
            or data[0] != FINAL_TEXT_FRAME
            or not 0x80 < data[1] < 0x80 | 126
            or self.current_frame is not None
            or self.inside_message
            or self.autoPingTimeoutCall
        ):
            return False
        length = data[1] & 0x7F
        end = FRAME_HEAD_BYTES + length
        masked = data[FRAME_HEAD_BYTES:end]
        if len(masked) < length:
            return False
        mask = (data[2:FRAME_HEAD_BYTES] * (length // 4 + 1))[:length]
        payload = (int.from_bytes(masked, "big") ^ int.from_bytes(mask, "big")).to_bytes(length, "big")
        try:
            payload.decode()
        except UnicodeDecodeError:
            return False
        self.data = data[end:]
        self.onMessage(payload, False)
        return True

    async def send_event(self, message: dict[str, Any]) -> None:
        """Daphne's own method searches for the connection and checks headers for each frame."""
        if message["type"] == "websocket.send" and self.state == self.STATE_OPEN and message.get("text") is not None:
            self.serverSend(message["text"])
        else:
            await super().send_event(message)

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        if not unsent_bytes(self.transport) and self.transport.connected and not self.transport.disconnecting:
            # Nearly always the socket takes all data at once. Twisted's write() waits for the next turn of the loop, which
            # takes two system calls and twice the time. If the socket takes nothing, write() finds out why.
            try:
                sent = self.transport.socket.send(data)
            except OSError:
                sent = 0
            if sent == len(data):
                return
            data = data[sent:]
        super().sendData(data)

    def serverSend(self, content: Any, binary: bool = False) -> None:
        # The frame is made here: autobahn formats a line for a log that is off.
        if self.state == self.STATE_OPEN and not binary:
            payload = content.encode()
            self.sendData(text_frame_head(len(payload)) + payload)
        else:
            super().serverSend(content, binary)
