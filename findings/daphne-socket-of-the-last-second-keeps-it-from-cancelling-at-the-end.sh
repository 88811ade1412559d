#!/usr/bin/env bash
#
# Expected: At SIGTERM Daphne cancels every application and waits for it, as it does for sockets that have
#   been open for some seconds.
# Seen: The HTTP request that became the WebSocket stays in Daphne's table for up to a second, without an
#   application. The loop that cancels expects one, fails with KeyError, and Twisted goes on with the
#   shutdown. The process ends with status 0 and the applications' cleanup is skipped. (The once-a-second
#   sweep may come in between, so the script tries up to three times.)
# Versions: daphne 4.2.3, autobahn 26.10.2, twisted 26.10.0, websockets 17.4
# Source: none found; daphne issue 205 has the same KeyError elsewhere
# Output seen:
#   daphne 4.2.3
#   autobahn 26.10.2
#   open for 2.5 s: the application prints cleaned up - status 0
#   just opened: the application prints nothing - status 0
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check daphne==4.2.3 autobahn==26.10.2 twisted==26.10.0 websockets==17.4

cat >server.py <<'PYTHON'
from daphne.server import Server


async def application(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    try:
        await receive()
    finally:
        print("cleaned up", flush=True)


class Announcing(Server):
    def listen_success(self, port):
        super().listen_success(port)
        print(port.getHost().port, flush=True)


Announcing(application, endpoints=["tcp:port=0:interface=127.0.0.1"]).run()
PYTHON

venv/bin/python - <<'PYTHON'
import asyncio
import signal
import subprocess
import sys
from importlib.metadata import version

import websockets

for package in ("daphne", "autobahn"):
    print(package, version(package))


async def end(age):
    server = subprocess.Popen([sys.executable, "server.py"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    async with websockets.connect(f"ws://127.0.0.1:{server.stdout.readline().strip()}/", proxy=None) as socket:
        await asyncio.sleep(age)
        server.send_signal(signal.SIGTERM)
        await socket.wait_closed()
    return server.communicate(timeout=10)[0].strip(), server.returncode


async def main():
    old = await end(2.5)
    for _ in range(3):
        young = await end(0)
        if not young[0]:
            break
    print("open for 2.5 s: the application prints", old[0], "- status", old[1])
    print("just opened: the application prints", young[0] or "nothing", "- status", young[1])
    assert old == ("cleaned up", 0) and young == ("", 0)


asyncio.run(main())
PYTHON
