"""How fast visitors may send and connect: much faster than people do, but not so fast that others notice it.

Frames and messages are counted in this process, by token buckets, each in less than a microsecond. Connections are counted
for all processes together. The clock is time.monotonic, passed in.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from typing import Any, Final, Generic, Protocol, TypeVar

from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import StorageError

from chat.values import Refused

logger = logging.getLogger(__name__)


class Rate:
    """`burst` at once, and `per_second` in the long run."""

    __slots__ = ("interval", "window")

    def __init__(self, *, burst: int, per_second: float) -> None:
        self.interval = 1 / per_second
        self.window = burst / per_second


FRAMES_PER_CONNECTION: Final = Rate(burst=150, per_second=10)
FRAMES_PER_ADDRESS: Final = Rate(burst=3000, per_second=100)
MESSAGES_PER_CONVERSATION: Final = Rate(burst=100, per_second=2)
HELLO_FRAMES: Final = 10
PATIENCE: Final = 10.0
"""Seconds that a connection may be ahead of its rate. Each refused frame counts, so 100 in a row are allowed."""
CONNECT_WINDOW: Final = 2
"""Seconds in which an address may connect twice as often as it may hold sockets. When connections are cut, all come back
at once, and after a flood nobody waits longer than this."""
STORE_TIMEOUT: Final = 0.1
"""Seconds that counting a connection may take. After that it is admitted without being counted."""
STORE_CONNECTIONS: Final = 8
_ROUNDING: Final = 1e-6
_FIRST_SWEEP: Final = 1024


class Flooded(Exception):
    """The connection went on sending although it was told to wait, and must be closed."""


class Bucket:
    """A token bucket, stored as the time at which it will be full again."""

    __slots__ = ("_full_at", "_rate")

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._full_at = 0.0

    def take(self, now: float) -> float:
        """Take a token and return 0. If there is none, return the seconds until there will be one."""
        full_at = (self._full_at if self._full_at > now else now) + self._rate.interval
        wait = full_at - now - self._rate.window
        if wait > _ROUNDING:
            return wait
        self._full_at = full_at
        return 0.0

    def owe(self) -> None:
        """Take a token even if there is none: the next one will come later."""
        self._full_at += self._rate.interval

    def is_idle(self, now: float) -> bool:
        """Whether it is full, and so equal to a new one."""
        return self._full_at <= now


class Visitors:
    """The visitors who share an address: their open sockets, and the bucket for what they send."""

    __slots__ = ("frames", "sockets")

    def __init__(self) -> None:
        self.sockets = 0
        self.frames = Bucket(FRAMES_PER_ADDRESS)

    def is_idle(self, now: float) -> bool:
        return not self.sockets and self.frames.is_idle(now)


class _Idling(Protocol):
    def is_idle(self, now: float) -> bool: ...


Entry = TypeVar("Entry", bound=_Idling)


class Table(Generic[Entry]):
    """Entries by key. Whenever the table has doubled, idle entries are dropped, so its size follows its use."""

    def __init__(self, make: Callable[[], Entry]) -> None:
        self._make = make
        self._entries: dict[str, Entry] = {}
        self._sweep_at = _FIRST_SWEEP

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str, now: float) -> Entry:
        """The key's entry. It is made if there is none."""
        entry = self._entries.get(key)
        if entry is None:
            if len(self._entries) >= self._sweep_at:
                self._entries = {kept: value for kept, value in self._entries.items() if not value.is_idle(now)}
                self._sweep_at = max(_FIRST_SWEEP, 2 * len(self._entries))
            entry = self._entries[key] = self._make()
        return entry


class Store:
    """Where all processes count together: Redis, or the memory of the only one. Built in the running loop."""

    def __init__(self, redis_url: str = "") -> None:
        self.storage: MemoryStorage | RedisStorage = MemoryStorage()
        self._aclose = None
        if redis_url:
            from redis.asyncio import BlockingConnectionPool  # takes 23 MB, so only if it is used

            pool: Any = BlockingConnectionPool.from_url(
                redis_url,
                max_connections=STORE_CONNECTIONS,
                timeout=STORE_TIMEOUT,
                socket_timeout=STORE_TIMEOUT,  # a call that is cancelled while it connects still waits for this
            )
            self.storage = RedisStorage("redis://", wrap_exceptions=True, implementation="redispy", connection_pool=pool)
            self._aclose = pool.aclose

    async def aclose(self) -> None:
        if self._aclose is not None:
            await self._aclose()


class Connects:
    """How often each address connects. A store that is down or slow lets everybody in."""

    def __init__(self, limit: int, store: Store) -> None:
        """limit: connections of an address in CONNECT_WINDOW."""
        self._item = RateLimitItemPerSecond(limit, CONNECT_WINDOW)
        self._limiter = FixedWindowRateLimiter(store.storage)
        self._counts = True

    async def admit(self, address: str) -> bool:
        try:
            async with asyncio.timeout(STORE_TIMEOUT):
                admitted = await self._limiter.hit(self._item, "connects", address)
        except (TimeoutError, OSError, StorageError):
            if self._counts:
                logger.warning("Redis gave no answer within %s s. Connections are not counted for now.", STORE_TIMEOUT)
            self._counts = False
            return True
        self._counts = True
        return admitted


class Limits:
    """All limits of one process."""

    def __init__(self, *, sockets: int, sockets_per_address: int, connects: Connects) -> None:
        self._max_sockets = sockets
        self._max_sockets_per_address = sockets_per_address
        self._connects = connects
        self._sockets = 0
        self._addresses = Table(Visitors)
        self._conversations = Table(lambda: Bucket(MESSAGES_PER_CONVERSATION))

    async def enter(self, address: str, now: float) -> Allowance | None:
        """Count a socket and return its allowance. None if it is one too many."""
        visitors = self._addresses.get(address, now)
        if self._sockets >= self._max_sockets or visitors.sockets >= self._max_sockets_per_address:
            return None
        # Counted before the store is asked, because others come in while it answers.
        allowance = Allowance(self, visitors)
        admitted = False
        try:
            admitted = await self._connects.admit(address)
        finally:
            if not admitted:
                allowance.leave()
        return allowance if admitted else None

    def count(self, visitors: Visitors, change: int) -> None:
        self._sockets += change
        visitors.sockets += change

    def take_message(self, conversation: str, now: float) -> float:
        """Like Bucket.take."""
        return self._conversations.get(conversation, now).take(now)


class Allowance:
    """What one open socket may send. It counts as open until `leave`."""

    __slots__ = ("_frames", "_limits", "_visitors")

    def __init__(self, limits: Limits, visitors: Visitors) -> None:
        self._limits = limits
        self._visitors = visitors
        self._frames = Bucket(FRAMES_PER_CONNECTION)
        limits.count(visitors, +1)

    def take_frame(self, now: float) -> None:
        """Count a frame of any type, before it is parsed. Raises Refused, or Flooded if the client goes on."""
        if wait := self._frames.take(now):
            self._frames.owe()
            if wait > PATIENCE:
                raise Flooded
            raise _refused(wait + FRAMES_PER_CONNECTION.interval)  # includes the token that this frame owes
        # Only frames that the connection itself may send count for its address. So one flood doesn't use up others' share.
        if wait := self._visitors.frames.take(now):
            raise _refused(wait)

    def owe_for_history(self) -> None:
        """A later hello may bring a whole history, so it counts as HELLO_FRAMES frames."""
        for _ in range(HELLO_FRAMES - 1):
            self._frames.owe()

    def take_message(self, conversation: str, id: str | None, now: float) -> None:
        """Count a message, which costs a call of the provider. Raises Refused."""
        if wait := self._limits.take_message(conversation, now):
            raise _refused(wait, id)

    def leave(self) -> None:
        self._limits.count(self._visitors, -1)


def _refused(wait: float, id: str | None = None) -> Refused:
    return Refused("rate_limited", id=id, retry_after=tenths(wait))


def tenths(seconds: float) -> float:
    """Rounded up."""
    return math.ceil(seconds * 10 - _ROUNDING) / 10
