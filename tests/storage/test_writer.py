"""Group commit: acknowledged messages are committed, once and in order."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import pytest
import pytest_asyncio
from django.db import OperationalError, connection

from chat.storage import batch
from chat.storage import writer as writer_module
from chat.storage.batch import Known
from chat.storage.entries import Entry, NotStored, Repeat, Stored
from chat.storage.writer import Writer
from tests.support.entries import said, texts

pytestmark = pytest.mark.django_db(transaction=True)


def ignore(entry: Entry, stored: Stored | Repeat) -> None:
    pass


@pytest_asyncio.fixture
async def writer() -> AsyncIterator[Writer]:
    writer = Writer(deadline=60)
    yield writer
    await writer.aclose()


async def in_thread(function: Any, *args: Any) -> Any:
    """A test's ORM calls, which may not run in the loop's thread."""

    def run() -> Any:
        try:
            return function(*args)
        finally:
            connection.close()

    return await asyncio.to_thread(run)


async def test_messages_that_come_while_a_transaction_runs_share_the_next(writer: Writer, mocker: Any) -> None:
    sizes = []
    gate = threading.Event()
    started = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(entries: list[Entry], known: Known) -> Any:
        sizes.append(len(entries))
        loop.call_soon_threadsafe(started.set)
        gate.wait(5)
        return batch.commit(entries, known)

    mocker.patch.object(writer_module, "commit", slow)
    first = asyncio.create_task(writer.write(said("0", "0"), ignore))
    await started.wait()
    others = [asyncio.create_task(writer.write(said(str(number), str(number)), ignore)) for number in range(1, 6)]
    await asyncio.sleep(0)
    gate.set()
    stored = await asyncio.gather(first, *others)

    assert sizes == [1, 5]
    assert [result.seq for result in stored] == [1, 2, 3, 4, 5, 6]
    assert await in_thread(texts) == [(number + 1, str(number)) for number in range(6)]


async def test_a_database_that_is_away_for_a_moment_is_met_by_a_retry(writer: Writer, mocker: Any) -> None:
    real = batch._commit_together
    mocker.patch.object(batch, "_commit_together", failing(2, real))

    assert isinstance(await writer.write(said(), ignore), Stored)


async def test_what_is_tried_again_after_an_outage_keeps_its_place(writer: Writer, mocker: Any) -> None:
    """Not all of it was in the batch that failed, and more comes meanwhile."""
    gate, loop, started = threading.Event(), asyncio.get_running_loop(), asyncio.Event()
    commit, outages = batch._commit_together, iter([True])

    def fail_once(entries: list[Entry], known: Known) -> Any:
        if next(outages, False):
            loop.call_soon_threadsafe(started.set)
            assert gate.wait(10)
            raise OperationalError
        return commit(entries, known)

    mocker.patch.object(batch, "_commit_together", fail_once)
    before = [asyncio.create_task(writer.write(said(str(number), str(number)), ignore)) for number in range(20)]
    await started.wait()
    during = [asyncio.create_task(writer.write(said(str(number), str(number)), ignore)) for number in range(20, 25)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # handed over
    gate.set()

    assert [stored.seq for stored in await asyncio.gather(*before, *during)] == list(range(1, 26))


async def test_an_outage_is_logged_at_its_beginning_and_its_end(writer: Writer, mocker: Any, caplog: Any) -> None:
    mocker.patch.object(writer_module, "RETRY_PAUSE", 0.001)
    mocker.patch.object(batch, "_commit_together", failing(5, batch._commit_together))

    await writer.write(said("1", "1"), ignore)
    await writer.write(said("2", "2"), ignore)

    assert [record.message for record in caplog.records] == [
        "The database can't be written (OperationalError). New messages are tried again.",
        "The database can be written again.",
    ]


async def test_a_database_that_stays_away_ends_in_not_stored(mocker: Any) -> None:
    writer = Writer(deadline=0.3)
    mocker.patch.object(batch, "_commit_together", side_effect=OperationalError)

    with pytest.raises(NotStored):
        await writer.write(said(), ignore)

    await writer.aclose()


async def test_a_database_that_hangs_ends_in_not_stored_for_who_waits(mocker: Any) -> None:
    now = 0.0
    mocker.patch.object(writer_module, "LOOK_EVERY", 0.01)
    gate = threading.Event()

    def held(entries: list[Entry], known: Known) -> Any:
        gate.wait(30)
        return batch.commit(entries, known)

    mocker.patch.object(writer_module, "commit", held)
    late = []
    async with aclosing(Writer(deadline=2, clock=lambda: now)) as writer:
        writing = asyncio.create_task(writer.write(said(), lambda entry, stored: late.append((entry.text, stored.seq))))
        await asyncio.sleep(0)
        now = 2.1
        with pytest.raises(NotStored):
            await writing
        gate.set()

        assert isinstance(await writer.write(said(), ignore), Repeat)  # it was stored after all
    assert late == [("hi", 1)]


async def test_what_waits_at_the_end_is_committed() -> None:
    writer = Writer(deadline=60)
    writing = [asyncio.create_task(writer.write(said(str(number), str(number)), ignore)) for number in range(500)]
    await asyncio.sleep(0)

    await writer.aclose()

    assert [stored.seq for stored in await asyncio.gather(*writing)] == list(range(1, 501))


def failing(times: int, then: Any) -> Any:
    left: Iterator[int] = iter(range(times))

    def run(*arguments: Any) -> Any:
        if next(left, None) is not None:
            raise OperationalError
        return then(*arguments)

    return run
