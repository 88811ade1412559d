#!/usr/bin/env bash
#
# Expected: wait_for(layer.receive(channel), 0.5) that finds nothing leaves the channel as it was, as with the
#   in-memory layer and the core Redis layer.
# Seen: The pub/sub layer takes the cancellation for the consumer's end. It unsubscribes the channel and drops
#   its groups. The next receive subscribes the bare channel anew, so it waits without an error and the
#   group's events never arrive.
# Versions: channels 4.3.2, channels-redis 4.3.0, redis 8.1.0, msgpack 1.2.4, django 5.2.19
# Source: a comment in channels_redis/pubsub.py states the assumption; no issue found
# Output seen:
#   channels_redis 4.3.0 redis 8.1.0
#   InMemoryChannelLayer: after a receive that timed out the group's next event is event
#   RedisChannelLayer: after a receive that timed out the group's next event is event
#   RedisPubSubChannelLayer: after a receive that timed out the group's next event is None
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
from importlib.metadata import version

from channels.layers import InMemoryChannelLayer
from channels_redis.core import RedisChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer


async def receive(layer, channel, seconds):
    try:
        return (await asyncio.wait_for(layer.receive(channel), seconds))["type"]
    except TimeoutError:
        return None


async def main():
    print("channels_redis", version("channels_redis"), "redis", version("redis"))
    hosts = ["unix://" + os.path.abspath("redis.sock")]
    seen = {}
    for layer in (InMemoryChannelLayer(), RedisChannelLayer(hosts=hosts), RedisPubSubChannelLayer(hosts=hosts)):
        channel = await layer.new_channel()
        await layer.group_add("room", channel)
        assert await receive(layer, channel, 0.5) is None
        await layer.group_send("room", {"type": "event"})
        seen[type(layer).__name__] = await receive(layer, channel, 2)
    for name, event in seen.items():
        print(f"{name}: after a receive that timed out the group's next event is", event)
    assert list(seen.values()) == ["event", "event", None]


asyncio.run(main())
PYTHON
