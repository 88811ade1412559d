"""Peers of the server that control every byte, and what they learn about it."""

from __future__ import annotations

import http.client
import socket
import struct
import time
from collections.abc import Callable

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.support.servers import Site
from tests.support.toy_server import Toy

TIMEOUT = 60  # the machine may be busy
MIB = 1024 * 1024
HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
CONTINUATION, TEXT, CLOSE, PING, PONG = 0, 1, 8, 9, 10


def frame(opcode: int, payload: bytes = b"", *, final: bool = True, reserved: int = 0, masked: bool = True) -> bytes:
    mask, length = (0x80, b"\0\0\0\0") if masked else (0, b"")
    if len(payload) < 126:
        size = bytes([mask | len(payload)])
    elif len(payload) < 65536:
        size = bytes([mask | 126]) + struct.pack("!H", len(payload))
    else:
        size = bytes([mask | 127]) + struct.pack("!Q", len(payload))
    return bytes([final << 7 | reserved << 4 | opcode]) + size + length + payload


def dial(server: Toy | Site) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT)


def open_raw(server: Toy) -> socket.socket:
    """A WebSocket that does nothing by itself: it neither reads nor answers."""
    peer = dial(server)
    peer.sendall(HANDSHAKE)
    response = b""
    while b"\r\n\r\n" not in response:
        response += peer.recv(1000)
    assert b" 101 " in response
    return peer


def read_to_end(peer: socket.socket) -> bytes:
    """All data until the other side has closed or cut the connection."""
    data = b""
    until = time.monotonic() + TIMEOUT
    try:
        while piece := peer.recv(65536):
            assert time.monotonic() < until
            data += piece
    except ConnectionResetError:
        pass
    return data


def close_code(data: bytes) -> int:
    """The code of the close frame at the start."""
    assert data[:1] == b"\x88", data[:100]
    code: int = struct.unpack("!H", data[2:4])[0]
    return code


def get(server: Toy, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT)
    connection.request("GET", path, headers={"Connection": "close"})
    response = connection.getresponse()
    return response.status, response.read()


def ask(client: ClientConnection, text: str) -> str:
    client.send(text)
    return str(client.recv(TIMEOUT))


def code_at_end(client: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            client.recv(TIMEOUT)
    return closed.value.rcvd.code if closed.value.rcvd else 1006


def eventually(is_true: Callable[[], bool]) -> None:
    until = time.monotonic() + TIMEOUT
    while not is_true():
        assert time.monotonic() < until
        time.sleep(0.02)
