#!/usr/bin/env bash
#
# Expected: The server refuses to send such an answer with an error in the application, or the client gets an
#   HTTP error.
# Seen: The application sees no exception. It gets websocket.disconnect with 1006 as if the client had gone.
#   The client gets no HTTP answer at all. With the name on the client's list it works.
# Versions: daphne 4.2.3, autobahn 26.10.2, twisted 26.10.0, websockets 17.4
# Source: none found; RFC 6455, section 4.2.2 forbids the answer itself
# Output seen:
#   daphne 4.2.3
#   autobahn 26.10.2
#   offered: connected with chat.v1
#   not offered: did not receive a valid HTTP response
#   the application reads ['websocket.disconnect 1000', 'websocket.disconnect 1006']
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
    await send({"type": "websocket.accept", "subprotocol": "chat.v1"})
    event = await receive()
    print(event["type"], event.get("code"), flush=True)


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
    async with websockets.connect(address, proxy=None, subprotocols=["chat.v1"]) as socket:
        print("offered: connected with", socket.subprotocol)
    try:
        async with websockets.connect(address, proxy=None):
            outcome = "connected"
    except websockets.InvalidMessage as error:
        outcome = str(error)
    print("not offered:", outcome)
    events = [server.stdout.readline().strip() for _ in range(2)]
    print("the application reads", events)
    assert outcome == "did not receive a valid HTTP response"
    assert events == ["websocket.disconnect 1000", "websocket.disconnect 1006"]


try:
    asyncio.run(main())
finally:
    server.kill()
PYTHON
