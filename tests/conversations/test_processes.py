"""Two processes on one PostgreSQL and one Redis serve one site."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.support.servers import Site, free_port, postgresql, redis

TIMEOUT = 60


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgresql() as address:
        yield address


def pair(folder: Any, database: str, redis_url: str, **more: str) -> tuple[Site, Site]:
    variables = {"DATABASE_URL": database, "REDIS_URL": redis_url, **more}
    one, other = Site(folder, **variables), Site(folder, **variables)
    one.prepare()
    return one, other


def tab(site: Site) -> ClientConnection:
    return connect(site.socket_url, origin=site.url)  # type: ignore[arg-type]


def send(socket: ClientConnection, **frame: Any) -> None:
    socket.send(json.dumps(frame))


def receive(socket: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        frame: dict[str, Any] = json.loads(socket.recv(TIMEOUT))
        if frame["type"] == kind:
            return frame


def hello(socket: ClientConnection, **fields: Any) -> dict[str, Any]:
    send(socket, type="hello", **fields)
    return receive(socket, "ready")


def heard(socket: ClientConnection, up_to: int) -> list[tuple[int, str, str]]:
    """The message frames until the one with this seq."""
    messages = []
    while not messages or messages[-1][0] < up_to:
        frame = receive(socket, "message")
        messages.append((frame["seq"], frame["sender"], frame["message"]))
    return messages


@contextlib.contextmanager
def two_tabs(folder: Any, database: str, **more: str) -> Iterator[tuple[ClientConnection, ClientConnection]]:
    """Two connections of one visitor, each to a process of its own."""
    with redis() as redis_url:
        one, other = pair(folder, database, redis_url, **more)
        with one.serving(), other.serving(), tab(one) as first, tab(other) as second:
            hello(second, token=hello(first)["token"])
            yield first, second


def test_two_tabs_on_two_processes_see_the_same_messages_once(tmp_path: Any, database: str) -> None:
    with two_tabs(tmp_path, database) as (first, second):
        send(first, message="from one", id="1")
        assert heard(second, 2) == [(1, "visitor", "from one"), (2, "bot", "from one")]
        receive(first, "message")
        send(second, message="from the other", id="2")
        assert heard(first, 4) == [(3, "visitor", "from the other"), (4, "bot", "from the other")]

        for socket in (first, second):
            send(socket, type="ping")
            left = []
            while (frame := json.loads(socket.recv(TIMEOUT)))["type"] != "pong":
                left.append(frame)
            assert [frame for frame in left if frame["type"] == "message" and frame["seq"] < 4] == []


def test_the_turns_of_two_tabs_on_two_processes_run_in_order(tmp_path: Any, database: str) -> None:
    with two_tabs(tmp_path, database) as (first, second):
        send(first, message="/slow", id="1")
        receive(first, "ack")
        send(second, message="quick", id="2")
        receive(second, "ack")
        send(first, message="quick too", id="3")
        receive(first, "ack")

        assert [text for _, sender, text in heard(second, 6) if sender == "bot"] == ["/slow", "quick", "quick too"]


def test_a_turn_whose_process_ended_comes_before_that_of_a_tab_on_another_one(tmp_path: Any, database: str) -> None:
    with redis() as redis_url:
        one, other = pair(tmp_path, database, redis_url)
        with one.serving() as process, other.serving(), tab(other) as second:
            with tab(one) as first:
                hello(second, token=hello(first)["token"])
                send(first, message="/slow", id="1")
                receive(first, "ack")
                process.kill()
            send(second, message="quick", id="2")
            receive(second, "ack")

            assert [text for _, sender, text in heard(second, 4) if sender == "bot"] == ["/slow", "quick"]


def test_a_tab_on_another_process_learns_of_the_end_and_of_the_new_beginning(tmp_path: Any, database: str) -> None:
    with two_tabs(tmp_path, database) as (first, second):
        send(first, message="hi")
        receive(first, "message")
        send(first, type="end")
        assert heard(second, 3)[-1][1] == "system"
        assert [receive(socket, "status")["status"] for socket in (first, second)] == ["closed", "closed"]

        send(second, message="one thing more")
        assert [receive(socket, "status")["status"] for socket in (first, second)] == ["bot", "bot"]


def test_a_visitor_moves_to_another_process_in_the_middle_of_a_turn(tmp_path: Any, database: str) -> None:
    with redis() as redis_url:
        one, other = pair(tmp_path, database, redis_url)
        with one.serving(), other.serving():
            with tab(one) as first:
                token = hello(first)["token"]
                send(first, message="/slow", id="1")
                receive(first, "ack")
            with tab(other) as second:
                ready = hello(second, token=token)
                seen = [(message["seq"], message["sender"]) for message in ready["messages"]]
                if len(seen) == 1:  # on a slow machine the reply is there already
                    seen += [(seq, sender) for seq, sender, _ in heard(second, 2)]
                assert seen == [(1, "visitor"), (2, "bot")]
                send(second, message="next", id="2")
                assert heard(second, 4)[-1] == (4, "bot", "next")


def test_a_redis_that_is_away_stops_no_turn_and_events_come_back_with_it(tmp_path: Any, database: str) -> None:
    port = free_port()
    one, other = pair(tmp_path, database, f"redis://127.0.0.1:{port}/0")
    with one.serving(), other.serving(), tab(one) as first, tab(other) as second:
        with redis(port):
            token = hello(first)["token"]
            hello(second, token=token)
            send(first, message="before")
            assert heard(second, 2)[-1][0] == 2
            receive(first, "message")
        send(first, message="meanwhile")
        assert receive(first, "message")["message"] == "meanwhile"
        with redis(port):
            assert heard(second, 4) == [(3, "visitor", "meanwhile"), (4, "bot", "meanwhile")]


def test_a_burst_over_two_processes_is_answered_in_order_and_in_time(tmp_path: Any, database: str) -> None:
    with two_tabs(tmp_path, database, CHATBOT_RATE_LIMITS="off") as tabs:
        replies: list[str] = []

        def hear(tab: ClientConnection) -> dict[str, Any]:
            frame: dict[str, Any] = json.loads(tab.recv(TIMEOUT))
            assert frame["type"] != "error", frame
            if tab is tabs[0] and frame["type"] == "message" and frame["sender"] == "bot":
                replies.append(frame["message"])
            return frame

        for number in range(200):
            while len(replies) < number - 10:  # if more wait, the next is refused as busy
                hear(tabs[0])
            send(tabs[number % 2], message=str(number), id=str(number))
            while hear(tabs[number % 2])["type"] != "ack":
                pass
        while len(replies) < 200:
            hear(tabs[0])

        assert replies == [str(number) for number in range(200)]


def test_typing_and_ratings_reach_the_tabs_on_the_other_process(tmp_path: Any, database: str) -> None:
    with two_tabs(tmp_path, database) as (first, second):
        send(first, message="/slow")
        assert receive(second, "typing")["sender"] == "bot"
        receive(first, "message")
        send(second, type="feedback", seq=2, value="up")
        assert receive(first, "feedback")["value"] == "up"
