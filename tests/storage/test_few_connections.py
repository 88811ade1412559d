"""A PostgreSQL that allows fewer connections than the process would open."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from websockets.asyncio.client import ClientConnection, connect

from chat.conversations import tokens
from chat.models import new_public_id
from tests.support.servers import Site, postgresql

VISITORS = 120


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, psycopg.Connection[Any]]]:
    """A site, and a superuser's connection that sets the site's limit."""
    with postgresql(empty=True) as url, psycopg.connect(url, autocommit=True) as owner:
        owner.execute("CREATE ROLE few LOGIN")
        owner.execute("CREATE DATABASE few OWNER few")
        few = urlsplit(url.replace("chat@", "few@"))._replace(path="/few").geturl()
        site = Site(tmp_path_factory.mktemp("site"), DATABASE_URL=few)
        site.prepare()
        yield site, owner


def allow(owner: psycopg.Connection[Any], connections: int) -> None:
    owner.execute(f"ALTER ROLE few CONNECTION LIMIT {connections}")


async def receive(socket: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        frame: dict[str, Any] = json.loads(await socket.recv())
        if frame["type"] == "error":
            raise AssertionError(frame)
        if frame["type"] == kind and frame.get("sender") != "visitor":
            return frame


async def visit(site: Site) -> list[str]:
    """Say something, leave, and come back for what was said."""
    async with connect(site.socket_url, origin=site.url) as socket:  # type: ignore[arg-type]
        await socket.send(json.dumps({"type": "hello"}))
        token = (await receive(socket, "ready"))["token"]
        await socket.send(json.dumps({"message": "hi"}))
        await receive(socket, "message")
    async with connect(site.socket_url, origin=site.url) as socket:  # type: ignore[arg-type]
        await socket.send(json.dumps({"type": "hello", "token": token}))
        return [message["message"] for message in (await receive(socket, "ready"))["messages"]]


@pytest.mark.parametrize("connections", [2, 3])
async def test_every_visitor_is_served_over_a_few_connections(
    limited: tuple[Site, psycopg.Connection[Any]], connections: int
) -> None:
    site, owner = limited
    allow(owner, connections)

    with site.serving():
        visits = await asyncio.gather(*(visit(site) for _ in range(VISITORS)))

    assert visits == [["hi", "hi"]] * VISITORS


async def test_the_writer_gets_a_connection_that_readers_hold(limited: tuple[Site, psycopg.Connection[Any]]) -> None:
    """The readers have taken all connections when the first message comes."""
    site, owner = limited
    allow(owner, 2)

    with site.serving():
        sockets = [await connect(site.socket_url, origin=site.url) for _ in range(50)]  # type: ignore[arg-type]
        for socket in sockets:
            await socket.send(json.dumps({"type": "hello", "token": tokens.issue(new_public_id(), None, stored=False)}))
        for socket in sockets:
            await receive(socket, "ready")
            await socket.close()
        assert owner.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = 'few'").fetchone() == (2,)
        assert await visit(site) == ["hi", "hi"]


@pytest.mark.parametrize(
    ("connections", "found"), [(5, "FAILED connections"), (6, "ok     connections"), (-1, "ok     connections")]
)
def test_doctor_tells_whether_there_are_enough(
    limited: tuple[Site, psycopg.Connection[Any]], connections: int, found: str
) -> None:
    site, owner = limited
    allow(owner, connections)

    done = site.manage("doctor")

    assert found in done.stdout, done.stdout + done.stderr
    assert ("may open 5 connections, but each process needs 6" in done.stdout) is (connections == 5)
