"""What the server promises for any application: what comes in and what goes out."""

from __future__ import annotations

import contextlib
import http.client
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.support.peers import (
    CLOSE,
    CONTINUATION,
    MIB,
    PING,
    PONG,
    TEXT,
    TIMEOUT,
    ask,
    close_code,
    dial,
    eventually,
    frame,
    get,
    open_raw,
    read_to_end,
)
from tests.support.toy_server import Toy, toy


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toy]:
    with toy(tmp_path_factory.mktemp("toy"), close=1) as server:
        yield server


def test_messages_are_taken_in_order_and_few_wait_at_one_time(server: Toy) -> None:
    with connect(server.socket_url) as client:
        client.send("hold first")
        for number in range(500):
            client.send(f"echo {number}")
        get(server, "/release/first")

        held = str(client.recv(TIMEOUT))
        echoes = [client.recv(TIMEOUT) for _ in range(500)]
    assert 0 < int(held.split()[1]) <= 8
    assert echoes == [str(number) for number in range(500)]


def test_a_connection_is_not_read_while_the_application_is_behind(tmp_path: Path) -> None:
    pasted = frame(TEXT, b"x" * 60_000)
    sent = 0
    with toy(tmp_path) as server, open_raw(server) as peer:
        before = server.memory()
        peer.sendall(frame(TEXT, b"hold all"))
        peer.settimeout(0.5)
        with pytest.raises(TimeoutError):
            while sent < 96 * MIB:
                sent += peer.send(pasted[sent % len(pasted) :])
        assert sent < 32 * MIB
        peer.settimeout(TIMEOUT)
        get(server, "/release/all")
        peer.sendall(pasted[sent % len(pasted) :] + frame(TEXT, b"echo done"))
        while not peer.recv(1000).endswith(b"done"):
            pass

        assert int(get(server, "/taken")[1]) == 1 + sent // len(pasted) + 1 + 1
        assert server.memory(peak=True) < before + 16 * MIB


@pytest.mark.parametrize("rest", [PING, PONG, CONTINUATION])
def test_a_flood_of_frames_without_a_message_is_ended(server: Toy, rest: int) -> None:
    peak = server.memory(peak=True)
    with open_raw(server) as peer:
        if rest == CONTINUATION:
            peer.sendall(frame(TEXT, final=False))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            peer.sendall(frame(rest, final=rest != CONTINUATION) * 7_000_000)
        data = read_to_end(peer)

    pongs = data.count(b"\x8a\x00")
    assert close_code(data[2 * pongs :]) == 4008
    assert pongs == (300 if rest == PING else 0)
    assert server.memory(peak=True) < peak + 6 * MIB


def test_one_error_after_the_other_does_not_cut_the_close_frame_off(server: Toy) -> None:
    with open_raw(server) as peer:
        peer.sendall(frame(3) * 1_000_000)

        assert close_code(read_to_end(peer)) == 1002


def test_nothing_is_taken_after_the_close_frame(server: Toy) -> None:
    taken = int(get(server, "/taken")[1])
    with open_raw(server) as peer:
        peer.sendall(frame(TEXT, b"close 4008") + frame(TEXT, b"more") * 1000)

        assert close_code(read_to_end(peer)) == 4008
    assert int(get(server, "/taken")[1]) < taken + 20


def test_a_message_in_many_tiny_pieces_is_kept_as_one(server: Toy) -> None:
    with open_raw(server) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.sendall(frame(TEXT, b"echo " + b"x" * 300)[:-300])
        for _ in range(299):
            peer.send(b"x")
            time.sleep(0.001)

        assert get(server, "/pieces")[1] == b"1"
        peer.send(b"x")
        assert peer.recv(1000).endswith(b"x" * 300)


def test_pings_are_answered_and_a_message_may_come_in_pieces(server: Toy) -> None:
    with connect(server.socket_url) as client:
        for _ in range(100):
            assert client.ping().wait(TIMEOUT)
        client.send(["echo ", "in ", "", "pieces"])
        assert client.recv(TIMEOUT) == "in pieces"


AGAINST_THE_PROTOCOL = {
    "not masked": (frame(TEXT, b"hi", masked=False), 1002),
    "a reserved bit": (frame(TEXT, b"hi", reserved=4), 1002),
    "a reserved opcode": (frame(3), 1002),
    "a ping in pieces": (frame(PING, final=False), 1002),
    "a long ping": (frame(PING, b"x" * 126), 1002),
    "a piece of nothing": (frame(CONTINUATION, b"x"), 1002),
    "an error, then a close frame": (frame(3) + frame(CLOSE, struct.pack("!H", 1000)), 1002),
    "a reserved close code": (frame(CLOSE, struct.pack("!H", 1005)), 1002),
    "HTTP": (b"GET / HTTP/1.1\r\n\r\n", 1002),
    "not UTF-8": (frame(TEXT, b"\xff"), 1007),
    "a surrogate": (frame(TEXT, b"\xed\xa0\x80"), 1007),
    "half a character": (frame(TEXT, b"\xe2\x82"), 1007),
    "too large a frame": (frame(TEXT, b"x" * (MIB + 1)), 1009),
    "too large a message": (frame(TEXT, b"x" * MIB, final=False) + frame(CONTINUATION, b"x"), 1009),
    "a boast": (b"\x81\xff" + struct.pack("!Q", 2**62), 1009),
}


def test_what_is_against_the_protocol_ends_in_its_close_code_and_the_connection_goes(server: Toy) -> None:
    with contextlib.ExitStack() as stack:
        peers = {}
        for name, (data, _) in AGAINST_THE_PROTOCOL.items():
            peers[name] = stack.enter_context(open_raw(server))
            peers[name].sendall(data + b"\0\0\0\0")
        codes = {name: close_code(read_to_end(peer)) for name, peer in peers.items()}

    assert codes == {name: code for name, (_, code) in AGAINST_THE_PROTOCOL.items()}


def test_a_client_that_pastes_96_mb_reads_why_it_is_closed(server: Toy) -> None:
    def paste() -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            peer.sendall(frame(TEXT, b"x" * 96_000_000))

    peak = server.memory(peak=True)
    with open_raw(server) as peer:
        pasting = threading.Thread(target=paste)
        pasting.start()
        assert close_code(read_to_end(peer)) == 1009
        pasting.join()

    assert server.memory(peak=True) < peak + 16 * MIB


def test_a_message_of_the_largest_size_is_taken(server: Toy) -> None:
    with connect(server.socket_url, max_size=None) as client:
        assert len(ask(client, "echo " + "x" * (MIB - 5))) == MIB - 5


def test_no_compression_is_agreed_on(server: Toy) -> None:
    with connect(server.socket_url, compression="deflate") as client:
        assert client.protocol.extensions == []


def test_the_server_does_not_say_what_it_is(server: Toy) -> None:
    with connect(server.socket_url) as client:
        assert client.response is not None
        assert "Server" not in client.response.headers
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT)
    connection.request("GET", "/", headers={"Connection": "close"})
    assert connection.getresponse().getheader("Server") is None


def test_a_large_body_is_refused(server: Toy) -> None:
    with dial(server) as peer:
        peer.sendall(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n" % (100 * MIB))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            peer.sendall(b"x" * (5 * MIB))
        assert peer.recv(1000).startswith(b"HTTP/1.1 413 ")
    with dial(server) as peer:
        peer.sendall(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n" % MIB + b"x" * MIB)
        assert peer.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_a_peer_that_does_not_read_is_cut_off(server: Toy) -> None:
    peak = server.memory(peak=True)
    with open_raw(server) as peer:
        gone = server.log.count("left")
        peer.sendall(frame(TEXT, b"pour 4000"))
        eventually(lambda: server.log.count("left") > gone)

    assert server.memory(peak=True) < peak + 16 * MIB


LARGE = b"GET /large HTTP/1.1\r\nHost: test\r\n\r\n"


def test_a_peer_that_does_not_read_what_it_asks_for_at_once_is_cut_off(server: Toy) -> None:
    peak = server.memory(peak=True)
    with dial(server) as peer:
        peer.sendall(LARGE * 600)
        eventually(lambda: get(server, "/kept")[1] == b"1")

    assert server.memory(peak=True) < peak + 16 * MIB


def test_a_few_requests_at_once_are_all_answered(server: Toy) -> None:
    with dial(server) as peer:
        peer.sendall(LARGE * 4 + b"GET /last HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        assert read_to_end(peer).count(b"large") == 4 * 20_000
