"""Operators at two processes on one PostgreSQL and one Redis."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.conversations.test_processes import hello, pair, receive, send, tab
from tests.support.cookies import cookies_of_site
from tests.support.servers import Site, postgresql, redis

ROUNDS = 20
DESKS = 10
"""At each process."""


def desk(site: Site, cookie: str) -> ClientConnection:
    url = f"ws://127.0.0.1:{site.port}/ws/desk/"
    return connect(url, origin=site.url, additional_headers={"Cookie": cookie})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def sites(tmp_path_factory: Any) -> Iterator[tuple[Site, Site, dict[str, str]]]:
    """Two processes of one site, and the cookies of its operators."""
    with postgresql() as database, redis() as redis_url:
        one, other = pair(tmp_path_factory.mktemp("desk"), database, redis_url)
        cookies = cookies_of_site(one, **{f"op{number}": f"Op {number}" for number in range(2 * DESKS)})
        with one.serving(), other.serving():
            yield one, other, cookies


def test_desks_at_two_processes_take_at_once_and_one_gets_it(sites: tuple[Site, Site, dict[str, str]]) -> None:
    one, other, cookies = sites
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(2 * DESKS) as threads:
        desks = [
            stack.enter_context(desk(site, cookie))
            for site, cookie in zip([one, other] * DESKS, cookies.values(), strict=True)
        ]
        for _ in range(ROUNDS):
            visitor = stack.enter_context(tab(one))
            conversation = hello(visitor)["conversation"]
            send(visitor, message="hi", id="1")
            receive(visitor, "message")

            def take(socket: ClientConnection, conversation: str = conversation) -> dict[str, Any]:
                send(socket, type="take", conversation=conversation)
                answer: dict[str, Any] = json.loads(socket.recv(60))
                return answer

            answers = list(threads.map(take, desks))
            [taken] = [answer for answer in answers if answer["type"] == "taken"]
            refused = {(answer["code"], answer["message"]) for answer in answers if answer["type"] == "error"}
            assert refused == {("taken", f"Taken by {taken['by']}.")}
            assert receive(visitor, "message")["message"].startswith(taken["by"])


def test_a_visitor_and_an_operator_at_different_processes_talk(sites: tuple[Site, Site, dict[str, str]]) -> None:
    one, other, cookies = sites
    with tab(one) as visitor, desk(other, cookies["op1"]) as operator:
        conversation = hello(visitor)["conversation"]
        send(visitor, message="/slow", id="1")
        receive(visitor, "ack")
        send(operator, type="message", conversation=conversation, id="a", message="I am here")
        assert receive(operator, "ack")["seq"] == 3
        assert receive(visitor, "message")["sender"] == "system"
        said = receive(visitor, "message")
        assert (said["sender"], said["name"], said["message"]) == ("operator", "Op 1", "I am here")

        send(operator, type="typing", conversation=conversation)
        assert receive(visitor, "typing") == {"type": "typing", "sender": "operator"}
        send(visitor, message="for you", id="2")
        assert receive(visitor, "ack")["seq"] == 4
        send(operator, type="give_back", conversation=conversation)
        assert receive(visitor, "message")["seq"] == 5
        send(visitor, message="for the bot", id="3")
        reply = receive(visitor, "message")
        assert (reply["seq"], reply["message"], reply["in_reply_to"]) == (7, "for the bot", "3")


def test_the_end_of_the_holder_s_process_leaves_one_holder(tmp_path: Any) -> None:
    with postgresql() as database, redis() as redis_url:
        one, other = pair(tmp_path, database, redis_url)
        cookies = cookies_of_site(one, ana="Ana", ben="Ben")
        with one.serving() as process, other.serving(), tab(other) as visitor, desk(other, cookies["ben"]) as ben:
            conversation = hello(visitor)["conversation"]
            send(visitor, message="hi", id="1")
            receive(visitor, "message")
            with desk(one, cookies["ana"]) as ana:
                send(ana, type="message", conversation=conversation, id="a", message="Hello")
                receive(ana, "ack")
                process.kill()
            send(visitor, message="still there?", id="2")
            assert receive(visitor, "ack")["seq"] == 5
            send(ben, type="take", conversation=conversation)
            assert receive(ben, "error")["message"] == "Taken by Ana."

            with desk(other, cookies["ana"]) as ana:  # her browser comes back to the other process
                send(ana, type="message", conversation=conversation, id="a", message="Hello")
                assert receive(ana, "ack")["seq"] == 4
                send(ana, type="message", conversation=conversation, id="b", message="Yes")
                assert receive(ana, "ack")["seq"] == 6
