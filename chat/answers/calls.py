"""How often the provider may be asked: a number of calls in any minute, and half of them for one client's address.

A message reserves its call when it is received. With Redis all processes count together. While Redis is away, each process
counts by itself.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError

from chat.ratelimit import STORE_TIMEOUT, Store

logger = logging.getLogger(__name__)

_EVERYBODY: Final = "calls"
_ADDRESS: Final = "calls-of"


class OverShare(Exception):
    """The client's address has used up its share. seconds: until it has a call again."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class Calls:
    """Built in the running loop."""

    def __init__(self, per_minute: int, store: Store, provider: str) -> None:
        self.per_minute = per_minute
        self._provider = provider
        self._all = RateLimitItemPerMinute(per_minute)
        self._share = RateLimitItemPerMinute(max(1, per_minute // 2))
        self._shared = MovingWindowRateLimiter(store.storage)
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._limiter = self._shared

    async def reserve(self, address: str) -> bool:
        """Take a call for a client. False if none is left for anybody. Raises OverShare."""
        if not await self._hit(self._share, _ADDRESS, self._provider, address):
            raise OverShare(await self._seconds(self._share, _ADDRESS, self._provider, address))
        return await self.reserve_for_nobody()

    async def reserve_for_nobody(self) -> bool:
        """Take a call that counts for no address, such as for a turn that is resumed."""
        return await self._hit(self._all, _EVERYBODY, self._provider)

    async def left(self) -> int:
        """The calls that are left in this minute."""
        return (await self._limiter.get_window_stats(self._all, _EVERYBODY, self._provider)).remaining

    async def _hit(self, item: RateLimitItemPerMinute, *names: str) -> bool:
        try:
            async with asyncio.timeout(STORE_TIMEOUT):
                admitted = await self._shared.hit(item, *names)
        except (TimeoutError, OSError, StorageError):
            if self._limiter is self._shared:
                logger.warning("Redis gave no answer within %s s. This process counts its calls by itself.", STORE_TIMEOUT)
            self._limiter = self._own
            return await self._own.hit(item, *names)
        self._limiter = self._shared
        return admitted

    async def _seconds(self, item: RateLimitItemPerMinute, *names: str) -> float:
        stats = await self._limiter.get_window_stats(item, *names)
        return max(stats.reset_time - time.time(), 0.1)
