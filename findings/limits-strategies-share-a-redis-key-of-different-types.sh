#!/usr/bin/env bash
#
# Expected: Each strategy keeps its counts under keys of its own, so a deployment may change the strategy.
# Seen: Fixed and moving window use one key: the first stores a number there, the second a list. The strategy
#   that comes second raises ResponseError for everybody who was counted before. The memory storage keeps them
#   apart, so tests don't show it.
# Versions: limits 5.8.0, redis 8.1.0
# Source: none found
# Output seen:
#   limits 5.8.0 redis 8.1.0
#   memory: fixed then moving True, moving then fixed True
#   redis+unix: fixed then moving WRONGTYPE, moving then fixed WRONGTYPE
set -euo pipefail

command -v redis-server >/dev/null || { echo "This find needs redis-server in the PATH." >&2; exit 2; }
work=$(mktemp -d)
redis=
trap '[ -z "$redis" ] || kill "$redis"; rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check limits==5.8.0 redis==8.1.0
redis-server --port 0 --unixsocket "$work/redis.sock" --save "" --dir "$work" >redis.log &
redis=$!
until [ -S redis.sock ]; do kill -0 "$redis"; sleep 0.1; done

venv/bin/python - <<'PYTHON'
import os
from importlib.metadata import version

import redis
from limits import parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter

print("limits", version("limits"), "redis", version("redis"))
limit = parse("10/minute")


def change(uri, first, second):
    storage = storage_from_string(uri)
    assert first(storage).hit(limit, first.__name__)
    try:
        return second(storage).hit(limit, first.__name__)
    except redis.ResponseError as error:
        return str(error).split()[0]


for uri in ("memory://", "redis+unix://" + os.path.abspath("redis.sock")):
    kind = uri.split(":")[0]
    seen = (
        change(uri, FixedWindowRateLimiter, MovingWindowRateLimiter),
        change(uri, MovingWindowRateLimiter, FixedWindowRateLimiter),
    )
    print(f"{kind}: fixed then moving {seen[0]}, moving then fixed {seen[1]}")
    assert seen == ((True, True) if kind == "memory" else ("WRONGTYPE", "WRONGTYPE"))
PYTHON
