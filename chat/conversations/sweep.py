"""The serving process's one periodic task: take up the turns that the end of a process cut off, also where the visitor
doesn't come back."""

from __future__ import annotations

import asyncio
import datetime
import logging

from chat.conversations.turns import Turns
from chat.storage.reader import Reader

logger = logging.getLogger(__name__)

INTERVAL = 15.0
"""Seconds between two sweeps."""
PAUSE = 1.0
"""Seconds between two reads of a sweep, so that others are served meanwhile."""
MARGIN = 2.0
"""Seconds after its deadline when a turn that some process runs must have ended."""
FIRST_LOOK_BACK = datetime.timedelta(days=1)
LOOK_BACK = datetime.timedelta(minutes=5)


async def sweep_for_ever(turns: Turns, reader: Reader, deadline: float) -> None:
    """Sweep at once, looking back over the time that the site may have been down, and then regularly.

    Each sweep looks back to where the last complete one began, and LOOK_BACK further.
    """
    swept_until = _now() - FIRST_LOOK_BACK
    while True:
        began = _now()
        try:
            await sweep(turns, reader, deadline, began - swept_until + LOOK_BACK)
            swept_until = began
        except Exception as error:  # noqa: BLE001 - the next sweep comes anyway
            logger.warning("Unanswered messages can't be looked for (%s); the next sweep comes.", type(error).__name__)
        await asyncio.sleep(INTERVAL)


async def sweep(turns: Turns, reader: Reader, deadline: float, look_back: datetime.timedelta) -> None:
    """Resume what was stored within `look_back` and has been without an answer for longer than any turn takes."""
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
