#!/usr/bin/env bash
#
# Expected: A server that is told to end sends close frames (1001 or 1012), so that clients know that they may
#   come back.
# Seen: The application gets a CancelledError and no websocket.disconnect. The client sees the connection end
#   without a close frame, which a browser reports as 1006.
# Versions: daphne 4.2.3, autobahn 26.10.2, twisted 26.10.0, websockets 17.4
# Source: none found
# Output seen:
#   daphne 4.2.3
#   autobahn 26.10.2
#   close frame received: None - code as a browser reports it: 1006
#   the application sees CancelledError
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
    await send({"type": "websocket.send", "text": "hello"})
    try:
        print((await receive())["type"], flush=True)
    except BaseException as error:
        print(type(error).__name__, flush=True)
        raise


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
server = subprocess.Popen([sys.executable, "server.py"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
address = f"ws://127.0.0.1:{server.stdout.readline().strip()}/"


async def main():
    async with websockets.connect(address, proxy=None) as socket:
        await socket.send("hello")
        await socket.recv()
        await asyncio.sleep(2.5)  # a younger socket keeps Daphne from cancelling: another find
        server.send_signal(signal.SIGTERM)
        await socket.wait_closed()
        frame = socket.protocol.close_rcvd
        print("close frame received:", frame, "- code as a browser reports it:", socket.close_code)
        event = server.stdout.readline().strip()
        print("the application sees", event)
        assert frame is None and socket.close_code == 1006 and event == "CancelledError"
        assert server.wait(10) == 0


try:
    asyncio.run(main())
finally:
    server.kill()
PYTHON
