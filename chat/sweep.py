"""The serving process's one periodic task: take up the turns that the end of a process cut off, also where the visitor
doesn't come back."""

from __future__ import annotations

import asyncio
import datetime
import logging

from chat.engine import Engine
from chat.store import Store

logger = logging.getLogger(__name__)

INTERVAL = 15.0
"""Seconds between two sweeps."""
MARGIN = 2.0
"""Seconds after its deadline when a turn that some process runs must have ended."""
FIRST_LOOK_BACK = datetime.timedelta(days=1)
LOOK_BACK = datetime.timedelta(minutes=5)


async def sweep_for_ever(engine: Engine, store: Store, deadline: float) -> None:
    """Sweep at once, looking back over the time that the site may have been down, and then regularly."""
    look_back = FIRST_LOOK_BACK
    while True:
        try:
            await sweep(engine, store, deadline, look_back)
            look_back = LOOK_BACK
        except Exception as error:  # noqa: BLE001 - the next sweep comes anyway
            logger.warning("Unanswered messages can't be looked for (%s); the next sweep comes.", type(error).__name__)
        await asyncio.sleep(INTERVAL)


async def sweep(engine: Engine, store: Store, deadline: float, look_back: datetime.timedelta) -> None:
    """Resume what was stored within `look_back` and has been without an answer for longer than any turn takes."""
    now = datetime.datetime.now(datetime.UTC)
    for address, message in await store.cut_off(now - look_back, now - datetime.timedelta(seconds=deadline + MARGIN)):
        engine.resume(address, message)
