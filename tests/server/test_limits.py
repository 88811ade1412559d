"""What the server promises for any application: how long a connection may take, and how many there may be."""

from __future__ import annotations

import contextlib
import http.client
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from chat.server.daphne import RESERVED_FILES
from tests.support.peers import (
    HANDSHAKE,
    PING,
    TEXT,
    TIMEOUT,
    ask,
    close_code,
    code_at_end,
    dial,
    eventually,
    frame,
    get,
    open_raw,
    read_to_end,
)
from tests.support.toy_server import Toy, toy

SHORT = {"request": 0.5, "ping": 2, "pong": 2, "close": 1}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toy]:
    with toy(tmp_path_factory.mktemp("toy"), **SHORT) as server:
        yield server


# Time


def test_a_peer_that_does_not_answer_pings_is_gone_and_one_that_does_stays(server: Toy) -> None:
    with connect(server.socket_url) as living, open_raw(server) as dead:
        data = read_to_end(dead)

        assert data[0] == 0x80 | PING
        assert ask(living, "echo here") == "here"


@pytest.mark.parametrize(
    "begin",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(HANDSHAKE[:-4] + b"0", id="headers"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\n", id="a body"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: test\r\n\r\nGET / HTTP/1.1\r\nHost: 0", id="a second request"),
    ],
)
def test_a_request_that_comes_byte_by_byte_is_cut_off(server: Toy, begin: bytes) -> None:
    started = time.monotonic()
    with dial(server) as peer:
        peer.sendall(begin)
        peer.settimeout(0.2)
        while time.monotonic() < started + TIMEOUT:
            try:
                if begin:
                    peer.send(b"0")
                if not peer.recv(1000):
                    return
            except TimeoutError:
                continue
            except (ConnectionResetError, BrokenPipeError):
                return
    raise AssertionError("It is still there.")


@pytest.mark.parametrize("whole_frame", [True, False])
def test_a_message_that_does_not_end_is_cut_off(server: Toy, whole_frame: bool) -> None:
    begin = frame(TEXT, b"echo 0", final=False) if whole_frame else frame(TEXT, b"echo " + b"0" * 1000)[:-1]
    with connect(server.socket_url) as other:
        other.send(["echo ", "in ", "pieces"])
        assert other.recv(TIMEOUT) == "in pieces"
        with open_raw(server) as peer:
            peer.sendall(begin)
            data = read_to_end(peer)
        assert ask(other, "echo still here") == "still here"

    assert close_code(data[data.index(b"\x88") :]) == 4008


def test_a_connection_may_rest_between_requests_for_longer_than_a_request_may_take(server: Toy) -> None:
    with dial(server) as resting:
        resting.sendall(b"GET /hello HTTP/1.1\r\nHost: test\r\n\r\n")
        assert resting.recv(1000).endswith(b"hello")
        with dial(server) as silent:
            assert read_to_end(silent) == b""
        resting.sendall(b"GET /again HTTP/1.1\r\nHost: test\r\n\r\n")
        assert resting.recv(1000).endswith(b"again")


def test_a_connection_does_not_rest_for_ever(tmp_path: Path) -> None:
    with toy(tmp_path, request=2.0 * TIMEOUT, keep_alive=0.5) as server, dial(server) as peer:
        peer.sendall(b"GET /hello HTTP/1.1\r\nHost: test\r\n\r\n")
        assert read_to_end(peer).endswith(b"hello")


# Number


def test_one_socket_too_many_is_refused_until_another_leaves(tmp_path: Path) -> None:
    with toy(tmp_path, max_sockets=2) as server, connect(server.socket_url), connect(server.socket_url) as second:
        with pytest.raises(InvalidStatus) as refused, connect(server.socket_url):
            pass
        assert refused.value.response.status_code == 503
        assert get(server, "/page") == (200, b"page")
        second.close()
        eventually(lambda: "left" in server.log)
        with connect(server.socket_url) as third:
            assert ask(third, "echo in") == "in"


def test_connections_leave_files_for_the_rest_of_the_process(tmp_path: Path) -> None:
    with toy(tmp_path, open_files=300, request=60.0) as server:
        peers = []
        for _ in range(100):
            with contextlib.suppress(ConnectionResetError):
                peers.append(dial(server))
        for refused in peers[300 - RESERVED_FILES :]:  # also shows that the server has seen all of them
            assert read_to_end(refused) == b""
        assert server.open_files < 60
        for peer in peers:
            peer.close()
        eventually(lambda: server.open_files < 30)
        assert get(server, "/page") == (200, b"page")


def test_nothing_stays_of_connections_that_are_gone(server: Toy) -> None:
    with connect(server.socket_url) as client:
        ask(client, "echo warm")
    eventually(lambda: get(server, "/kept")[1] == b"1")
    files = server.open_files
    for number in range(60):
        with connect(server.socket_url) as client:
            assert ask(client, "echo hi") == "hi"
            if number % 3 == 1:
                client.send("close 4008")
                assert code_at_end(client) == 4008
            elif number % 3 == 2:
                client.socket.close()
        with pytest.raises(http.client.IncompleteRead):
            get(server, "/half")
    eventually(lambda: get(server, "/kept")[1] == b"1")

    eventually(lambda: server.open_files <= files)


def test_a_peer_that_reads_nothing_of_what_waits_is_cut_off(tmp_path: Path) -> None:
    with toy(tmp_path, stalled=0.5) as server, open_raw(server) as peer:
        peer.sendall(frame(TEXT, b"fill"))

        eventually(lambda: "drained" in server.log)  # it is gone


def test_a_peer_that_reads_slowly_is_not_cut_off(tmp_path: Path) -> None:
    with toy(tmp_path, stalled=5.0) as server, open_raw(server) as peer:
        peer.sendall(frame(TEXT, b"fill"))
        eventually(lambda: "congested" in server.log)
        until = time.monotonic() + 7  # longer than one may read nothing
        while time.monotonic() < until:
            assert peer.recv(30_000)
            time.sleep(0.05)
        peer.sendall(frame(TEXT, b"echo still here"))

        data = b""
        while b"still here" not in data:
            piece = peer.recv(65_536)
            assert piece
            data = data[-100:] + piece
