"""What the server promises for any application: how it starts and how it ends."""

from __future__ import annotations

import http.client
import signal
import socket
import threading
from pathlib import Path

import pytest
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.support.peers import (
    HANDSHAKE,
    TIMEOUT,
    ask,
    close_code,
    code_at_end,
    dial,
    eventually,
    get,
    open_raw,
    read_to_end,
)
from tests.support.servers import Site
from tests.support.toy_server import toy


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
        toy(tmp_path, drain=0.5, answer=1.0, exit=60.0, close=1) as server,
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
    with toy(tmp_path, answer=0.3, exit=0.8) as server, dial(server) as request:
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
