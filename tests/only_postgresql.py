"""What only PostgreSQL has: statements that a connection has prepared, and poolers that lose them.

test_postgresql.py runs this module.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from chat import statements
from chat.batch import Address, Entry, commit
from chat.models import Message

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = Address(public_id="00000000-0000-4000-8000-000000000001", language="de")


@pytest.fixture(autouse=True)
def new_connection() -> Iterator[None]:
    connection.close()
    yield
    connection.close()


def store(*texts: str) -> list[tuple[int, str]]:
    """Store messages, each in a batch of its own, and return all that are stored."""
    for text in texts:
        commit([Entry(address=ADDRESS, sender="visitor", text=text, client_id=text)])
    return list(Message.objects.order_by("seq").values_list("seq", "text"))


def run(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else None


def test_what_each_batch_asks_is_planned_once() -> None:
    store("one", "two", "three")

    runs = run("SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE name LIKE 'chat_%'")
    assert runs == [(3,), (3,), (3,)]


def test_a_pooler_that_loses_the_statements_costs_no_message() -> None:
    store("one")
    run("DEALLOCATE ALL")

    assert store("two", "three") == [(1, "one"), (2, "two"), (3, "three")]


def test_a_pooler_that_has_the_statements_of_another_process_costs_no_message() -> None:
    run(f"PREPARE {statements.name_of(statements.PostgreSQL.FIND)} AS SELECT 1")

    assert store("one", "two") == [(1, "one"), (2, "two")]


def test_a_migration_while_the_process_runs_costs_no_message() -> None:
    store("one")
    run("ALTER TABLE chat_conversation ALTER COLUMN status TYPE text")
    try:
        assert store("two", "three") == [(1, "one"), (2, "two"), (3, "three")]
    finally:
        run("ALTER TABLE chat_conversation ALTER COLUMN status TYPE varchar(8)")
