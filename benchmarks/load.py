"""A load generator that takes far less time than the server: raw sockets, prepared frames, no JSON.

Closed loop: each connection sends its next message when the last one is answered. Open loop: messages are due at a fixed
rate. A latency counts from when the message was due, so that a slow server can't hide its queue.
"""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import os
import time
from collections.abc import Sequence

REPLY = b'"sender":"bot"'
"""Only replies contain this. The bare consumers send it, too."""
CONNECT_TIMEOUT = 60.0


@dataclasses.dataclass(frozen=True)
class Result:
    """turns: how many were answered during the measurement. latencies: milliseconds, sorted."""

    turns: int
    seconds: float
    latencies: Sequence[float]

    @property
    def rate(self) -> float:
        return self.turns / self.seconds

    def percentile(self, percent: float) -> float:
        return (
            self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * percent / 100))] if self.latencies else 0.0
        )


def masked(text: bytes) -> bytes:
    """A client's text frame. With a mask of zeros the payload stays as it is."""
    length = len(text)
    head = bytes([0x81, 0x80 | length]) if length < 126 else bytes([0x81, 0xFE]) + length.to_bytes(2, "big")
    return head + b"\0\0\0\0" + text


class Client(asyncio.Protocol):
    """One connection that sends messages and notes when their replies arrive."""

    def __init__(self, port: int, number: int) -> None:
        self.number = number
        self.port = port
        self.opened = asyncio.get_running_loop().create_future()
        self.latencies: list[float] = []
        self.sent = 0
        self.lost = False
        self._due: list[float] = []
        self._buffer = b""
        self._closed_loop = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - true for TCP
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            (
                f"GET /ws/chat/ HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nOrigin: http://127.0.0.1:{self.port}\r\n"
                f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
            ).encode()
        )

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True
        if not self.opened.done():
            self.opened.set_exception(error or ConnectionError("closed"))

    def start(self) -> None:
        self._closed_loop = True
        self.send(time.perf_counter())

    def stop(self) -> None:
        self._closed_loop = False

    def send(self, due: float) -> None:
        self.sent += 1
        self._due.append(due)
        self.transport.write(masked(b'{"type":"message","id":"%d-%d","message":"hello there"}' % (self.number, self.sent)))

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data
        if not self.opened.done():
            head, found, buffer = buffer.partition(b"\r\n\r\n")
            if not found:
                self._buffer = head
                return
            if b" 101 " not in head[:20]:
                self.opened.set_exception(ConnectionError(head[:40].decode()))
                return
            self.opened.set_result(None)
        at = 0
        while len(buffer) - at >= 2:
            length, start = buffer[at + 1], at + 2
            if length == 126:
                length, start = int.from_bytes(buffer[start : start + 2], "big"), start + 2
            elif length == 127:
                length, start = int.from_bytes(buffer[start : start + 8], "big"), start + 8
            if len(buffer) < start + length:
                break
            if buffer[at] == 0x89:
                self.transport.write(b"\x8a\x80\0\0\0\0")
            elif buffer.find(REPLY, start, start + length) >= 0:
                now = time.perf_counter()
                self.latencies.append((now - self._due.pop(0)) * 1000)
                if self._closed_loop:
                    self.send(now)
            at = start + length
        self._buffer = buffer[at:]


async def connect(port: int, count: int, *, at_once: int = 100) -> list[Client]:
    loop = asyncio.get_running_loop()
    clients: list[Client] = []
    for first in range(0, count, at_once):
        numbers = range(first, min(first + at_once, count))
        made = await asyncio.gather(
            *(loop.create_connection(lambda number=number: Client(port, number), "127.0.0.1", port) for number in numbers)  # type: ignore[misc]
        )
        fresh = [client for _, client in made]
        async with asyncio.timeout(CONNECT_TIMEOUT):
            await asyncio.gather(*(client.opened for client in fresh))
        clients += fresh
    return clients


async def talk_once(clients: Sequence[Client], *, at_once: int = 100) -> None:
    """Every client sends a message and gets its reply."""
    for first in range(0, len(clients), at_once):
        group = clients[first : first + at_once]
        for client in group:
            client.send(time.perf_counter())
        async with asyncio.timeout(CONNECT_TIMEOUT):
            while any(not client.latencies and not client.lost for client in group):  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0.01)


def disconnect(clients: Sequence[Client]) -> None:
    for client in clients:
        client.transport.abort()


async def closed_loop(port: int, connections: int, seconds: float, warm_up: float = 1.0) -> Result:
    clients = await connect(port, connections)
    for client in clients:
        client.start()
    await asyncio.sleep(warm_up)
    for client in clients:
        client.latencies.clear()
    started = time.perf_counter()
    await asyncio.sleep(seconds)
    elapsed = time.perf_counter() - started
    latencies = sorted(latency for client in clients for latency in client.latencies)
    for client in clients:
        client.stop()
    disconnect(clients)
    return Result(len(latencies), elapsed, latencies)


async def open_loop(port: int, connections: int, rate: float, seconds: float) -> Result:
    """`rate` messages a second, over all connections together."""
    clients = await connect(port, connections)
    started = time.perf_counter()
    for number in range(int(rate * seconds)):
        due = started + number / rate
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        clients[number % connections].send(due)
    while any(client._due and not client.lost for client in clients) and time.perf_counter() < started + seconds + 10:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    elapsed = time.perf_counter() - started
    latencies = sorted(latency for client in clients for latency in client.latencies)
    disconnect(clients)
    return Result(len(latencies), elapsed, latencies)
