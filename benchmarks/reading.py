"""`python -m benchmarks.reading`: what it takes to come back to a long conversation, on both databases.

Rounds alternate between a conversation of 200 messages and one of 100,000. `hello` brings the last page, and `history` a
page from the middle.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import statistics
import tempfile
import time
from pathlib import Path

from websockets.asyncio.client import connect

from benchmarks import say
from benchmarks.__main__ import UNLIMITED
from benchmarks.desk import receive
from tests.support.servers import Site, postgresql

LENGTHS = (200, 100_000)
CONVERSATIONS = """
from chat.conversations import tokens
from tests.support.staff import conversation
for length in {lengths}:
    senders = ("visitor", "bot")
    made = conversation(*({{"text": "hello there", "sender": senders[number % 2]}} for number in range(length)))
    print(tokens.issue(made.public_id, None, stored=True))
"""


async def one_round(site: Site, token: str, length: int, found: dict[str, list[float]]) -> None:
    async with connect(site.socket_url, origin=site.url) as socket:  # type: ignore[arg-type]
        for kind, frame, answer in (
            ("hello", {"type": "hello", "token": token}, "ready"),
            ("history", {"type": "history", "before": length // 2}, "history"),
        ):
            began = time.perf_counter()
            await socket.send(json.dumps(frame))
            messages = (await receive(socket, answer))["messages"]
            found[kind].append((time.perf_counter() - began) * 1000)
            assert len(messages) > 20  # noqa: S101 - a page


async def measure(site: Site, tokens: list[str], rounds: int) -> None:
    found: dict[int, dict[str, list[float]]] = {length: {"hello": [], "history": []} for length in LENGTHS}
    for _ in range(rounds):
        for length, token in zip(LENGTHS, tokens, strict=True):
            await one_round(site, token, length, found[length])
    for kind in ("hello", "history"):
        short, long = (statistics.median(found[length][kind]) for length in LENGTHS)
        say(f"{kind:<8} {short:6.2f} ms at 200 messages, {long:6.2f} ms at 100,000: {long / short:.2f} times")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reading", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    for database in ("sqlite", "postgres"):
        with contextlib.ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-reading-")))
            address = {"DATABASE_URL": stack.enter_context(postgresql())} if database == "postgres" else {}
            site = Site(folder, **UNLIMITED, **address)
            site.prepare()
            made = site.manage("shell", "--no-imports", "--command", CONVERSATIONS.format(lengths=LENGTHS))
            assert made.returncode == 0, made.stderr  # noqa: S101
            with site.serving():
                say(database)
                asyncio.run(measure(site, made.stdout.split(), options.rounds))


if __name__ == "__main__":
    main()
