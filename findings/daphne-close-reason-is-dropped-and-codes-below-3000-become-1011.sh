#!/usr/bin/env bash
#
# Expected: An ASGI application that sends websocket.close with code 1012 (service restart) and a reason
#   closes the socket with that code and that reason.
# Seen: autobahn raises an exception for every code from 1001 to 2999. Daphne treats it as a crash of the
#   application and closes with 1011. With code 4012 the code arrives. The reason never does.
# Versions: daphne 4.2.3, autobahn 26.10.2, twisted 26.10.0, websockets 17.4
# Source: daphne issue 374, autobahn-python issue 1642 (both about the codes)
# Output seen:
#   daphne 4.2.3
#   autobahn 26.10.2
#   the application closes with 4012 and the reason 'back soon'; the client sees (4012, '')
#   the application closes with 1000 and the reason 'back soon'; the client sees (1000, '')
#   the application closes with 1001 and the reason 'back soon'; the client sees (1011, '')
#   the application closes with 1012 and the reason 'back soon'; the client sees (1011, '')
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
    code = int((await receive())["text"])
    await send({"type": "websocket.close", "code": code, "reason": "back soon"})


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


async def close(code):
    async with websockets.connect(address, proxy=None) as socket:
        await socket.send(str(code))
        await socket.wait_closed()
        return socket.close_code, socket.close_reason


async def main():
    for code, expected in ((4012, (4012, "")), (1000, (1000, "")), (1001, (1011, "")), (1012, (1011, ""))):
        seen = await close(code)
        print(f"the application closes with {code} and the reason 'back soon'; the client sees {seen}")
        assert seen == expected


try:
    asyncio.run(main())
finally:
    server.kill()
PYTHON
