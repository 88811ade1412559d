"""What the server promises of itself, whatever application runs in it: tested at the wire, in a process of its own."""

from __future__ import annotations

import contextlib
import http.client
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.servers import Site
from tests.toy_server import Toy, toy

TIMEOUT = 60  # the machine may be busy
MIB = 1024 * 1024
SHORT = {"request": 1.0, "ping": 2, "pong": 2, "close": 1}
HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
CONTINUATION, TEXT, CLOSE, PING, PONG = 0, 1, 8, 9, 10


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toy]:
    with toy(tmp_path_factory.mktemp("toy"), **SHORT) as server:
        yield server


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
    """Everything until the other side has closed or cut the connection."""
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
    """Of the close frame at the start."""
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


# Start and end


def test_a_port_that_is_taken_is_said_in_one_sentence(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.prepare()
    with socket.create_server(("127.0.0.1", site.port)):
        done = site.manage("serve")

    assert done.returncode == 1
    assert f"127.0.0.1:{site.port}" in done.stderr
    assert "HOST and PORT" in done.stderr
    assert done.stderr.count("\n") == 1
    assert "The chat is at" not in done.stdout


def test_the_site_says_where_it_is_and_nothing_else(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.prepare()
    with site.serving() as process, connect(site.socket_url, origin=Origin(site.url)) as client:
        eventually(lambda: "The chat is at" in site.log)
        process.send_signal(signal.SIGTERM)
        assert code_at_end(client) == 4012
        assert process.wait(TIMEOUT) == 0

    assert site.log.count("\n") == 1


@pytest.mark.parametrize("order", [signal.SIGTERM, signal.SIGINT])
def test_at_the_end_turns_and_requests_finish_and_everybody_is_sent_back(tmp_path: Path, order: signal.Signals) -> None:
    statuses = []
    with toy(tmp_path) as server, connect(server.socket_url) as talking, connect(server.socket_url) as silent:
        kept = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT)
        kept.request("GET", "/")
        kept.getresponse().read()
        request = threading.Thread(target=lambda: statuses.append(get(server, "/sleep/1")[0]))
        request.start()
        talking.send("turn one")
        eventually(lambda: "a request sleeps" in server.log)
        assert ask(talking, "echo here") == "here"
        server.process.send_signal(order)
        eventually(lambda: "draining" in server.log)
        with pytest.raises(ConnectionRefusedError):
            dial(server)
        kept.sock.sendall(HANDSHAKE)
        assert b" 503 " in kept.sock.recv(1000)
        server.process.send_signal(signal.SIGTERM)
        talking.send("release one")

        assert talking.recv(TIMEOUT) == "answer"
        assert code_at_end(talking) == 4012
        assert code_at_end(silent) == 4012
        assert server.process.wait(TIMEOUT) == 0
        request.join()
        kept.close()

    assert statuses == [200]
    assert server.log == ["startup", "listening", "a request sleeps", "draining", "left", "left", "shutdown"]


def test_the_end_waits_neither_for_ever_for_a_turn_nor_for_a_peer_that_does_not_answer(tmp_path: Path) -> None:
    with (
        toy(tmp_path, drain=0.5, answer=1.0, exit=60.0) as server,
        open_raw(server) as peer,
        connect(server.socket_url) as talking,
    ):
        talking.send("turn endless")
        request = dial(server)
        request.sendall(b"GET /stay/60 HTTP/1.1\r\nHost: test\r\n\r\n")
        eventually(lambda: "a request stays" in server.log)
        server.process.send_signal(signal.SIGTERM)

        assert code_at_end(talking) == 4012
        assert close_code(read_to_end(peer)) == 4012
        assert server.process.wait(TIMEOUT) == 0
        request.close()


def test_a_thread_that_does_not_end_holds_the_process_no_longer_than_the_limit(tmp_path: Path) -> None:
    with toy(tmp_path, answer=0.5, exit=1.5) as server, dial(server) as request:
        request.sendall(b"GET /block/60 HTTP/1.1\r\nHost: test\r\n\r\n")
        eventually(lambda: "a thread sleeps" in server.log)
        server.process.send_signal(signal.SIGTERM)

        assert server.process.wait(TIMEOUT) == 0


def test_a_second_ctrl_c_does_not_wait(tmp_path: Path) -> None:
    with toy(tmp_path) as server, connect(server.socket_url) as client:
        client.send("turn endless")
        assert ask(client, "echo here") == "here"
        server.process.send_signal(signal.SIGINT)
        eventually(lambda: "draining" in server.log)
        server.process.send_signal(signal.SIGINT)

        assert server.process.wait(TIMEOUT) == -signal.SIGINT


# Coming in


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


# Going out


def test_a_peer_that_does_not_read_is_cut_off(server: Toy) -> None:
    peak = server.memory(peak=True)
    with open_raw(server) as peer:
        gone = server.log.count("left")
        peer.sendall(frame(TEXT, b"pour 4000"))
        eventually(lambda: server.log.count("left") > gone)

    assert server.memory(peak=True) < peak + 16 * MIB


def test_sending_to_a_socket_that_closes_is_no_error(server: Toy) -> None:
    gone = server.log.count("left")
    with open_raw(server) as peer:
        peer.sendall(frame(TEXT, b"hold late") + frame(3))
        assert close_code(peer.recv(1000)) == 1002
        get(server, "/release/late")
        eventually(lambda: server.log.count("left") > gone)
    assert "Disconnected" not in "".join(server.log)


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
        eventually(lambda: server.open_files < 60)
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


# The application


def test_an_application_that_fails_ends_in_an_answer(server: Toy) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(server.socket_url + "raise"):
        pass
    assert refused.value.response.status_code == 500
    assert get(server, "/raise")[0] == 500
    with pytest.raises(http.client.IncompleteRead):
        get(server, "/half")
    with connect(server.socket_url) as client:
        client.send("raise")
        assert code_at_end(client) == 1011
    with connect(server.socket_url) as client:
        client.send("return")
        assert code_at_end(client) == 1011

    log = "\n".join(server.log)
    assert "Unexpected RuntimeError" in log
    assert "private" not in log


def test_what_was_sent_before_leaving_is_still_taken(server: Toy) -> None:
    taken = int(get(server, "/taken")[1])
    with connect(server.socket_url) as client:
        client.send("sleep 2.5")
        for _ in range(3):
            client.send("echo")

    eventually(lambda: int(get(server, "/taken")[1]) == taken + 4)
