"""How long a turn waits for the provider: where it takes long the visitor is told, where it takes too long it is cut off.

asyncio.timeout and a timer for each call would do, and take an eighth of the time that a turn has on the loop. Nearly all
calls end long before anybody would be told, so they have one timer together, and only a slow one gets its own.
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
    """The call's seconds are over. A TimeoutError of the call's own is not one of these."""


class CallCancelled(Exception):
    """Something inside the call cancelled it, such as a task that it shares with another call; the turn goes on."""


class _Call(msgspec.Struct, eq=False):
    """Times by the loop's clock. timer: cuts the call off; only a slow one has it."""

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
        self._quick: dict[_Call, None] = {}  # in the order in which they will be slow; a dict forgets one in no time
        self._is_looking = False

    async def wait(self, call: Coroutine[Any, Any, Result], seconds: float, on_slow: Callable[[], None]) -> Result:
        """What the call returns. Raises TookTooLong when the seconds are over, CallCancelled, and what the call raises.

        on_slow: called where there is no result after TYPING_AFTER.
        """
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in one
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
            while waiting.is_cut_off and task.cancelling() > cancelled_before:  # a TaskGroup in the call may leave one, too
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
