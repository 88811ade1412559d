"""What the server promises for any application: also if it fails or is late."""

from __future__ import annotations

import http.client
from collections.abc import Iterator

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.support.peers import TEXT, close_code, code_at_end, eventually, frame, get, open_raw
from tests.support.toy_server import Toy, toy


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toy]:
    with toy(tmp_path_factory.mktemp("toy"), close=1) as server:
        yield server


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


def test_sending_to_a_socket_that_closes_is_no_error(server: Toy) -> None:
    gone = server.log.count("left")
    with open_raw(server) as peer:
        peer.sendall(frame(TEXT, b"hold late") + frame(3))
        assert close_code(peer.recv(1000)) == 1002
        get(server, "/release/late")
        eventually(lambda: server.log.count("left") > gone)
    assert "Disconnected" not in "".join(server.log)


def test_what_was_sent_before_leaving_is_still_taken(server: Toy) -> None:
    taken = int(get(server, "/taken")[1])
    with connect(server.socket_url) as client:
        client.send("sleep 2.5")
        for _ in range(3):
            client.send("echo")

    eventually(lambda: int(get(server, "/taken")[1]) == taken + 4)
