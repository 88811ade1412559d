"""What staff have written, kept in memory.

It is read again when it is older than MAX_AGE, or at once after an edit in this process. An edit in another process
takes effect within two seconds.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

logger = logging.getLogger(__name__)

T = TypeVar("T")

MAX_AGE = 1.0
"""Seconds."""
READ_WITHIN = 1.0
"""Seconds after the beginning of a read for which callers wait for it."""


class Cache(Generic[T]):
    """One value for the whole process. `name` is for the log. `value` is used until the first read has succeeded."""

    def __init__(
        self, name: str, value: T, read: Callable[[], Awaitable[T]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._name = name
        self._value = value
        self._read = read
        self._clock = clock
        self._begun_at = float("-inf")
        self._is_edited = False
        self._reading: asyncio.Task[None] | None = None

    def invalidate(self) -> None:
        """Have it read again. May be called from any thread."""
        self._is_edited = True

    async def current(self) -> T:
        """The value, at most MAX_AGE old. While the database can't be read, the last known value."""
        if self._reading is None and self._is_old():
            self._is_edited = False  # before the read, so that an edit during it leads to another one
            self._begun_at = self._clock()
            self._reading = asyncio.create_task(self._renew())
        if self._reading is not None:
            await asyncio.wait({self._reading}, timeout=self._begun_at + READ_WITHIN - self._clock())
        return self._value

    def _is_old(self) -> bool:
        return self._is_edited or self._clock() - self._begun_at > MAX_AGE

    async def _renew(self) -> None:
        try:
            self._value = await self._read()
        except Exception as error:  # noqa: BLE001 - an old value is better than none
            logger.warning("The %s can't be read (%s). The last known ones are used.", self._name, type(error).__name__)
        finally:
            self._reading = None
