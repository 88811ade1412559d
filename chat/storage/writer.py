"""Group commit: the messages of all connections go into the database together, in one transaction.

While one transaction runs, messages wait for the next. Each waits only for its own commit.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable

import msgspec
from django.db import connections

from chat.storage.batch import OUTAGE, Known, Locked, commit, locked
from chat.storage.entries import Entry, NotStored, Refusal, Repeat, Result, Stored, Unstorable

logger = logging.getLogger(__name__)

MAX_BATCH = 200
SMALL_BATCH = 8
RETRY_PAUSE = 0.2
"""Seconds between two tries while the database can't be reached."""
LOOK_EVERY = 1.0
"""Seconds between two checks for entries that have waited too long."""

Late = Callable[[Entry, Stored | Repeat], None]


class _Waiter(msgspec.Struct, eq=False):
    entry: Entry
    until: float
    result: asyncio.Future[Result]
    late: Late


class _Held:
    """Entries of conversations that another program has locked. They wait apart, so that nobody else waits for them."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._waiters: list[_Waiter] = []
        self._look_at = 0.0

    def __bool__(self) -> bool:
        return bool(self._waiters)

    def add(self, waiters: list[_Waiter]) -> None:
        self._waiters += waiters

    def sort(self, waiting: list[_Waiter]) -> list[_Waiter]:
        """What may be stored now, each conversation's entries in their order. Nobody waits any more for what is dropped."""
        if not self._waiters:
            return waiting
        now = self._clock()
        held = {waiter.entry.conversation.public_id for waiter in self._waiters}
        if now >= self._look_at:
            held &= locked(held)
            self._look_at = now + RETRY_PAUSE
        everything = [waiter for waiter in self._waiters if now < waiter.until] + waiting
        self._waiters = [waiter for waiter in everything if waiter.entry.conversation.public_id in held]
        return [waiter for waiter in everything if waiter.entry.conversation.public_id not in held]


class Writer:
    """Takes entries from the event loop and commits them in a thread of its own, in the order of their arrival."""

    def __init__(
        self,
        deadline: float,
        on_outage: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """on_outage: called in the writer's thread each time that the database can't be reached or written."""
        self._deadline = deadline
        self._on_outage = on_outage
        self._clock = clock
        self._gathered: list[_Waiter] = []
        self._waiters: deque[_Waiter] = deque()
        self._is_looking = False
        self._queue: queue.SimpleQueue[list[_Waiter] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    async def write(self, entry: Entry, late: Late) -> Result:
        """Return when the entry is committed, is found to be a repeat, or is refused.

        Raises NotStored if the database stored nothing within the deadline, and Unstorable if it refuses this entry.
        late: called if the entry is committed or found after the deadline.
        """
        loop = asyncio.get_running_loop()
        if self._thread is None:
            self._thread = threading.Thread(target=self._commit_all, args=(loop,), name="chat-writer", daemon=True)
            self._thread.start()
        waiter = _Waiter(entry, self._clock() + self._deadline, loop.create_future(), late)
        self._waiters.append(waiter)
        if not self._is_looking:
            self._is_looking = True
            loop.call_later(LOOK_EVERY, self._give_up)
        if not self._gathered:
            loop.call_soon(self._hand_over)
        self._gathered.append(waiter)
        return await waiter.result

    async def aclose(self) -> None:
        """Commit what waits, then end the thread and its connection."""
        if self._thread is not None:
            self._hand_over()
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)

    def _hand_over(self) -> None:
        """Pass on the entries of one turn of the loop."""
        gathered, self._gathered = self._gathered, []
        self._queue.put(gathered)

    def _commit_all(self, loop: asyncio.AbstractEventLoop) -> None:
        """Runs in the thread, which takes its next batch itself. The loop first handles the last batch's results, and the
        database would be idle until then."""
        waiting: list[_Waiter] = []
        known: Known = {}
        is_open = True
        last = 0
        trouble = ""
        held = _Held(self._clock)
        while True:
            while is_open and not (waiting and self._queue.empty()):
                try:
                    gathered = self._queue.get(timeout=RETRY_PAUSE if held else None)
                except queue.Empty:
                    break
                is_open = gathered is not None
                waiting += gathered or []
            waiting = held.sort(waiting)
            if not waiting:
                if is_open:
                    continue
                if not held:
                    break
                time.sleep(RETRY_PAUSE)
                continue
            # A batch is half of all entries under way. Then the database works on one half and the loop on the other's
            # results. Without that, batches would alternate between one entry and all others, and each side would wait for
            # the other.
            size = min(MAX_BATCH, max(SMALL_BATCH, (len(waiting) + last) // 2))
            batch, waiting = waiting[:size], waiting[size:]
            last = len(batch)
            results = commit([waiter.entry for waiter in batch], known)
            trouble = self._note_trouble(results, trouble)
            again = self._to_try_again(batch, results) if trouble else []
            apart = [waiter for waiter, result in zip(batch, results, strict=True) if isinstance(result, Locked)]
            held.add(apart)
            try:
                loop.call_soon_threadsafe(self._settle, batch, results, again + apart)
            except RuntimeError:  # the loop is closed, so nobody waits any more
                break
            if again:
                self._on_outage()
                time.sleep(RETRY_PAUSE)
                waiting = again + waiting
        connections.close_all()

    def _note_trouble(self, results: list[Result | Exception], known: str) -> str:
        """Log when an outage begins and ends, but not each try. Return the current trouble, empty if there is none."""
        trouble = next((type(result).__name__ for result in results if isinstance(result, OUTAGE)), "")
        if trouble and not known:
            logger.warning("The database can't be written (%s). New messages are tried again.", trouble)
        elif known and not trouble:
            logger.warning("The database can be written again.")
        return trouble

    def _to_try_again(self, batch: list[_Waiter], results: list[Result | Exception]) -> list[_Waiter]:
        latest = self._clock() + RETRY_PAUSE
        return [
            waiter
            for waiter, result in zip(batch, results, strict=True)
            if isinstance(result, OUTAGE) and latest < waiter.until
        ]

    def _settle(self, batch: list[_Waiter], results: list[Result | Exception], again: list[_Waiter]) -> None:
        for waiter, result in zip(batch, results, strict=True):
            if waiter in again:
                continue
            if waiter.result.done():
                if isinstance(result, Stored | Repeat):
                    waiter.late(waiter.entry, result)
            elif isinstance(result, Stored | Repeat | Refusal):
                waiter.result.set_result(result)
            else:
                waiter.result.set_exception(NotStored() if isinstance(result, OUTAGE) else Unstorable())
        while self._waiters and self._waiters[0].result.done():
            self._waiters.popleft()

    def _give_up(self) -> None:
        """The database hangs. Tell those who have waited too long that the result is unknown. If the client resends a
        message that was stored after all, the client id identifies it."""
        now = self._clock()
        for waiter in self._waiters:
            if now > waiter.until and not waiter.result.done():
                waiter.result.set_exception(NotStored())
        self._is_looking = bool(self._waiters)
        if self._is_looking:
            asyncio.get_running_loop().call_later(LOOK_EVERY, self._give_up)
