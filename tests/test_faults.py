"""Acknowledged messages survive all faults of the processes. `make torture` runs the same with many more rounds."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.support.servers import START_TIMEOUT, PostgreSQL, Site, free_port, postgresql, redis

ROUNDS = int(os.environ.get("TORTURE_ROUNDS", "3"))
VISITORS = int(os.environ.get("TORTURE_VISITORS", "10"))
HERD = int(os.environ.get("TORTURE_HERD", "150"))
UNLIMITED = {"CHATBOT_RATE_LIMITS": "off"}
ANSWER_WITHIN = 30.0
"""Seconds. Far more than promised, since the machine may be busy."""
SECONDS_PER_TALKER = 0.02
"""The share that one talker takes of the one processor that all share here."""


class Talker:
    """A visitor who writes message after message. If the connection is lost, the visitor comes back and resends what was not
    acknowledged. Remembers what the server promised."""

    def __init__(self, name: str, site: Site, text: str = "hello") -> None:
        self.name = name
        self.site = site
        self.text = text
        self.token: str | None = None
        self.conversation = ""
        self.seen = 0
        self.acknowledged: dict[str, int] = {}
        self.heard: list[int] = []
        self.answered: dict[str, int] = {}
        self.sent = 0

    async def talk(self, *, until_answered: bool = False) -> None:
        """Write and listen until cancelled, or until everything acknowledged is answered."""
        is_done = False
        while not is_done:
            with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                async with connect(self.site.socket_url, origin=self.site.url, open_timeout=10) as socket:  # type: ignore[arg-type]
                    await self._meet(socket)
                    await self._converse(socket, until_answered)
                    is_done = until_answered
            await asyncio.sleep(0.05)

    async def _meet(self, socket: ClientConnection) -> None:
        hello: dict[str, Any] = {"type": "hello"}
        if self.token:
            hello |= {"token": self.token, "after": self.seen}
        await socket.send(json.dumps(hello))
        ready = await self._receive(socket)
        if ready["type"] == "error":
            assert ready["temporary"], ready
            await asyncio.sleep(0.2)
            raise TimeoutError
        assert ready["resumed"] is (self.token is not None)
        self.token, self.conversation = ready["token"], ready["conversation"]
        for message in ready["messages"]:
            self._hear(message)

    async def _converse(self, socket: ClientConnection, until_answered: bool) -> None:
        if not until_answered:
            await self._write(socket)
        while not (until_answered and set(self.acknowledged) <= set(self.answered)):
            frame = await self._receive(socket)
            if frame["type"] == "ack":
                known = self.acknowledged.setdefault(frame["id"], frame["seq"])
                assert known == frame["seq"], "a retry got another seq"
                self.seen = max(self.seen, frame["seq"])
            elif frame["type"] == "message":
                self._hear(frame)
                if frame["sender"] == "bot" and not until_answered:
                    await self._write(socket)
            elif frame["type"] == "error":
                assert frame["temporary"], frame
                await asyncio.sleep(0.2)
                await self._write(socket)

    async def _receive(self, socket: ClientConnection) -> dict[str, Any]:
        # Not wait_for, which swallows a cancellation that comes together with the result before Python 3.12.
        async with asyncio.timeout(ANSWER_WITHIN):
            frame: dict[str, Any] = json.loads(await socket.recv())
        return frame

    async def _write(self, socket: ClientConnection) -> None:
        """The next message, or once more the last one if nobody acknowledged it."""
        if f"{self.name}-{self.sent}" in self.acknowledged or not self.sent:
            self.sent += 1
        await socket.send(json.dumps({"id": f"{self.name}-{self.sent}", "message": self.text}))

    def _hear(self, message: dict[str, Any]) -> None:
        assert message["seq"] not in self.heard, "a message came twice"
        assert not self.heard or message["seq"] > self.heard[-1], "messages came out of order"
        self.heard.append(message["seq"])
        self.seen = max(self.seen, message["seq"])
        if message["in_reply_to"]:
            self.answered[message["in_reply_to"]] = message["seq"]


async def talking(talkers: list[Talker], meanwhile: Callable[[], Any]) -> None:
    """Let all talk while a blocking function runs in a thread."""
    tasks = [asyncio.create_task(talker.talk()) for talker in talkers]
    try:
        await asyncio.to_thread(meanwhile)
    finally:
        for task in tasks:
            task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        assert isinstance(outcome, asyncio.CancelledError), outcome


def wait_for_messages(talkers: list[Talker], count: int) -> None:
    """Block until this many more messages were acknowledged. Fail if none is for a while."""
    last = sum(len(talker.acknowledged) for talker in talkers)
    wanted = last + count
    until = time.monotonic() + START_TIMEOUT
    while (acknowledged := sum(len(talker.acknowledged) for talker in talkers)) < wanted:
        if acknowledged > last:
            last, until = acknowledged, time.monotonic() + START_TIMEOUT
        assert time.monotonic() < until, "nobody is served"
        time.sleep(0.01)


async def settled(talkers: list[Talker]) -> None:
    """All come back, and every acknowledged message is answered."""
    async with asyncio.timeout(ANSWER_WITHIN + SECONDS_PER_TALKER * len(talkers)):
        await asyncio.gather(*(talker.talk(until_answered=True) for talker in talkers))


def stored_in(url: str) -> Iterator[tuple[str, int, str, str | None, bool]]:
    """Conversation, seq, sender, client id, and whether it is answered, of every message in order."""
    query = (
        "SELECT c.public_id, m.seq, m.sender, m.client_id,"
        " EXISTS (SELECT 1 FROM chat_message a WHERE a.in_reply_to_id = m.id)"
        " FROM chat_message m JOIN chat_conversation c ON c.id = m.conversation_id ORDER BY c.id, m.seq"
    )
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
            yield from database.execute(query).fetchall()
    else:
        with psycopg.connect(url) as connection:
            yield from connection.execute(query).fetchall()


def check_against_database(talkers: list[Talker], url: str) -> None:
    stored: dict[str, list[tuple[int, str, str | None, bool]]] = {}
    for conversation, *message in stored_in(url):
        stored.setdefault(conversation, []).append(tuple(message))  # type: ignore[arg-type]
    for talker in talkers:
        messages = stored.get(talker.conversation, [])
        own = {client_id: seq for seq, _, client_id, _ in messages if client_id}
        assert talker.acknowledged.items() <= own.items(), "an acknowledged message was lost"
        assert [seq for seq, *_ in messages] == list(range(1, len(messages) + 1)), "seq has gaps or doubles"
        assert all(is_answered for _, sender, _, is_answered in messages if sender == "visitor"), "a message has no answer"
        assert sum(sender == "bot" for _, sender, _, _ in messages) == len(own), "an answer came twice"
        assert set(talker.acknowledged) <= set(talker.answered), "a visitor never saw an answer"


async def test_kill_9_under_load_loses_and_doubles_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path, **UNLIMITED)
    site.prepare()
    talkers = [Talker(str(number), site) for number in range(VISITORS)]
    chance = random.Random(1)

    def kill_again_and_again() -> None:
        for _ in range(ROUNDS):
            with site.serving() as process:
                wait_for_messages(talkers, chance.randrange(2 * VISITORS, 20 * VISITORS))
                process.send_signal(signal.SIGKILL)

    await talking(talkers, kill_again_and_again)
    with site.serving():
        await settled(talkers)

    check_against_database(talkers, site.environ["DATABASE_URL"])


async def test_a_postgresql_that_restarts_under_load_loses_nothing(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="chat-postgresql-") as folder, contextlib.ExitStack() as stack:
        database = PostgreSQL(Path(folder))
        site = Site(tmp_path, DATABASE_URL=database.url, **UNLIMITED)
        talkers = [Talker(str(number), site) for number in range(VISITORS)]
        with database.serving():
            site.prepare()
            stack.enter_context(site.serving())

        def restart_again_and_again() -> None:
            for _ in range(ROUNDS):
                with database.serving():
                    wait_for_messages(talkers, 5 * VISITORS)

        await talking(talkers, restart_again_and_again)
        with database.serving():
            await settled(talkers)
            stack.close()  # a message that was stored but not acknowledged may have no answer yet
            check_against_database(talkers, database.url)


async def test_a_redis_that_restarts_under_load_stops_nobody(tmp_path: Path) -> None:
    port = free_port()
    with postgresql() as url:
        site = Site(tmp_path, DATABASE_URL=url, REDIS_URL=f"redis://127.0.0.1:{port}/0", **UNLIMITED)
        site.prepare()
        with site.serving():
            talkers = [Talker(str(number), site) for number in range(VISITORS)]

            def restart_again_and_again() -> None:
                for _ in range(ROUNDS):
                    with redis(port):
                        wait_for_messages(talkers, 5 * VISITORS)
                    wait_for_messages(talkers, 5 * VISITORS)

            await talking(talkers, restart_again_and_again)
            await settled(talkers)
        check_against_database(talkers, url)


async def test_a_provider_that_hangs_for_one_turn_in_ten_delays_only_that_one(tmp_path: Path) -> None:
    site = Site(tmp_path, CHATBOT_DEADLINE="0.5", **UNLIMITED)
    site.prepare()
    with site.serving():
        talkers = [Talker(str(number), site) for number in range(VISITORS)]
        unlucky = Talker("unlucky", site, text="/hang")
        await talking([*talkers, unlucky], lambda: wait_for_messages([unlucky], ROUNDS))
        await settled([*talkers, unlucky])
    check_against_database([*talkers, unlucky], site.environ["DATABASE_URL"])
    assert sum(len(talker.answered) for talker in talkers) > 10 * len(unlucky.answered)


async def test_a_herd_that_comes_back_at_once_is_served(tmp_path: Path) -> None:
    site = Site(tmp_path, **UNLIMITED)
    site.prepare()
    herd = [Talker(str(number), site) for number in range(HERD)]
    with site.serving():
        await talking(herd, lambda: wait_for_messages(herd, 2 * len(herd)))
    with site.serving():
        await settled(herd)
    check_against_database(herd, site.environ["DATABASE_URL"])
