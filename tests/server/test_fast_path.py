"""Messages are read the same in any pieces and with any mask."""

from __future__ import annotations

import base64
import os
import random
import socket
from collections.abc import Iterator

import pytest
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from tests.support.servers import Site

TIMEOUT = 60


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"), CHATBOT_RATE_LIMITS="off")
    site.prepare()
    with site.serving():
        yield site


@pytest.fixture
def peer(site: Site) -> Iterator[Peer]:
    peer = Peer(site)
    yield peer
    peer.socket.close()


class Peer:
    """A client that controls every byte."""

    def __init__(self, site: Site) -> None:
        self.socket = socket.create_connection(("127.0.0.1", site.port), timeout=TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = StreamReader()
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET /ws/chat/ HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nOrigin: {site.url}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.socket.recv(1)
        assert b" 101 " in head

    def frame(self) -> Frame:
        """The next frame."""
        parser = Frame.parse(self.reader.read_exact, mask=False)
        try:
            while True:
                next(parser)
                self.reader.feed_data(self.socket.recv(65536))
        except StopIteration as done:
            frame: Frame = done.value
            return frame

    def pongs(self, count: int) -> None:
        """Read until this many pong frames of the chat have come."""
        while count:
            count -= b'"pong"' in bytes(self.frame().data)


def masked(text: bytes, opcode: Opcode = Opcode.TEXT) -> bytes:
    return Frame(opcode, text).serialize(mask=True)


def ping(padding: int) -> bytes:
    return b'{"type":"ping"%s}' % (b" " * padding)


def test_every_length_of_a_message_is_read(peer: Peer) -> None:
    peer.socket.sendall(b"".join(masked(ping(padding)) for padding in range(140)))

    peer.pongs(140)


def test_a_message_in_any_two_pieces_is_read(peer: Peer) -> None:
    for padding in (0, 120):
        whole = masked(ping(padding))
        for cut in range(1, len(whole)):
            peer.socket.sendall(whole[:cut])
            peer.socket.sendall(whole[cut:])
            peer.pongs(1)


def test_many_messages_in_pieces_of_any_length_are_read(peer: Peer) -> None:
    chance = random.Random(1)
    stream = b"".join(masked(ping(chance.randrange(150))) for _ in range(100))
    while stream:
        length = chance.randrange(1, 400)
        peer.socket.sendall(stream[:length])
        stream = stream[length:]

    peer.pongs(100)


def test_a_text_that_is_no_utf_8_ends_with_its_close_code(peer: Peer) -> None:
    peer.socket.sendall(masked(b'{"message":"\xff"}'))

    closing = peer.frame()
    assert closing.opcode is Opcode.CLOSE
    assert int.from_bytes(bytes(closing.data[:2]), "big") == 1007


def test_an_empty_message_is_refused_in_words(peer: Peer) -> None:
    peer.socket.sendall(masked(ping(0)) + masked(b""))
    peer.pongs(1)

    assert b'"bad_json"' in bytes(peer.frame().data)


def test_a_text_between_the_pieces_of_another_is_against_the_protocol(peer: Peer) -> None:
    peer.socket.sendall(Frame(Opcode.TEXT, b'{"type":', fin=False).serialize(mask=True) + masked(ping(0)))

    closing = peer.frame()
    assert closing.opcode is Opcode.CLOSE
    assert int.from_bytes(bytes(closing.data[:2]), "big") == 1002
