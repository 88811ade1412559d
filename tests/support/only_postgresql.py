"""Tests for PostgreSQL only: statements that a connection has prepared, and poolers that lose them.

test_postgresql.py runs this module.
"""

from __future__ import annotations

import asyncio
import datetime
import random
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from chat.management.commands.purge_conversations import purge
from chat.models import Conversation, Message
from chat.storage.batch import OUTAGE, Known, Locked, commit
from chat.storage.entries import ConversationRef, Entry, Repeat, Result, Stored
from chat.storage.postgresql import PostgreSQL
from chat.storage.status import Kind
from chat.storage.writer import Writer
from tests.support.entries import CONVERSATION, said, texts

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def new_connection() -> Iterator[None]:
    connection.close()
    yield
    connection.close()


def store(*words: str) -> list[tuple[int, str]]:
    """Store messages, each in a batch of its own, and return all that are stored."""
    for text in words:
        commit([said(text, text)], {})
    return texts()


def run(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else None


def test_what_each_batch_asks_is_planned_once() -> None:
    store("one", "two", "three")

    runs = run("SELECT sum(generic_plans + custom_plans) FROM pg_prepared_statements WHERE name LIKE 'chat_%'")
    assert runs == [(6,)]  # each batch finds its conversations and stores its messages


def test_a_large_batch_is_planned_without_making_all_pairs() -> None:
    """In the planner's most common mistake each record meets each conversation, 40,000 times in a batch of 200."""
    rooms = [ConversationRef(public_id=f"room {number}", language="en") for number in range(200)]
    known: Known = {}
    commit([said("one", "1", room) for room in rooms], known)
    run("LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_analyze = on")
    run("SET auto_explain.log_format = json; SET auto_explain.log_nested_statements = on; SET client_min_messages = log")
    plans: list[str] = []
    connection.connection.add_notice_handler(lambda notice: plans.append(notice.message_primary or ""))

    commit([said("two", "2", room) for room in rooms], known)

    rows = [
        int(found) * int(loops)
        for found, loops in re.findall(r'"Actual Rows": (\d+),\s+"Actual Loops": (\d+)', "".join(plans))
    ]
    assert rows
    assert max(rows) <= 10 * len(rooms)


def test_a_pooler_that_loses_the_statements_costs_no_message() -> None:
    store("one")
    run("DEALLOCATE ALL")

    assert store("two", "three") == [(1, "one"), (2, "two"), (3, "three")]


def test_a_pooler_that_has_the_statements_of_another_process_costs_no_message() -> None:
    run(f"PREPARE {PostgreSQL.NAMES[PostgreSQL.FIND]} AS SELECT 1")

    assert store("one", "two") == [(1, "one"), (2, "two")]


def test_a_plan_made_for_few_conversations_serves_many() -> None:
    store(*map(str, range(10)))
    now = "2026-01-01T00:00:00Z"
    Conversation.objects.bulk_create(
        Conversation(language="de", created_at=now, last_activity_at=now) for _ in range(10_000)
    )

    plan = run(f"EXPLAIN EXECUTE {PostgreSQL.NAMES[PostgreSQL.FIND]}('{{1,2,3}}')")
    assert "conversation_public_id" in str(plan)
    assert "Seq Scan" not in str(plan)


@pytest.mark.parametrize(
    ("change", "back"),
    [
        (
            "ALTER TABLE chat_conversation ALTER status TYPE text",
            "ALTER TABLE chat_conversation ALTER status TYPE varchar(8)",
        ),
        ("ALTER TABLE chat_message ALTER seq TYPE bigint", "ALTER TABLE chat_message ALTER seq TYPE integer"),
    ],
)
def test_a_migration_while_the_process_runs_is_an_outage_until_the_next_try(change: str, back: str) -> None:
    store("one")
    run(change)
    try:
        [result] = commit([said("two", "two")], {})
        assert isinstance(result, OUTAGE)
        assert store("two", "three") == [(1, "one"), (2, "two"), (3, "three")]
    finally:
        run(back)


def test_a_server_that_can_only_be_read_is_an_outage_until_another_one_is_there() -> None:
    store("one")
    run("SET default_transaction_read_only = on")

    [result] = commit([said("two", "two")], {})
    assert isinstance(result, OUTAGE)
    assert store("two") == [(1, "one"), (2, "two")]


def test_what_a_process_that_stands_still_has_locked_is_free_after_seconds() -> None:
    store("one")
    still = connection.copy()
    with still.cursor() as cursor:
        cursor.execute(f"{PostgreSQL.BEGIN}; {PostgreSQL.FIND}", [[CONVERSATION.public_id]])

        until = time.monotonic() + 20
        while isinstance(result := commit([said("two", "two")], {})[0], Locked) and time.monotonic() < until:
            pass
    still.close()

    assert isinstance(result, Stored)


def test_processes_that_write_to_the_same_conversations_never_wait_for_each_other_in_a_circle() -> None:
    """A process that knows a conversation locks it when it updates. One that doesn't locks it when it finds it."""
    rooms = [ConversationRef(public_id=f"room {number}", language="en") for number in range(60)]
    commit([Entry(conversation=room, kind=Kind.MESSAGE, text="hi") for room in rooms], {})
    failures: list[Result | Exception] = []

    def write(number: int) -> None:
        rng = random.Random(number)
        known: Known = {}
        try:
            for _ in range(30):
                entries = [Entry(conversation=room, kind=Kind.MESSAGE, text="hi") for room in rng.sample(rooms, 20)]
                results = commit(entries, known if number else {})
                failures.extend(result for result in results if not isinstance(result, Stored))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(4)))

    assert failures == []


def test_a_pooler_that_swaps_connections_within_a_transaction_loses_nothing_that_is_acknowledged(mocker: Any) -> None:
    store("one")
    finish, swaps = PostgreSQL.finish, [True]

    def swap(self: Any, messages: Any, *arguments: Any) -> Any:
        if not messages and swaps:  # they are stored, and their conversations are locked
            swaps.pop()
            run("DEALLOCATE ALL")
        return finish(self, messages, *arguments)

    mocker.patch.object(PostgreSQL, "finish", swap)
    results = commit([said("one", "one"), said("two", "two")], {})

    stored = dict(Message.objects.values_list("seq", "text"))
    assert swaps == []
    assert stored == {
        result.seq: text for result, text in zip(results, ("one", "two"), strict=True) if isinstance(result, Stored | Repeat)
    }


def test_a_conversation_that_somebody_is_continuing_is_not_purged() -> None:
    """Its row is locked and will be young, but until the commit it looks old."""
    store("hi")
    long_ago = timezone.now() - datetime.timedelta(days=400)
    Conversation.objects.update(last_activity_at=long_ago)
    writer = connection.copy()

    with ThreadPoolExecutor(1) as thread, writer.cursor() as cursor:
        cursor.execute("BEGIN; UPDATE chat_conversation SET last_activity_at = now()")
        purging = thread.submit(purge_and_close, timezone.now() - datetime.timedelta(days=30))
        while not purging.done() and not run("SELECT 1 FROM pg_locks WHERE NOT granted"):
            time.sleep(0.01)
        cursor.execute("COMMIT")
        purging.result()
    writer.close()

    assert store("still there") == [(1, "hi"), (2, "still there")]


def purge_and_close(before: datetime.datetime) -> None:
    """In a thread of its own, which has a connection of its own."""
    try:
        purge(before)
    finally:
        connection.close()


async def test_a_row_that_another_program_has_locked_delays_its_own_conversation_only() -> None:
    locked, other = (ConversationRef(public_id=name, language="en") for name in ("locked", "other"))
    writer = Writer(deadline=20)

    async def write(text: str, conversation: ConversationRef) -> Result:
        return await writer.write(said(text, text, conversation), lambda entry, result: None)

    for conversation in (locked, other):
        await write("hello", conversation)
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as program:
        program.execute("SELECT 1 FROM chat_conversation WHERE public_id = 'locked' FOR UPDATE")
        waiting = [asyncio.create_task(write(text, locked)) for text in ("one", "two")]
        started = time.monotonic()
        for number in range(20):
            assert isinstance(await write(str(number), other), Stored)
        took = time.monotonic() - started
        assert not any(task.done() for task in waiting)
        program.rollback()
        assert [(await task).seq for task in waiting] == [2, 3]  # type: ignore[union-attr]
    assert took < 5
    await writer.aclose()
