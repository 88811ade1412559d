"""The serving process's one periodic task: take up the turns that the end of a process cut off, also where the visitor
doesn't come back."""

from __future__ import annotations

import asyncio
import datetime
import logging

from chat.store import MAX_CUT_OFF, Store
from chat.turns import Turns

logger = logging.getLogger(__name__)

INTERVAL = 15.0
"""Seconds between two sweeps."""
SOON = 1.0
"""Seconds to the next sweep where there was more than one takes up."""
MARGIN = 2.0
"""Seconds after its deadline when a turn that some process runs must have ended."""
FIRST_LOOK_BACK = datetime.timedelta(days=1)
LOOK_BACK = datetime.timedelta(minutes=5)


async def sweep_for_ever(turns: Turns, store: Store, deadline: float) -> None:
    """Sweep at once, looking back over the time that the site may have been down, and then regularly.

    Each sweep looks back to where the last complete one began, and LOOK_BACK further.
    """
    swept_until = _now() - FIRST_LOOK_BACK
    while True:
        began, is_complete = _now(), False
        try:
            is_complete = await sweep(turns, store, deadline, began - swept_until + LOOK_BACK)
            if is_complete:
                swept_until = began
        except Exception as error:  # noqa: BLE001 - the next sweep comes anyway
            logger.warning("Unanswered messages can't be looked for (%s); the next sweep comes.", type(error).__name__)
            is_complete = True
        await asyncio.sleep(INTERVAL if is_complete else SOON)


async def sweep(turns: Turns, store: Store, deadline: float, look_back: datetime.timedelta) -> bool:
    """Resume what was stored within `look_back` and has been without an answer for longer than any turn takes.

    Return whether that was all there is: one sweep takes up MAX_CUT_OFF messages.
    """
    now = _now()
    found = await store.cut_off(now - look_back, now - datetime.timedelta(seconds=deadline + MARGIN))
    for address, message in found:
        turns.resume(address, message)
    return len(found) < MAX_CUT_OFF


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
