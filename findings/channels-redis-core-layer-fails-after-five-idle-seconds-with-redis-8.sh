#!/usr/bin/env bash
#
# Expected: receive() of a channel layer waits until an event comes.
# Seen: The layer blocks in Redis for 5 seconds at a time, and redis-py 8 gives a socket 5 seconds by default.
#   The client's limit ends first. The pub/sub layer of the same package waits on.
# Versions: channels 4.3.2, channels-redis 4.3.0, redis 8.1.0, msgpack 1.2.4, django 5.2.19
# Source: channels_redis issue 422, redis-py issue 4091
# Output seen:
#   channels_redis 4.3.0 redis 8.1.0
#   core layer: redis.exceptions.TimeoutError after 5 s
#   pub/sub layer: builtins.TimeoutError after 8 s (the limit of this script)
set -euo pipefail

command -v redis-server >/dev/null || { echo "This find needs redis-server in the PATH." >&2; exit 2; }
work=$(mktemp -d)
redis=
trap '[ -z "$redis" ] || kill "$redis"; rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check channels==4.3.2 channels-redis==4.3.0 redis==8.1.0 msgpack==1.2.4 django==5.2.19
redis-server --port 0 --unixsocket "$work/redis.sock" --save "" --dir "$work" >redis.log &
redis=$!
until [ -S redis.sock ]; do kill -0 "$redis"; sleep 0.1; done

venv/bin/python - <<'PYTHON'
import asyncio
import os
import time
from importlib.metadata import version

from channels_redis.core import RedisChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer


async def idle(layer):
    started = time.monotonic()
    try:
        await asyncio.wait_for(layer.receive(await layer.new_channel()), 8)
    except Exception as error:
        return f"{type(error).__module__}.{type(error).__name__} after {time.monotonic() - started:.0f} s"


async def main():
    print("channels_redis", version("channels_redis"), "redis", version("redis"))
    hosts = ["unix://" + os.path.abspath("redis.sock")]
    seen = await asyncio.gather(idle(RedisChannelLayer(hosts=hosts)), idle(RedisPubSubChannelLayer(hosts=hosts)))
    print("core layer:", seen[0])
    print("pub/sub layer:", seen[1], "(the limit of this script)")
    assert seen == ["redis.exceptions.TimeoutError after 5 s", "builtins.TimeoutError after 8 s"]


asyncio.run(main())
PYTHON
