#!/usr/bin/env bash
#
# Expected: When the application of a WebSocket returns, nobody can answer any more, so the server closes the
#   connection.
# Seen: Daphne leaves it open. It accepts further messages, answers pings, and never closes. Only an exception
#   closes (with 1011).
# Versions: daphne 4.2.3, autobahn 26.10.2, twisted 26.10.0, websockets 17.4
# Source: none found; the ASGI specification leaves it to the server
# Output seen:
#   daphne 4.2.3
#   autobahn 26.10.2
#   the application answers good bye and returns
#   3 seconds later: a ping is answered, a message gets None and the socket is OPEN
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
    await receive()
    await send({"type": "websocket.send", "text": "good bye"})


class Announcing(Server):
    def listen_success(self, port):
        super().listen_success(port)
        print(port.getHost().port, flush=True)


Announcing(application, endpoints=["tcp:port=0:interface=127.0.0.1"]).run()
PYTHON

venv/bin/python - <<'PYTHON'
import asyncio
import subprocess
import sys
from importlib.metadata import version

import websockets

for package in ("daphne", "autobahn"):
    print(package, version(package))
server = subprocess.Popen([sys.executable, "server.py"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
address = f"ws://127.0.0.1:{server.stdout.readline().strip()}/"


async def main():
    async with websockets.connect(address, proxy=None) as socket:
        await socket.send("first")
        print("the application answers", await socket.recv(), "and returns")
        await asyncio.sleep(3)  # Daphne looks for finished applications once a second
        await socket.send("second")
        await asyncio.wait_for(await socket.ping(), 2)
        try:
            answer = await asyncio.wait_for(socket.recv(), 2)
        except TimeoutError:
            answer = None
        print("3 seconds later: a ping is answered, a message gets", answer, "and the socket is", socket.state.name)
        assert answer is None and socket.state.name == "OPEN"


try:
    asyncio.run(main())
finally:
    server.kill()
PYTHON
