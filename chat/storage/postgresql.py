"""The SQL for a batch of messages on PostgreSQL. Only a site that uses it imports this module and the driver."""

from __future__ import annotations

import hashlib
import itertools
import re
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.errors import DuplicatePreparedStatement, InvalidSqlStatementName

from chat.storage.columns import BEGUN, MESSAGE, PROGRESS, STATE
from chat.storage.statements import CONVERSATIONS, NEW_CONVERSATIONS, UPDATED, Row, Statements, as_json


class PostgreSQL(Statements):
    """All rows of a statement are sent as one JSON text, since one by one each would cost a round trip. For the same reason
    several statements are sent together. Django's cursor allows that, since it fills in the arguments on the client's
    side."""

    BEGIN = (
        "BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;"
        " SET LOCAL idle_in_transaction_session_timeout = 3000; SET LOCAL lock_timeout = 500"
    )
    """PostgreSQL keeps the plan of a prepared statement. If it made the plan when the table had few rows, it would read the
    whole table when there are many. With an index, rows are found and locked in the order of their keys, in which all
    processes lock. With a bitmap they would come in the order of their places on the disk.
    idle_in_transaction_session_timeout frees the locks of a stalled process after 3 s. A row that another program has locked
    is waited for no longer than lock_timeout."""
    FIND = f"{CONVERSATIONS} = ANY(%s::text[]) ORDER BY id FOR UPDATE"
    LOCKED = (
        "SELECT public_id FROM chat_conversation WHERE public_id = ANY(%s) EXCEPT SELECT public_id FROM"
        " (SELECT public_id FROM chat_conversation WHERE public_id = ANY(%s) FOR UPDATE SKIP LOCKED) AS free"
    )
    ADD = NEW_CONVERSATIONS.format(
        f"SELECT {', '.join(BEGUN)}, 'bot', 0, false FROM json_populate_recordset(NULL::chat_conversation, %s::json)"
    )
    INSERT = (
        f"INSERT INTO chat_message ({', '.join(MESSAGE)}) SELECT {', '.join(MESSAGE)}"
        " FROM json_populate_recordset(NULL::chat_message, %s::json){} ORDER BY conversation_id, seq"
        " RETURNING conversation_id, seq, id"
    )
    INSERT_ONE = INSERT.format("")
    STORE: Mapping[tuple[str, ...], str] = {
        changed: (
            "WITH updated AS (UPDATE chat_conversation AS old"
            f" SET {', '.join(f'{name} = new.{name}' for name in (*changed, 'last_activity_at'))}"
            " FROM ROWS FROM (json_populate_recordset(NULL::chat_conversation, %s::json), unnest(%s::integer[])) AS new"
            " WHERE old.id = new.id AND old.public_id = new.public_id AND old.last_seq = new.unnest"
            f" AND old.id = ANY(%s::bigint[]) RETURNING old.id) {insert}"
        )
        for insert in [INSERT.format(" WHERE conversation_id IN (SELECT id FROM updated)")]
        for changed in (PROGRESS, STATE)
    }
    """The known seqs stand beside the records in one list. From two lists PostgreSQL 15 makes all pairs first, which are
    40,000 if there are 200 conversations. The keys are given a second time, because PostgreSQL can't see how few the records
    are and would read the table."""
    NAMES: Mapping[str, str]
    """The name under which each statement is prepared."""

    _prepared: weakref.WeakKeyDictionary[Any, Mapping[str, str]] = weakref.WeakKeyDictionary()
    """By the driver's connection: the call of each statement that is prepared there."""

    def begin(self, public_ids: list[str]) -> list[Row]:
        """Begin the transaction, find the conversations and lock them."""
        return self._execute(self.FIND, [_array(public_ids)], commit=False)

    def locked(self, public_ids: list[str]) -> set[str]:
        """Those conversations whose rows another transaction has locked."""
        return {public_id for (public_id,) in self._cursor.execute(self.LOCKED, (public_ids, public_ids)).fetchall()}

    def _execute(self, statement: str, arguments: Sequence[Any], *, commit: bool) -> list[Row]:
        """Run a prepared statement. Begin the transaction with it if it hasn't begun, and commit if asked."""
        connection = self._cursor.connection
        if connection not in self._prepared:
            self._prepared[connection] = self._prepare()
        try:
            self._cursor.execute(self._words(statement, commit=commit), arguments)
        except InvalidSqlStatementName:  # a pooler gave this transaction another connection
            self._prepared[connection] = {}
            if self._has_begun:
                raise
            connection.rollback()
            self._cursor.execute(self._words(statement, commit=commit), arguments)
        self._has_begun = not commit
        return self._rows()

    def _words(self, statement: str, *, commit: bool) -> str:
        begin = [] if self._has_begun else [self.BEGIN]
        short = self._prepared[self._cursor.connection].get(statement, statement)
        return "; ".join([*begin, short, "COMMIT"] if commit else [*begin, short])

    def _rows(self) -> list[Row]:
        """The rows of the one statement, among all that were sent together, that returns rows."""
        rows: list[Row] = []
        while True:
            if self._cursor.description is not None:
                rows = self._cursor.fetchall()
            if not self._cursor.nextset():
                return rows

    def _prepare(self) -> Mapping[str, str]:
        """Have PostgreSQL plan each statement only once, since planning takes about as long as running it."""
        try:
            self._cursor.execute("; ".join(f"PREPARE {name} AS {_numbered(words)}" for words, name in self.NAMES.items()))
        except DuplicatePreparedStatement:  # a pooler gave us a connection that another process has used
            return {}
        return {words: f"EXECUTE {name}({', '.join(['%s'] * words.count('%s'))})" for words, name in self.NAMES.items()}

    def add_conversations(self, rows: list[Row], public_ids: list[str]) -> list[Row]:
        """Add the conversations, except those that another process has added meanwhile. Find and lock all of the batch's.

        Adding is a transaction of its own. It may wait for another process that adds the same one, and must then hold no
        lock that this process waits for. All processes add in the same order. If a conversation's first message then can't
        be stored, it stays empty.
        """
        added = (_records(BEGUN, rows), _array(public_ids))
        self._cursor.execute(f"ROLLBACK; BEGIN; {self.ADD}; COMMIT; {self.BEGIN}; {self.FIND}", added)
        return self._rows()

    def insert_message(self, row: Row) -> int:
        """Return its key."""
        self._cursor.execute(self.INSERT_ONE, [_records(MESSAGE, [row])])
        [(_, _, key)] = self._rows()
        return key  # type: ignore[no-any-return]

    def finish(self, messages: list[Row], conversations: list[Row], changed: tuple[str, ...]) -> Sequence[int | None]:
        """Update the conversations, insert the messages and commit. Return the messages' keys. changed: the state's columns
        that have changed, PROGRESS or STATE.

        If a message's conversation has changed since it was known, the message isn't stored and its key is None.
        """
        *_, keys, _, known_seqs = zip(*conversations, strict=True)  # as in UPDATED
        records = _records((*changed, *UPDATED), conversations)
        arguments = [records, _array(known_seqs), _array(keys), _records(MESSAGE, messages)]
        rows = self._execute(self.STORE[changed], arguments, commit=True)
        stored = {(conversation, seq): key for conversation, seq, key in rows}
        return [stored.get(message[:2]) for message in messages]


def _names(*statements: str) -> dict[str, str]:
    """Names made from the texts of all statements. Behind a pooler, another version of the chat may have prepared other
    statements, and a connection must know all of a version or none."""
    version = hashlib.sha256("; ".join(statements).encode()).hexdigest()[:16]
    return {statement: f"chat_{version}_{number}" for number, statement in enumerate(statements)}


PostgreSQL.NAMES = _names(PostgreSQL.FIND, *PostgreSQL.STORE.values())


def _records(names: Sequence[str], rows: list[Row]) -> str:
    return as_json([dict(zip(names, row, strict=True)) for row in rows])


def _numbered(statement: str) -> str:
    """With $1, $2 and so on for the arguments."""
    numbers = itertools.count(1)
    return re.sub("%s", lambda _: f"${next(numbers)}", statement)


def _array(values: Sequence[Any]) -> str:
    """Numbers or simple words as a PostgreSQL array, in a tenth of the time that the driver takes."""
    return "{" + as_json(values)[1:-1] + "}"
