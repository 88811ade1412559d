"""The server with a small application instead of the chat. A client's text says what it does.

Run as `python -m tests.support.toy_server <port> <options as JSON>`.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import resource
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chat.server.daphne import serve
from chat.server.limits import Channel, Timeouts, WebSocket
from tests.support.servers import ROOT, free_port, running

PRIVATE = "a private matter"
turns: set[asyncio.Task[None]] = set()
released: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
"""By name: what waits until a client lets it go on."""
taken = 0


def state() -> dict[str, int]:
    """What a client may ask for: the number of messages taken, of connections in memory including its own, and the largest
    number of pieces of one message."""
    kept = [each for each in gc.get_objects() if isinstance(each, (Channel, WebSocket))]
    sockets = [vars(each) for each in kept if isinstance(each, WebSocket)]
    pieces = [len(each.get("frame_data") or ()) + len(each.get("message_data") or ()) for each in sockets]
    return {"taken": taken, "kept": len(kept), "pieces": max(pieces, default=0)}


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await {"http": answer, "websocket": talk, "lifespan": live}[scope["type"]](scope, receive, send)


async def live(scope: dict[str, Any], receive: Any, send: Any) -> None:
    for event in ("startup", "shutdown"):
        await receive()
        log(event)
        await send({"type": f"lifespan.{event}.complete"})


async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
    command, _, argument = scope["path"][1:].partition("/")
    if command == "sleep":
        log("a request sleeps")
        await asyncio.sleep(float(argument))
    elif command == "stay":
        log("a request stays")
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(float(argument))
        await asyncio.sleep(float(argument))
    elif command == "block":
        log("a thread sleeps")
        await asyncio.to_thread(time.sleep, float(argument))
    elif command == "release":
        released[argument].set()
    elif command == "raise":
        raise RuntimeError(PRIVATE)
    elif command == "large":
        command *= 20_000
    body = str(state()[command]).encode() if command in state() else command.encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    if command == "half":
        await send({"type": "http.response.body", "body": b"h", "more_body": True})
        raise RuntimeError(PRIVATE)
    await send({"type": "http.response.body", "body": body})


async def talk(scope: dict[str, Any], receive: Any, send: Any) -> None:
    global taken

    async def say(text: str) -> None:
        await send({"type": "websocket.send", "text": text})

    async def take_turn(name: str) -> None:
        await released[name].wait()
        await say("answer")

    while (message := await receive())["type"] != "websocket.disconnect":
        if message["type"] == "websocket.connect":
            if scope["path"] == "/raise":
                raise RuntimeError(PRIVATE)
            await send({"type": "websocket.accept"})
            continue
        taken += 1
        command, _, argument = (message.get("text") or "").partition(" ")
        match command:
            case "echo":
                await say(argument)
            case "sleep":
                await asyncio.sleep(float(argument))
            case "hold":
                await released[argument].wait()
                await say(f"released, {receive.__self__.qsize()} waiting")
            case "turn":
                turns.add(asyncio.create_task(take_turn(argument)))
            case "release":
                released[argument].set()
            case "pour":
                for _ in range(int(argument)):
                    await say("x" * 10_000)
                    await asyncio.sleep(0)
                log("poured")
            case "fill":
                outflow = scope["extensions"]["chat.outflow"]
                while not outflow.is_congested():
                    await say("x" * 10_000)
                log("congested")
                await outflow.drained()
                log("drained")
            case "close":
                await send({"type": "websocket.close", "code": int(argument)})
            case "raise":
                raise RuntimeError(PRIVATE)
            case "return":
                return
    log("left")


async def drain() -> None:
    log("draining")
    if turns:
        await asyncio.wait(turns)


def log(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Toy:
    def __init__(self, process: Any, port: int, log_file: Path) -> None:
        self.process = process
        self.port = port
        self._log_file = log_file

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/"

    @property
    def log(self) -> list[str]:
        return self._log_file.read_text().splitlines()

    @property
    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def memory(self, peak: bool = False) -> int:
        """Bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:" if peak else "VmRSS:")[1].split()[0]) * 1024


@contextlib.contextmanager
def toy(folder: Path, **options: Any) -> Iterator[Toy]:
    port = free_port()
    log_file = folder / "toy.txt"
    command = [sys.executable, "-m", "tests.support.toy_server", str(port), json.dumps(options)]
    with (
        log_file.open("wb") as output,
        running(command, port, cwd=ROOT, stdout=output, stderr=output, preexec_fn=heed_ctrl_c) as process,
    ):
        yield Toy(process, port, log_file)


def heed_ctrl_c() -> None:
    """A shell's background jobs, and their children, ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


if __name__ == "__main__":
    gc.disable()  # so that connections in reference cycles stay in memory
    options = json.loads(sys.argv[2])
    if files := options.pop("open_files", None):
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    logging.basicConfig()
    serve(
        application,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        drain=drain,
        on_listening=lambda: log("listening"),
        max_sockets=options.pop("max_sockets", None),
        timeouts=Timeouts(**options),
    )
