"""How long a turn waits for the provider. If the call is slow, the visitor is told. If it is too slow, it is cancelled.

asyncio.timeout and one timer per call would work, but take an eighth of a turn's time on the loop. Nearly all calls end
before they count as slow. So they share one timer, and only a slow call gets its own.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import msgspec

TYPING_AFTER = 0.3
"""Seconds without a reply after which the visitor sees that the bot is typing."""

Result = TypeVar("Result")


class TookTooLong(TimeoutError):
    """The call's seconds are over. A TimeoutError that the call itself raises is not a TookTooLong."""


class CallCancelled(Exception):
    """Something inside the call cancelled it, such as a task that it shares with another call. The turn goes on."""


class _Call(msgspec.Struct, eq=False):
    """Times are the loop's. timer: cancels the call, set only for a slow one."""

    task: asyncio.Task[Any]
    slow_at: float
    until: float
    on_slow: Callable[[], None]
    timer: asyncio.TimerHandle | None = None
    is_cut_off: bool = False

    def limit(self, loop: asyncio.AbstractEventLoop) -> None:
        self.timer = loop.call_at(self.until, self._cut_off)

    def _cut_off(self) -> None:
        self.is_cut_off = self.task.cancel()


class CallTimer:
    def __init__(self) -> None:
        self._quick: dict[_Call, None] = {}  # ordered by slow_at, and quick to delete from
        self._is_looking = False

    async def wait(self, call: Coroutine[Any, Any, Result], seconds: float, on_slow: Callable[[], None]) -> Result:
        """What the call returns. Raises TookTooLong when the seconds are over, CallCancelled, and what the call raises.

        on_slow: called if there is no result after TYPING_AFTER.
        """
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine always runs in a task
        now = loop.time()
        waiting = _Call(task, now + TYPING_AFTER, now + seconds, on_slow)
        if seconds <= TYPING_AFTER:
            waiting.limit(loop)
        else:
            self._quick[waiting] = None
            if not self._is_looking:
                self._look_later(loop)
        cancelled_before = task.cancelling()
        try:
            return await call
        except asyncio.CancelledError:
            if waiting.is_cut_off:
                raise TookTooLong from None
            if task.cancelling() > cancelled_before:
                raise
            raise CallCancelled from None
        finally:
            if waiting.timer is None:
                del self._quick[waiting]
            else:
                waiting.timer.cancel()
            while waiting.is_cut_off and task.cancelling() > cancelled_before:  # a TaskGroup in the call may add another
                task.uncancel()

    def _look_later(self, loop: asyncio.AbstractEventLoop) -> None:
        first = next(iter(self._quick), None)
        self._is_looking = first is not None
        if first is not None:
            loop.call_at(first.slow_at, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        slow = list(itertools.takewhile(lambda call: call.slow_at <= now, self._quick))
        for call in slow:
            del self._quick[call]
            call.limit(loop)
        self._look_later(loop)
        for call in slow:
            call.on_slow()
