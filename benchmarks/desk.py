"""`python -m benchmarks.desk`: what open desks cost visitors, in one interleaved run.

One server on SQLite with 1,000 conversations that wait. Rounds alternate between no desk and ten open desks, at a fixed rate
of turns. Then 200 conversations are held by operators: the time from an operator's message to the visitor stands beside that
of the bot's turns.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from benchmarks import say
from benchmarks.__main__ import UNLIMITED, Server, measured, pin
from tests.support.cookies import cookies_of_site
from tests.support.servers import Site

WAITING = """
from django.utils import timezone
from tests.support.staff import conversation
for number in range(1000):
    conversation({"text": f"help {number}"}, status="waiting", waiting_since=timezone.now())
"""


async def desk(site: Site, cookie: str) -> ClientConnection:
    headers = {"Cookie": cookie}
    return await connect(f"ws://127.0.0.1:{site.port}/ws/desk/", origin=site.url, additional_headers=headers)  # type: ignore[arg-type]


async def receive(socket: ClientConnection, kind: str, **fields: str) -> dict[str, Any]:
    while True:
        frame: dict[str, Any] = json.loads(await socket.recv())
        if frame["type"] == kind and fields.items() <= frame.items():
            return frame


async def drain(socket: ClientConnection) -> None:
    async for _ in socket:
        pass


async def hold_open(site: Site, cookies: list[str], seconds: float) -> None:
    """Open a desk for each cookie, and read what comes for so long."""
    sockets = [await desk(site, cookie) for cookie in cookies]
    for socket in sockets:
        await socket.send(json.dumps({"type": "hello"}))
        await receive(socket, "list")
    readers = [asyncio.create_task(drain(socket)) for socket in sockets]
    await asyncio.sleep(seconds)
    for reader, socket in zip(readers, sockets, strict=True):
        reader.cancel()
        await socket.close()


def cost(site: Site, server: Server, cookies: list[str], rounds: int, seconds: float, rate: float) -> None:
    found: dict[bool, list[float]] = {False: [], True: []}
    for number in range(2 * rounds):
        with_desks = number % 2 == 1

        child = os.fork() if with_desks else 0
        if with_desks and child == 0:
            asyncio.run(hold_open(site, cookies, seconds + 6))
            os._exit(0)
        time.sleep(2)
        found[with_desks].append(measured(server, 200, seconds, rate).cpu_per_turn)
        if with_desks:
            os.waitpid(child, 0)
    without, with_ten = (statistics.median(found[key]) for key in (False, True))
    say(f"at {rate:g} turns/s, server us/turn: {without:.0f} without a desk, {with_ten:.0f} with ten desks")
    say(f"ratio {with_ten / without:.3f}")


async def latencies(site: Site, cookie: str, conversations: int, messages: int) -> None:
    """From an operator's message to the visitor, and from a visitor's to the bot's reply, side by side."""
    operator = await desk(site, cookie)
    visitors, names = [], []
    for number in range(conversations):
        visitor = await connect(site.socket_url, origin=site.url)  # type: ignore[arg-type]
        await visitor.send(json.dumps({"message": "hi"}))
        names.append((await receive(visitor, "ready"))["conversation"])
        await receive(visitor, "message")
        await operator.send(json.dumps({"type": "take", "conversation": names[number]}))
        await receive(operator, "taken")
        visitors.append(visitor)
    bots = [await connect(site.socket_url, origin=site.url) for _ in range(20)]  # type: ignore[arg-type]
    times: dict[str, list[float]] = {"operator": [], "bot": []}
    reading = asyncio.create_task(drain(operator))
    for number in range(messages):
        index = number % conversations
        began = time.perf_counter()
        frame = {"type": "message", "conversation": names[index], "id": str(number), "message": "hello there"}
        await operator.send(json.dumps(frame))
        await receive(visitors[index], "message", sender="operator")
        times["operator"].append((time.perf_counter() - began) * 1000)
        bot = bots[number % len(bots)]
        began = time.perf_counter()
        await bot.send(json.dumps({"message": "hello there", "id": str(number)}))
        await receive(bot, "message", sender="bot")
        times["bot"].append((time.perf_counter() - began) * 1000)
    reading.cancel()
    for who, found in times.items():
        found.sort()
        say(f"{who:<9} p50 {found[len(found) // 2]:6.2f} ms   p99 {found[int(len(found) * 0.99)]:6.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.desk", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--conversations", type=int, default=200)
    parser.add_argument("--messages", type=int, default=2000)
    options = parser.parse_args()
    variables = {**UNLIMITED, "CHATBOT_DESK_WAIT": "86400"}
    with tempfile.TemporaryDirectory(prefix="bench-desk-") as folder:
        site = Site(Path(folder), **variables)
        site.prepare()
        cookies = list(cookies_of_site(site, **{f"op{number}": f"Op {number}" for number in range(10)}).values())
        done = site.manage("shell", "--no-imports", "--command", WAITING)
        assert done.returncode == 0, done.stderr  # noqa: S101
        with site.serving() as process:
            pin(process.pid, 0)
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
            server = Server([site.port], [process.pid])
            cost(site, server, cookies, options.rounds, options.seconds, options.rate)
            asyncio.run(latencies(site, cookies[0], options.conversations, options.messages))


if __name__ == "__main__":
    main()
