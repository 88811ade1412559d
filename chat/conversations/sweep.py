"""The serving process's one periodic task: resume turns that were cut off when a process ended. That works even if the
visitor doesn't come back."""

from __future__ import annotations

import asyncio
import datetime
import logging

from chat.conversations.desk import Desk
from chat.conversations.turns import Turns
from chat.storage.reader import Reader

logger = logging.getLogger(__name__)

INTERVAL = 15.0
"""Seconds between two sweeps."""
DESK_INTERVAL = 2.0
"""Seconds between two looks at the desk's deadlines."""
PAUSE = 1.0
"""Seconds between two reads of a sweep, so that it doesn't block other work."""
MARGIN = 2.0
"""Seconds after its deadline by which every turn must have ended, in any process."""
FIRST_LOOK_BACK = datetime.timedelta(days=1)
LOOK_BACK = datetime.timedelta(minutes=5)


async def sweep_for_ever(turns: Turns, reader: Reader, deadline: float) -> None:
    """Sweep at once, over the time that the site may have been down, and then regularly.

    Each sweep covers the time since the last complete one began, and LOOK_BACK before that.
    """
    swept_until = _now() - FIRST_LOOK_BACK
    while True:
        began = _now()
        try:
            await sweep(turns, reader, deadline, began - swept_until + LOOK_BACK)
            swept_until = began
        except Exception as error:  # noqa: BLE001 - the next sweep tries again
            logger.warning("Unanswered messages can't be looked for (%s). The next sweep tries again.", type(error).__name__)
        await asyncio.sleep(INTERVAL)


async def sweep_desk_for_ever(desk: Desk, wait: float, gone: float) -> None:
    """Give back what has waited for too long, or whose operator has been gone for too long, both in seconds."""
    while True:
        try:
            await desk.sweep(wait, gone)
        except Exception as error:  # noqa: BLE001 - the next sweep will come
            logger.warning("The desk's deadlines can't be read (%s). The next sweep tries again.", type(error).__name__)
        await asyncio.sleep(DESK_INTERVAL)


async def sweep(turns: Turns, reader: Reader, deadline: float, look_back: datetime.timedelta) -> None:
    """Resume messages that were stored within `look_back` and have waited for an answer longer than any turn takes."""
    now = _now()
    since, until = now - look_back, now - datetime.timedelta(seconds=deadline + MARGIN)
    last: int | None = 0
    while last is not None:
        found, last = await reader.cut_off(since, until, last)
        for conversation, message in found:
            turns.resume(conversation, message)
        if last is not None:
            await asyncio.sleep(PAUSE)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
