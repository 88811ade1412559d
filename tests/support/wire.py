"""The connection between a page and the server, which can be cut, and a second client."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Page, WebSocketRoute
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from chat.conversations import tokens
from chat.models import new_public_id
from tests.support.servers import Site

RESTARTS = 4012
TIMEOUT = 20.0
"""Seconds. The machine may be busy."""


class Wire:
    """The sockets of a page. While it is `cut`, no socket is open. While it is `deaf`, the server gets nothing except new
    sockets. With a `refusal`, an error code, the server refuses messages. "busy" asks to try again, others don't."""

    def __init__(self, page: Page) -> None:
        self.deaf = False
        self.refusal: str | None = None
        self.sent: list[dict[str, Any]] = []
        self.sockets = 0
        self._page = page
        self._is_cut = False
        self._open: list[WebSocketRoute] = []
        page.route_web_socket("**/ws/chat/", self._connect)

    def cut(self) -> None:
        self._is_cut = True
        self.interrupt()

    def interrupt(self) -> None:
        """Close the sockets. The next one works again."""
        standing, self._open = self._open, []
        for socket in standing:
            socket.close(code=RESTARTS)  # returns when the page has noticed

    def mend(self) -> None:
        self._is_cut = False

    def wait_until(self, is_true: Callable[[], bool]) -> None:
        """Let the page go on until this is true."""
        until = time.monotonic() + TIMEOUT
        while not is_true():
            assert time.monotonic() < until
            self._page.wait_for_timeout(10)  # Playwright passes frames on only while it runs

    @property
    def said(self) -> list[str]:
        """The texts of the messages that the page has sent."""
        return [frame["message"] for frame in self.sent if frame["type"] == "message"]

    def _connect(self, socket: WebSocketRoute) -> None:
        if self._is_cut:
            socket.close(code=RESTARTS)
        else:
            self._carry(socket)
        self.sockets += 1

    def _carry(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        self._open.append(socket)

        def forward(data: str | bytes) -> None:
            frame = json.loads(data)
            self.sent.append(frame)
            if frame["type"] == "message" and self.refusal:
                error = {"code": self.refusal, "message": "No.", "temporary": self.refusal == "busy", "id": frame["id"]}
                socket.send(json.dumps({"type": "error", **error}))
            elif frame["type"] == "hello" or not self.deaf:
                server.send(data)

        socket.on_message(forward)


class Client:
    """A visitor's other browser, as a WebSocket client."""

    def __init__(self, socket: ClientConnection, token: str) -> None:
        self._socket = socket
        self._send({"type": "hello", "token": token})
        self._receive("ready")

    def say(self, *texts: str) -> None:
        """One after the other, each after the reply to the one before."""
        for text in texts:
            self._send({"message": text})
            while self._receive("message")["sender"] != "bot":
                pass

    def _send(self, frame: dict[str, Any]) -> None:
        self._socket.send(json.dumps(frame))

    def _receive(self, wanted: str) -> dict[str, Any]:
        while True:
            frame: dict[str, Any] = json.loads(self._socket.recv(timeout=10))
            if frame["type"] == wanted:
                return frame


@contextlib.contextmanager
def elsewhere(site: Site, token: str, origin: str | None = None) -> Iterator[Client]:
    """origin: of the page that the visitor has open there. By default it is the site's own."""
    with connect(site.socket_url, origin=Origin(origin or site.url)) as socket:
        yield Client(socket, token)


def token_name(site: Site) -> str:
    """The name under which the browser stores the token."""
    return f"chatbot-widget.token@127.0.0.1:{site.port}"


def token_of(page: Page, site: Site) -> str:
    """The token of the page. Fails if it has none."""
    token = page.evaluate("(name) => localStorage.getItem(name)", token_name(site))
    assert isinstance(token, str), token
    return token


def keep_token(page: Page, site: Site, token: str) -> None:
    """Make this browser that of the visitor with this token."""
    page.goto(f"{site.url}/health/live")
    page.evaluate("([name, token]) => localStorage.setItem(name, token)", [token_name(site), token])


def stored_conversation(site: Site, *messages: tuple[str, str, datetime]) -> str:
    """Put a conversation of (sender, text, time) into the database. Return its token."""
    public_id, now = new_public_id(), datetime.now(UTC)
    database = sqlite3.connect(site.folder / "chat.sqlite3")
    with database:
        row = database.execute(
            "INSERT INTO chat_conversation"
            " (public_id, language, origin, status, last_seq, welcomed, created_at, last_activity_at)"
            " VALUES (?, 'en', '', 'bot', ?, 0, ?, ?)",
            (public_id, len(messages), _stored(now), _stored(now)),
        ).lastrowid
        database.executemany(
            "INSERT INTO chat_message"
            " (conversation_id, seq, sender, text, parts, intent, entities, outcome, provider, created_at)"
            " VALUES (?, ?, ?, ?, '[]', '', '{}', '', '', ?)",
            [(row, seq, sender, text, _stored(at)) for seq, (sender, text, at) in enumerate(messages, 1)],
        )
    database.close()
    return tokens.issue(public_id, None, stored=True)


def _stored(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
