"""The lists of conversations on the open desks, kept up to date.

What changes is gathered and sent a few times a second, once encoded for all desks. A process without an open desk does
nothing for them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import msgspec

from chat.models import Status
from chat.storage.desk import Lists, Row

logger = logging.getLogger(__name__)

TICK = 0.25
"""Seconds in which changes are gathered."""
POLL = 5.0
"""Seconds after which everything is read anew if other processes can't tell of what they do."""


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What a desk's lists lack. is_all: these are all rows. gone: the public ids of those that are in no list any more.

    waiting: how many wait. is_late: another process writes, and tells nobody.
    """

    rows: list[Row]
    gone: list[str]
    waiting: int
    is_all: bool = False
    is_late: bool = False


Show = Callable[[Changes], Awaitable[None]]


class Desks:
    def __init__(
        self,
        read_lists: Callable[[], Awaitable[Lists]],
        read_rows: Callable[[list[str]], Awaitable[list[Row]]],
        *,
        hears_others: bool,
    ) -> None:
        """hears_others: whether other processes tell of what they do, or there are none."""
        self._read_lists = read_lists
        self._read_rows = read_rows
        self._hears_others = hears_others
        self._desks: set[Show] = set()
        self._rows: dict[str, Row] = {}
        self._waiting = 0
        self._touched: set[str] = set()
        self._changed: set[str] = set()
        self._is_stale = True
        self._is_late = False
        self._task: asyncio.Task[None] | None = None

    async def join(self, show: Show) -> None:
        """Show a desk everything, and from then on what changes. Raises NotRead."""
        if not self._desks:
            self._is_stale = True
        self._desks.add(show)
        try:
            if self._is_stale:
                await self._refresh()
        except BaseException:
            self._desks.discard(show)
            raise
        await show(
            Changes(rows=list(self._rows.values()), gone=[], waiting=self._waiting, is_all=True, is_late=self._is_late)
        )
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def leave(self, show: Show) -> None:
        self._desks.discard(show)
        if not self._desks and self._task is not None:
            self._task.cancel()
            self._task = None

    def note(self, public_id: str, seq: int, status: str) -> None:
        """A conversation has messages up to `seq`, and has this status now."""
        if not self._desks:
            return
        row = self._rows.get(public_id)
        if row is None:
            self._is_stale = self._is_stale or status in (Status.WAITING, Status.OPERATOR)
        elif row.status != status:
            self._is_stale = True
        elif status == Status.OPERATOR:
            self._touched.add(public_id)  # it may have another operator
        elif row.seq < seq:
            row.seq = seq
            self._changed.add(public_id)

    def doubt(self) -> None:
        """Other processes may have done anything."""
        self._is_stale = True

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        polled = loop.time()
        while True:
            await asyncio.sleep(TICK)
            is_poll = not self._hears_others and not self._is_stale and loop.time() - polled > POLL
            try:
                if self._is_stale or is_poll:
                    polled = loop.time()
                    await self._show(await self._refresh(), is_poll=is_poll)
                elif self._touched or self._changed:
                    await self._show(await self._reread(), is_poll=False)
            except Exception as error:  # noqa: BLE001 - the next tick tries again
                logger.warning("The desks' lists can't be read (%s); it is tried again.", type(error).__name__)
                self._is_stale = True

    async def _show(self, changes: tuple[set[str], set[str]], *, is_poll: bool) -> None:
        changed, gone = changes
        if is_poll and (changed or gone):
            self._is_late = True
        if not changed and not gone:
            return
        rows = [self._rows[public_id] for public_id in self._rows if public_id in changed]
        news = Changes(rows=rows, gone=sorted(gone), waiting=self._waiting, is_late=self._is_late)
        for show in list(self._desks):
            await show(news)

    async def _refresh(self) -> tuple[set[str], set[str]]:
        """Read everything; return the public ids of what changed and of what is gone."""
        self._is_stale = False
        self._touched.clear()
        changed, self._changed = self._changed, set()
        try:
            lists = await self._read_lists()
        except BaseException:
            self._is_stale = True
            raise
        before, self._rows = self._rows, {row.conversation: row for row in lists.rows}
        self._waiting = lists.waiting
        changed |= {public_id for public_id, row in self._rows.items() if before.get(public_id) != row}
        return changed & self._rows.keys(), before.keys() - self._rows.keys()

    async def _reread(self) -> tuple[set[str], set[str]]:
        touched, self._touched = self._touched, set()
        changed, self._changed = self._changed, set()
        for row in await self._read_rows(list(touched)) if touched else ():
            if self._rows.get(row.conversation) not in (None, row):
                self._rows[row.conversation] = row
                changed.add(row.conversation)
        return changed & self._rows.keys(), set()
