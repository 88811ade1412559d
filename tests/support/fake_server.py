"""A server that does what the real one does only if something fails. Its frames are the real one's."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Page, WebSocketRoute

from chat.connections.protocol import Pong, encode
from chat.values import Ack, Rating, Ready, Refused, StatusChange, StoredMessage, Typing, Value

AT = datetime.datetime(2026, 3, 9, 9, 30, tzinfo=datetime.UTC)


class FakeServer:
    """Answers the widget on a page, in one conversation."""

    def __init__(self, page: Page) -> None:
        self.pace = datetime.timedelta(minutes=1)
        """The time between two messages, and from AT to the first one."""
        self.language = "en"
        """The language of its answers."""
        self.refuses: str | None = None
        """The error code that answers the visitor's messages and ratings."""
        self._away = False
        self._status = "bot"
        self._messages: list[StoredMessage] = []
        self._socket: WebSocketRoute | None = None
        page.route_web_socket("**/ws/chat/", self._accept)

    def say(self, text: str, *parts: dict[str, Any], sender: str = "bot", outcome: str = "") -> None:
        self._send(self._store(text, parts, sender=sender, outcome=outcome))

    def type(self, sender: str = "bot") -> None:
        self._send(Typing(sender))

    def complain(self, code: str = "rate_limited") -> None:
        """An error that belongs to no message."""
        self._send(Refused(code))

    def become(self, status: str) -> None:
        self._status = status
        self._send(StatusChange(status))

    def leave(self) -> None:
        self._away = True
        if self._socket:
            self._socket.close(code=1012)

    def return_(self) -> None:
        self._away = False

    def _store(
        self, text: str, parts: Sequence[dict[str, Any]] = (), *, sender: str, id: str | None = None, outcome: str = ""
    ) -> Any:
        seq = len(self._messages) + 1
        at = AT + seq * self.pace
        stored = StoredMessage(seq=seq, sender=sender, text=text, at=at, parts=list(parts), id=id, outcome=outcome)
        self._messages.append(stored)
        return stored

    def _send(self, value: Value | Pong) -> None:
        if self._socket:
            self._socket.send(encode(value))

    def _accept(self, socket: WebSocketRoute) -> None:
        if self._away:
            socket.close(code=1012)
            return
        socket.on_message(lambda data: self._answer(socket, json.loads(data)))

    def _answer(self, socket: WebSocketRoute, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "hello":
                if self._socket is not None and self._status == "closed" and "token" not in frame:  # a new conversation
                    self._messages, self._status = [], "bot"
                self._socket = socket
                self._send(self._ready(resumed="token" in frame))
            case "message" if self.refuses:
                self._send(Refused(self.refuses, id=frame["id"]))
            case "message":
                stored = self._store(frame["message"], sender="visitor", id=frame["id"])
                self._send(Ack(id=frame["id"], seq=stored.seq))
            case "feedback" if self.refuses:
                self.complain(self.refuses)
            case "feedback":
                self._send(Rating(seq=frame["seq"], value=frame["value"]))
            case "end":
                self.say("The conversation has ended.", sender="system")
                self.become("closed")
            case "ping":
                self._send(Pong())

    def _ready(self, *, resumed: bool) -> Ready:
        return Ready(
            token="token",
            conversation="conversation",
            language=self.language,
            resumed=resumed,
            stored=resumed,
            seq=len(self._messages),
            status=self._status,
            messages=self._messages,
            more=False,
            max_characters=2000,
        )
