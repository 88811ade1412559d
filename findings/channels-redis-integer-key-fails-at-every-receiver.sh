#!/usr/bin/env bash
#
# Expected: What the layer can't carry is refused where it is sent, or carried as with the in-memory layer,
#   with which the tests run.
# Seen: msgpack packs the integer key and refuses to unpack it, so group_send succeeds and receive raises
#   ValueError in each consumer. Tuples arrive as lists. Only sets, dates and UUIDs fail at the sender.
# Versions: channels 4.3.2, channels-redis 4.3.0, redis 8.1.0, msgpack 1.2.4, django 5.2.19
# Source: msgpack documents strict_map_key; no issue of channels_redis found
# Output seen:
#   channels_redis 4.3.0 msgpack 1.2.4
#   {1: 'a'} | in memory {1: 'a'} | through Redis receiver: int is not allowed for map key when strict_map_key=True
#   (1, 2) | in memory (1, 2) | through Redis [1, 2]
#   {3} | in memory {3} | through Redis sender: can not serialize 'set' object
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
from channels_redis.pubsub import RedisPubSubChannelLayer


async def travel(layer, value):
    channel = await layer.new_channel()
    await layer.group_add("room", channel)
    try:
        await layer.group_send("room", {"type": "event", "value": value})
    except TypeError as error:
        return f"sender: {error}"
    try:
        return (await asyncio.wait_for(layer.receive(channel), 3))["value"]
    except ValueError as error:
        return f"receiver: {error}"
    finally:
        await layer.group_discard("room", channel)


async def main():
    print("channels_redis", version("channels_redis"), "msgpack", version("msgpack"))
    redis = RedisPubSubChannelLayer(hosts=["unix://" + os.path.abspath("redis.sock")])
    seen = [
        (value, await travel(InMemoryChannelLayer(), value), await travel(redis, value)) for value in ({1: "a"}, (1, 2), {3})
    ]
    for value, in_memory, through_redis in seen:
        print(f"{value} | in memory {in_memory} | through Redis {through_redis}")
    assert [through_redis for _, _, through_redis in seen] == [
        "receiver: int is not allowed for map key when strict_map_key=True",
        [1, 2],
        "sender: can not serialize 'set' object",
    ]
    assert all(value == in_memory for value, in_memory, _ in seen)


asyncio.run(main())
PYTHON
