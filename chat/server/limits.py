"""What one connection may take of the server: time, memory, frames.

By themselves Daphne and autobahn wait for ever for the end of a request, and queue all that comes in. They keep all that
isn't read, and cut the connection without a close frame. Each override below says which behaviour it changes. All were
read in Daphne 4.2.3, autobahn 26.10.2 and Twisted 26.10.0.
"""

from __future__ import annotations

import asyncio
import dataclasses
import http
from collections import deque
from typing import Any

from daphne.ws_protocol import ConnectionDeny, WebSocketProtocol
from twisted.web.http import HTTPChannel

from chat.connections.protocol import CLOSE_COME_BACK, CLOSE_FLOOD

MAX_MESSAGE_BYTES = 1024 * 1024
MAX_BODY_BYTES = 4 * 1024 * 1024
"""The limit of an HTTP request's body. Daphne holds all of it in memory."""
CONGESTED_BYTES = 64 * 1024
"""Unread bytes with which a WebSocket is sent no more messages until its peer has read some."""
MAX_UNSENT_BYTES = 1024 * 1024
"""What a peer may leave unread before its connection is cut."""
MAX_WAITING = 8
"""Messages of one WebSocket that may wait for the application. With more, its connection isn't read."""
MAX_WAITING_BYTES = 64 * 1024
READ_BYTES = 16 * 1024
"""What is read from a WebSocket in one turn of the loop. 64 KiB of tiny frames would make all others wait for long."""
MAX_IDLE_FRAMES = 300
"""Frames in IDLE_FRAMES_WINDOW seconds that bring no message (pings, pongs, fragments)."""
IDLE_FRAMES_WINDOW = 10.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Timeouts:
    """All in seconds."""

    request: float = 15.0
    """From a request's first byte to its last, headers and body. For a new connection also until the first byte. Also
    from the first to the last byte of a WebSocket's message."""
    keep_alive: float = 75.0
    """From a response to the next request, on one connection."""
    ping: int = 25
    """Silence of a WebSocket after which it gets a ping."""
    pong: int = 20
    """From a ping to the end of a connection whose peer doesn't answer. Shorter than `ping`: if two pings wait for their
    answers, autobahn loses the first one's timer and cuts a connection that works."""
    close: int = 3
    """From a close frame to the end of a connection whose peer doesn't answer it."""
    drain: float = 22.0
    """From the signal to end, for running turns. The longest deadline that can be set is 20 seconds."""
    answer: float = 24.0
    """From the signal, for HTTP requests that have begun."""
    stalled: float = 45.0
    """After this, a peer of a WebSocket that reads nothing of what waits for it is cut off. One that reads slowly isn't."""
    exit: float = 29.0
    """From the signal to the end of the process, even if its threads are still busy."""


_HTTPChannel: Any = HTTPChannel  # it has too few annotations for a strict check


def unsent_bytes(transport: Any) -> int:
    """What Twisted's transport holds because the peer doesn't read it."""
    unsent: int = len(transport.dataBuffer) - transport.offset + transport._tempDataLen
    return unsent


class Channel(_HTTPChannel):  # type: ignore[misc]
    """An HTTP connection, until it becomes a WebSocket."""

    abortTimeout = 3
    _dataBuffer: list[bytes]
    _has_begun = False
    _body_bytes = 0

    def connectionMade(self) -> None:
        super().connectionMade()
        transports = self.factory.server.transports
        transports.add(self.transport)
        if len(transports) > self.factory.server.max_connections:
            self.transport.abortConnection()

    def connectionLost(self, reason: Any) -> None:
        self.factory.server.transports.discard(self.transport)
        super().connectionLost(reason)
        self._transferDecoder = None  # belongs to a body that never came, and is a cycle, see below

    def resetTimeout(self) -> None:
        # Twisted calls this for every piece of data: a client that sends a byte now and then could hold a request for ever.
        if not self._has_begun:
            self._has_begun = True
            self.setTimeout(self.factory.timeOut)

    def requestDone(self, request: Any) -> None:
        # Twisted sets the saved time-out when a response is complete, before it reads the next request.
        self._has_begun = False
        self._savedTimeOut = self.factory.server.timeouts.keep_alive
        # Twisted answers all requests that came together, even if the client reads none of the answers.
        floods = bool(self._dataBuffer) and unsent_bytes(self.transport) > MAX_UNSENT_BYTES
        if floods:
            self._dataBuffer = []
        super().requestDone(request)
        if floods:
            self.transport.abortConnection()

    def allHeadersReceived(self) -> None:
        self._body_bytes = 0
        super().allHeadersReceived()

    def rawDataReceived(self, data: bytes) -> None:
        if not self._handlingRequest:
            self._body_bytes += len(data)
            if self._body_bytes > MAX_BODY_BYTES:
                self.transport.write(b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
                self.loseConnection()
                return
        super().rawDataReceived(data)


class Inbox:
    """What waits for the application of one WebSocket. It has one reader. asyncio's own queue, which may have many, takes a
    twentieth of a turn's time."""

    def __init__(self, socket: WebSocket) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = socket
        self._messages: deque[dict[str, Any]] = deque()
        self._arrival: asyncio.Future[None] | None = None

    def qsize(self) -> int:
        return len(self._messages)

    def put_nowait(self, message: dict[str, Any]) -> None:
        self._messages.append(message)
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)

    async def get(self) -> dict[str, Any]:
        while not self._messages:
            self._arrival = self._loop.create_future()
            await self._arrival
        message = self._messages.popleft()
        if not self._messages:
            self._socket.on_all_taken()
        return message


class WebSocket(WebSocketProtocol):  # type: ignore[misc]
    """A WebSocket from its handshake on."""

    message_data: Any
    data: bytes
    application_queue: Any
    _is_paused = False
    _is_deaf = False
    _waiting_bytes = 0
    _dropped = 0
    _idle_frames = 0
    _idle_frames_since = 0.0
    _unfinished: asyncio.TimerHandle | None = None

    def connectionMade(self) -> None:
        # Daphne leaves its HTTP channel registered with the transport, and request and channel refer to each other.
        channel = self.transport.producer
        self.transport.unregisterProducer()
        channel.requests.clear()
        self.transport.bufferSize = READ_BYTES
        super().connectionMade()

    def onConnect(self, request: Any) -> Any:
        server = self.factory.server_class
        if server.is_ending or len(server.websockets) >= server.max_sockets:
            raise ConnectionDeny(503, "Service Unavailable")
        if not request.headers.get("sec-websocket-protocol", "").isascii():
            raise ConnectionDeny(400, "Bad Request")  # Daphne would fail and send the client the reason
        server.websockets.add(self)
        return super().onConnect(request)

    def failHandshake(self, reason: str, code: int = 400, responseHeaders: Any = None) -> None:
        # autobahn's reason repeats the client's own text.
        super().failHandshake(http.HTTPStatus(code).phrase, code, responseHeaders)

    def onOpen(self) -> None:
        super().onOpen()
        if self.server.is_closing:
            self.sendCloseFrame(code=CLOSE_COME_BACK)

    def connectionLost(self, reason: Any) -> None:
        server = self.factory.server_class
        server.transports.discard(self.transport)
        server.websockets.discard(self)
        super().connectionLost(reason)
        self._stop_waiting()
        # Breaking these cycles frees the memory at once, and not only when Python searches for cycles.
        self.is_closed = self.application_queue = None

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        # Daphne fails for a connection that it doesn't know: one without onConnect, or one that the application refused.
        if self in self.factory.server_class.connections:
            super().onClose(wasClean, code, reason)

    # Coming in

    def dataReceived(self, data: bytes) -> None:
        if self.state == self.STATE_CONNECTING and len(self.data) > MAX_WAITING_BYTES:
            self.transport.abortConnection()
        elif not self._is_deaf:
            # autobahn's own method first formats a line for a log that is off.
            self._dataReceived(data)

    def processData(self) -> bool:
        if self._is_paused or self._is_deaf:
            return False
        return bool(super().processData())

    def onFrameBegin(self) -> None:
        frame = self.current_frame
        if frame.opcode > 7 or frame.opcode == 0 or not frame.fin:
            self._count_idle_frame()
        super().onFrameBegin()

    def _count_idle_frame(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._idle_frames_since > IDLE_FRAMES_WINDOW:
            self._idle_frames_since, self._idle_frames = now, 0
        self._idle_frames += 1
        if self._idle_frames > MAX_IDLE_FRAMES:
            self._end_flood("Too many frames")

    def _end_flood(self, reason: str) -> None:
        self._fail_connection(CLOSE_FLOOD, reason)
        self._is_deaf = True

    def _fail_connection(self, code: int = CLOSE_FLOOD, reason: str = "") -> None:
        # At a second error autobahn drops the connection. If input is unread, that is a reset, which can overtake the
        # first error's close frame. So all further input is ignored until the time for the peer's answer is over.
        if self.state == self.STATE_CLOSING:
            self._is_deaf = True
        else:
            super()._fail_connection(code, reason)

    def onMessageBegin(self, isBinary: bool) -> None:
        super().onMessageBegin(isBinary)
        loop = asyncio.get_running_loop()
        limit = self.factory.server_class.timeouts.request
        self._unfinished = loop.call_later(limit, self._end_flood, "Unfinished message")

    def _stop_waiting(self) -> None:
        if self._unfinished is not None:
            self._unfinished.cancel()
            self._unfinished = None

    def onMessageFrameData(self, payload: bytes) -> None:
        # autobahn keeps a list of pieces. If they are empty or tiny, the list takes far more than the limit of bytes.
        if not self.failedByMe:
            if not self.message_data:
                self.message_data.append(bytearray())
            self.message_data[0] += payload

    def onMessageEnd(self) -> None:
        # autobahn's own method also notifies listeners, and there are none.
        self._stop_waiting()
        payload, self.message_data = b"".join(self.message_data), None
        if self.state == self.STATE_OPEN:
            self.onMessage(payload, self.message_is_binary)
            return
        # Nobody reads what comes after the close frame. A client that still floods is slowed down.
        self._dropped += 1
        if self._dropped % MAX_WAITING == 0:
            self._pause()
            asyncio.get_running_loop().call_soon(self._go_on)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        super().onMessage(payload, isBinary)
        self._waiting_bytes += len(payload)
        if self.application_queue.qsize() >= MAX_WAITING or self._waiting_bytes > MAX_WAITING_BYTES:
            self._pause()

    def on_all_taken(self) -> None:
        self._waiting_bytes = 0
        if self._is_paused:
            asyncio.get_running_loop().call_soon(self._go_on)

    def _pause(self) -> None:
        self._is_paused = True
        self.transport.pauseProducing()

    def _go_on(self) -> None:
        if self._is_paused:
            self._is_paused = False
            self.consumeData()
            if not self._is_paused:
                self.transport.resumeProducing()

    # Going out

    def is_congested(self) -> bool:
        return unsent_bytes(self.transport) > CONGESTED_BYTES

    async def drained(self) -> None:
        """Return when the peer has read enough, or is gone. If it reads nothing for `stalled` seconds, cut it off."""
        loop, pause = asyncio.get_running_loop(), 0.01
        least, since = unsent_bytes(self.transport), loop.time()
        while self.state == self.STATE_OPEN and self.is_congested():
            await asyncio.sleep(pause)
            pause = min(2 * pause, 0.5)
            if (unsent := unsent_bytes(self.transport)) < least:
                least, since = unsent, loop.time()
            elif loop.time() - since > self.factory.server_class.timeouts.stalled:
                self.transport.abortConnection()
                return

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        # All output goes through here, also pongs and close frames. autobahn's own method can also send in small pieces.
        unsent = unsent_bytes(self.transport)
        if unsent and unsent + len(data) > MAX_UNSENT_BYTES:
            self.transport.abortConnection()
            return
        self.transport.write(data)

    async def send_event(self, message: dict[str, Any]) -> None:
        """The application's `send`."""
        await self.factory.server_class.handle_reply(self, message)

    def serverSend(self, content: Any, binary: bool = False) -> None:
        # autobahn raises if the socket is closing. Daphne ignores data for a closed one.
        if self.state not in (self.STATE_CLOSING, self.STATE_CLOSED):
            super().serverSend(content, binary)

    def sendCloseFrame(self, code: int | None = None, reasonUtf8: bytes | None = None, isReply: bool = False) -> None:
        super().sendCloseFrame(code, reasonUtf8, isReply)
        asyncio.get_running_loop().call_soon(self._go_on)  # the peer's answer comes after the unread input

    def _closeConnection(self, abort: bool = False) -> None:
        # autobahn aborts also after a clean end. If both close frames cross, that would throw away our own.
        if abort and not self.wasClean:
            self.transport.abortConnection()
        else:
            self.transport.loseConnection()
            asyncio.get_running_loop().call_later(self.factory.server_class.timeouts.close, self.transport.abortConnection)
