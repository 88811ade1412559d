"""What staff have written, in memory: how soon an edit counts, and what is used while the database is down."""

from __future__ import annotations

import asyncio
import time

from chat.cache import MAX_AGE, READ_WITHIN, Cache


class Table:
    """A table with one value. It counts how often it is read, and can fail or hang."""

    def __init__(self) -> None:
        self.value = "old"
        self.reads = 0
        self.broken = False
        self.asked = asyncio.Event()
        self.answers = asyncio.Event()
        self.answers.set()

    async def read(self) -> str:
        self.reads += 1
        value = self.value
        self.asked.set()
        await self.answers.wait()
        if self.broken:
            raise OSError
        return value


def cached(table: Table) -> Cache[str]:
    return Cache("table", "nothing", table.read)


async def test_the_table_is_read_anew_when_the_value_is_too_old_or_edited() -> None:
    now = 0.0
    table = Table()
    cache = Cache("table", "nothing", table.read, clock=lambda: now)

    assert [await cache.current(), await cache.current()] == ["old", "old"]
    assert table.reads == 1

    table.value = "new"
    now += MAX_AGE + 0.1
    assert await cache.current() == "new"

    table.value = "newest"
    cache.invalidate()
    assert await cache.current() == "newest"
    assert MAX_AGE < 2


async def test_all_who_come_during_a_read_wait_for_it() -> None:
    table = Table()
    table.answers.clear()
    cache = cached(table)
    waiting = [asyncio.create_task(cache.current()) for _ in range(3)]
    await table.asked.wait()
    waiting.append(asyncio.create_task(cache.current()))
    await asyncio.sleep(0)

    table.answers.set()

    assert await asyncio.gather(*waiting) == ["old"] * 4
    assert table.reads == 1


async def test_an_edit_during_a_read_is_not_lost() -> None:
    table = Table()
    table.answers.clear()
    cache = cached(table)
    waiting = asyncio.create_task(cache.current())
    await table.asked.wait()

    table.value = "new"
    cache.invalidate()
    table.answers.set()
    await waiting

    assert await cache.current() == "new"


async def test_the_value_at_hand_is_used_while_the_table_can_t_be_read() -> None:
    now = 0.0
    table = Table()
    cache = Cache("table", "nothing", table.read, clock=lambda: now)
    table.broken = True
    assert await cache.current() == "nothing"

    table.broken = False
    now += MAX_AGE + 0.1
    assert await cache.current() == "old"

    table.broken = True
    cache.invalidate()
    assert await cache.current() == "old"

    assert await cache.current() == "old"
    assert table.reads == 3, "a table that can't be read is not tried again at once"


async def test_a_table_that_hangs_is_waited_for_once() -> None:
    table = Table()
    cache = cached(table)
    await cache.current()
    table.answers.clear()
    cache.invalidate()
    started = time.monotonic()

    assert await asyncio.gather(*(cache.current() for _ in range(3))) == ["old"] * 3
    for _ in range(20):
        assert await cache.current() == "old"

    assert time.monotonic() - started < 10 * READ_WITHIN
    table.answers.set()
