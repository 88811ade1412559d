"""A database that version 0.1.0 made is upgraded by `manage.py prepare`, which `make run` calls.

tests/fixtures/upgrade holds its dumps and its visitors' tokens (SECRET_KEY "tests"). It has four conversations: an answered
one, one that waits for a person, one whose last turn was cut off, and one whose turn was cut off long ago.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from websockets.sync.client import ClientConnection, connect

from tests.support.peers import eventually
from tests.support.servers import Site, needed, postgresql

DUMPS = Path(__file__).parents[1] / "fixtures" / "upgrade"
TOKENS: dict[str, dict[str, str]] = json.loads((DUMPS / "tokens.json").read_text())
TIMEOUT = 60
AGE = """
    UPDATE chat_message SET created_at = {now} - {hours};
    UPDATE chat_message SET created_at = {now} - {years} WHERE text = 'long ago';
    UPDATE chat_conversation SET created_at = {now} - {hours}, last_activity_at = {now} - {hours};
    UPDATE chat_conversation SET created_at = {now} - {years}, last_activity_at = {now} - {years}
    WHERE id IN (SELECT conversation_id FROM chat_message WHERE text = 'long ago');
"""
"""The dumps are from one day. The conversations get the age that they had for the old version."""


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Site, dict[str, str]]]:
    """A site with the old version's database, and its visitors' tokens by conversation."""
    dump = (DUMPS / f"{request.param}.sql").read_text()
    variables = {"CHATBOT_TOKEN_DAYS": "3650"}
    if request.param == "sqlite":
        with closing(sqlite3.connect(tmp_path / "chat.sqlite3")) as database:
            database.executescript(dump)
            # As Django writes a time: without a zone, in UTC.
            for line in AGE.split(";")[:-1]:
                times = {"now": "strftime('%Y-%m-%d %H:%M:%f000', 'now'", "hours": "'-2 hours')", "years": "'-800 days')"}
                database.execute(line.replace("} - {", "}, {").format(**times))
            database.commit()
        yield Site(tmp_path, **variables), TOKENS["sqlite"]
        return
    with postgresql(empty=True) as url:
        age = AGE.format(now="now()", hours="interval '2 hours'", years="interval '800 days'").replace(
            "UPDATE ", "UPDATE public."
        )
        psql = needed(shutil.which("psql"), "postgresql-client")
        sql = dump + age.replace("FROM chat_message", "FROM public.chat_message")
        subprocess.run([psql, "-q", "-v", "ON_ERROR_STOP=1", url], input=sql, text=True, check=True, capture_output=True)
        yield Site(tmp_path, DATABASE_URL=url, **variables), TOKENS["postgresql"]


def hello(socket: ClientConnection, token: str) -> dict[str, Any]:
    socket.send(json.dumps({"type": "hello", "token": token}))
    ready: dict[str, Any] = json.loads(socket.recv(TIMEOUT))
    return ready


def texts(ready: dict[str, Any]) -> list[tuple[int, str, str]]:
    return [(message["seq"], message["sender"], message["message"]) for message in ready["messages"]]


def replies(socket: ClientConnection) -> Iterator[str]:
    while True:
        frame = json.loads(socket.recv(TIMEOUT))
        if frame["type"] == "message" and frame["sender"] == "bot":
            yield frame["message"]


def upgrade(site: Site) -> None:
    """As `manage.py prepare` does, but for the static files, which the sites of other tests serve meanwhile."""
    site.manage_well("migrate", "--verbosity", "0")


def unanswered(site: Site) -> int:
    """The conversations with a message that awaits its reply."""
    url, query = site.environ["DATABASE_URL"], "SELECT count(*) FROM chat_conversation WHERE awaiting != ''"
    connection: Any = sqlite3.connect(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else psycopg.connect(url)
    with closing(connection):
        count: int = connection.execute(query).fetchone()[0]
    return count


def test_conversations_go_on_where_they_were(old: tuple[Site, dict[str, str]]) -> None:
    site, tokens = old
    upgrade(site)

    with site.serving():
        with connect(site.socket_url, origin=site.url) as socket:  # type: ignore[arg-type]
            ready = hello(socket, tokens["answered"])
            assert ready["resumed"]
            assert texts(ready)[:3] == [(1, "visitor", "hello"), (2, "bot", "hello"), (3, "visitor", "/card")]
            assert ready["seq"] == 6
            assert ready["messages"][3]["parts"][0]["type"] == "card"
            socket.send(json.dumps({"type": "message", "message": "and now?", "id": "new"}))
            assert json.loads(socket.recv(TIMEOUT)) == {"type": "ack", "id": "new", "seq": 7}
            assert next(replies(socket)) == "and now?"

        with connect(site.socket_url, origin=site.url) as socket:  # type: ignore[arg-type]
            ready = hello(socket, tokens["waiting"])
            assert ready["status"] == "bot"  # it had no activity for an hour, and nothing is said about it
            assert "system" not in [message["sender"] for message in ready["messages"]]

        with connect(site.socket_url, origin=site.url) as socket:  # type: ignore[arg-type]
            ready = hello(socket, tokens["cut_off"])
            # The first sweep may have answered it before its visitor came back.
            answered = [text for _, sender, text in texts(ready) if sender == "bot"] or [next(replies(socket))]
            assert answered == ["one"]

        with connect(site.socket_url, origin=site.url) as socket:  # type: ignore[arg-type]
            ready = hello(socket, tokens["old"])
            assert texts(ready) == [(1, "visitor", "long ago")]
            socket.send(json.dumps({"type": "message", "message": "still there?", "id": "new"}))
            assert next(replies(socket)) == "still there?"


def test_a_cut_off_turn_is_answered_though_its_visitor_stays_away(old: tuple[Site, dict[str, str]]) -> None:
    site, tokens = old
    upgrade(site)

    with site.serving():
        # It is answered by the first sweep, without a visitor. An open tab would resume it itself, so only a new one looks.
        eventually(lambda: unanswered(site) == 0)
        with connect(site.socket_url, origin=site.url) as socket:  # type: ignore[arg-type]
            assert texts(hello(socket, tokens["cut_off"])) == [(1, "visitor", "one"), (2, "bot", "one")]
        with connect(site.socket_url, origin=site.url) as socket:  # type: ignore[arg-type]
            assert texts(hello(socket, tokens["old"])) == [(1, "visitor", "long ago")]
