"""A local server that speaks Wit.ai's wire format, for tests and as a program:

python -m tests.fakes.wit --port 8600 [--body file.json] [--delay seconds] [--status N]

Then start the chat with CHATBOT_PROVIDER=wit, WIT_ACCESS_TOKEN=local-token and WIT_URL=http://127.0.0.1:8600. Without
--body it finds the intent `greeting` in everything. The program writes each request to stdout, a JSON object a line.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclasses.dataclass(frozen=True)
class Answer:
    """`body` is sent as JSON, or as it is if it is bytes. `raw` replaces the whole HTTP response."""

    body: Any = b""
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    delay: float = 0
    raw: bytes | None = None

    @classmethod
    def from_file(cls, path: Path, **changes: Any) -> Self:
        """A fixture ({"status", "content_type", "headers", "body"}), or any other file as the body."""
        text = path.read_bytes()
        try:
            fixture = json.loads(text)
        except ValueError:
            return cls(text, **changes)
        if not isinstance(fixture, dict) or "body" not in fixture or "status" not in fixture:
            return cls(fixture, **changes)
        fields = {field.name: fixture[field.name] for field in dataclasses.fields(cls) if field.name in fixture}
        return cls(**{**fields, **changes})

    @property
    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str) and "json" not in self.content_type:
            return self.body.encode()
        return json.dumps(self.body).encode()


@dataclasses.dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]


def understood(text: str) -> Answer:
    """Wit.ai's answer if it finds one intent."""
    intents = [{"id": "1", "name": "greeting", "confidence": 0.98}]
    return Answer({"text": text, "intents": intents, "entities": {}, "traits": {}})


INTENTS = Answer([{"id": "2", "name": "greeting"}, {"id": "1", "name": "booking"}])


UTTERANCES = Answer([{"text": "hello there", "intent": {"id": "2", "name": "greeting"}, "entities": [], "traits": []}])


def as_wit(request: Request) -> Answer:
    """An app that accepts any token of the right length and finds a greeting in every text."""
    if not request.headers.get("authorization", "").startswith("Bearer "):
        return Answer({"error": "Bad auth, check token/params", "code": "no-auth"}, 400)
    known = {"/intents": INTENTS, "/utterances": UTTERANCES}
    return known.get(request.path) or understood(request.query.get("q", ""))


class FakeWit:
    """Inside `async with`, `url` answers every request with `answer`, and `requests` records them."""

    def __init__(self, answer: Answer | Callable[[Request], Answer] = as_wit) -> None:
        self.answer = answer
        self.requests: list[Request] = []
        self.connections = 0
        self.on_request: Callable[[Request], None] = lambda request: None
        self._handlers: set[asyncio.Task[None]] = set()

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    async def stop(self) -> None:
        self._server.close()
        for handler in self._handlers:
            handler.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)
        await self._server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                answer = self._answer(head.decode())
                await asyncio.sleep(answer.delay)
                writer.write(answer.raw if answer.raw is not None else _http(answer))
                await writer.drain()
                if answer.raw is not None:
                    break
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client has gone, or the server is stopped
        finally:
            self._handlers.discard(task)
            writer.close()

    def _answer(self, head: str) -> Answer:
        first, *lines = head.strip().split("\r\n")
        method, target, _ = first.split(" ")
        address = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(address.query, keep_blank_values=True).items()}
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        request = Request(method, address.path, query, headers)
        self.requests.append(request)
        self.on_request(request)
        return self.answer(request) if callable(self.answer) else self.answer


def _http(answer: Answer) -> bytes:
    headers = {"Content-Type": answer.content_type, "Content-Length": str(len(answer.content)), **answer.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {answer.status} Status\r\n{lines}\r\n".encode() + answer.content


async def main() -> None:
    parser = argparse.ArgumentParser(description="A local server that speaks Wit.ai's wire format.")
    parser.add_argument("--port", type=int, default=8600)
    parser.add_argument("--body", type=Path)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--status", type=int)
    arguments = parser.parse_args()

    def answer(request: Request) -> Answer:
        plain = request.path != "/message" or not arguments.body
        chosen = as_wit(request) if plain else Answer.from_file(arguments.body)
        status = arguments.status or chosen.status
        return dataclasses.replace(chosen, delay=arguments.delay, status=status)

    def note(request: Request) -> None:
        sys.stdout.write(json.dumps(dataclasses.asdict(request)) + "\n")
        sys.stdout.flush()

    fake = FakeWit(answer)
    fake.on_request = note
    await fake.start(arguments.port)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
