"""What a batch of messages asks of the database, in SQLite's words and in PostgreSQL's.

Both classes give the driver's errors and rows as they are; the arguments of rows stand in the order of the statement.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from psycopg.errors import DuplicatePreparedStatement, InvalidSqlStatementName

Row = tuple[Any, ...]

NEW_CONVERSATIONS = (
    "INSERT INTO chat_conversation"
    " (public_id, language, origin, created_at, last_activity_at, status, last_seq, welcomed)"
    " {} ON CONFLICT (public_id) DO NOTHING"
)
CONVERSATIONS = "SELECT public_id, id, last_seq, status, welcomed, taken_by FROM chat_conversation WHERE public_id"
MESSAGE_COLUMNS = (
    "conversation_id, seq, sender, text, parts, client_id, in_reply_to_id, intent, confidence, entities, outcome, provider,"
    " latency_ms, created_at"
)


def _names(*statements: str) -> dict[str, str]:
    """Names made of the words of all: behind a pooler another version of the chat may have prepared other ones, and a
    connection is to know all or none."""
    version = hashlib.sha256("; ".join(statements).encode()).hexdigest()[:16]
    return {statement: f"chat_{version}_{number}" for number, statement in enumerate(statements)}


class Statements:
    """What both have in common."""

    KNOWN_MESSAGE = "SELECT id, seq, created_at FROM chat_message WHERE conversation_id = %s AND client_id = %s"
    KNOWN_ANSWER = "SELECT id, seq, created_at FROM chat_message WHERE in_reply_to_id = %s"

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._has_begun = False

    def find_message(self, conversation: int, client_id: str) -> Any:
        return self._cursor.execute(self.KNOWN_MESSAGE, (conversation, client_id)).fetchone()

    def find_answer(self, message: int) -> Any:
        return self._cursor.execute(self.KNOWN_ANSWER, (message,)).fetchone()


class SQLite(Statements):
    """The text of a statement never changes, so that the driver compiles each once."""

    FIND = f"{CONVERSATIONS} IN (SELECT value FROM json_each(?))"
    ADD = NEW_CONVERSATIONS.format("VALUES (?, ?, ?, ?, ?, 'bot', 0, false)")
    KNOWN_MESSAGE = Statements.KNOWN_MESSAGE.replace("%s", "?")
    KNOWN_ANSWER = Statements.KNOWN_ANSWER.replace("%s", "?")
    INSERT = f"INSERT INTO chat_message ({MESSAGE_COLUMNS}) VALUES ({', '.join('?' * len(MESSAGE_COLUMNS.split(', ')))})"
    UPDATE = (
        "UPDATE chat_conversation SET last_seq = ?, status = ?, welcomed = ?, taken_by = ?, last_activity_at = ?"
        " WHERE id = ? AND public_id = ? AND last_seq = ?"
    )

    def begin(self, public_ids: list[str]) -> list[Row]:
        """Begin the transaction, which as a whole is the lock, and find the conversations."""
        self._begin()
        return self._find_conversations(public_ids)

    def _begin(self) -> None:
        self._cursor.execute("BEGIN IMMEDIATE")
        self._has_begun = True

    def add_conversations(self, rows: list[Row], public_ids: list[str]) -> list[Row]:
        """Add those that nobody else has added meanwhile, and find all of the batch's."""
        self._cursor.executemany(self.ADD, rows)
        return self._find_conversations(public_ids)

    def _find_conversations(self, public_ids: list[str]) -> list[Row]:
        return self._cursor.execute(self.FIND, (as_json(public_ids),)).fetchall()  # type: ignore[no-any-return]

    def insert_message(self, row: Row) -> int:
        """Return its key."""
        return self._cursor.execute(self.INSERT, row).lastrowid  # type: ignore[no-any-return]

    def finish(self, messages: list[Row], conversations: list[Row]) -> Sequence[int | None]:
        """Update the conversations, insert the messages and commit; return the messages' keys.

        Nothing is stored and each key is None where one of the conversations isn't as it was known. The keys follow each
        other in one transaction: nobody else can write, and AUTOINCREMENT gives each row one more than the largest key that
        there has been.
        """
        if not self._has_begun:
            self._begin()
        self._cursor.executemany(self.UPDATE, conversations)
        if self._cursor.rowcount < len(conversations):
            return [None] * len(messages)
        self._cursor.executemany(self.INSERT, messages)
        [last] = self._cursor.execute("SELECT last_insert_rowid()").fetchone()
        self._cursor.execute("COMMIT")
        return range(last - len(messages) + 1, last + 1)


class PostgreSQL(Statements):
    """All rows of a statement travel as one JSON text or an array for each column: one by one each would cost a round trip.
    For the same reason several statements travel together, which Django's cursor allows, since it puts the arguments in by
    itself."""

    BEGIN = (
        "BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;"
        " SET LOCAL idle_in_transaction_session_timeout = 3000"
    )
    """PostgreSQL keeps the plan of a prepared statement: one that it made for a new site's few rows would read the whole
    table when there are many. A bitmap's rows come, and are locked, in the order of their places on the disk; an index's in
    that of their keys, in which everybody locks. And what a process that stands still has locked is free after 3 seconds."""
    FIND = f"{CONVERSATIONS} = ANY(%s::text[]) ORDER BY id FOR UPDATE"
    ADD = NEW_CONVERSATIONS.format(
        "SELECT public_id, language, origin, created_at, last_activity_at, 'bot', 0, false FROM json_to_recordset(%s) AS new"
        " (public_id text, language text, origin text, created_at timestamptz, last_activity_at timestamptz)"
    )
    INSERT = (
        f"INSERT INTO chat_message ({MESSAGE_COLUMNS})"
        " SELECT conversation_id, seq, sender, text, parts::jsonb, client_id, in_reply_to_id, intent, confidence,"
        " entities::jsonb, outcome, provider, latency_ms, created_at"
        " FROM json_to_recordset(%s::json) AS message (conversation_id bigint, seq integer, sender text, text text,"
        " parts text, client_id text, in_reply_to_id bigint, intent text, confidence float8, entities text, outcome text,"
        " provider text, latency_ms integer, created_at timestamptz){} ORDER BY conversation_id, seq"
        " RETURNING conversation_id, seq, id"
    )
    INSERT_ONE = INSERT.format("")
    STORE = (
        "WITH updated AS (UPDATE chat_conversation AS old SET last_seq = new.last_seq, status = new.status,"
        " welcomed = new.welcomed, taken_by = new.taken_by, last_activity_at = new.last_activity_at"
        " FROM unnest(%s::integer[], %s::text[], %s::boolean[], %s::text[], %s::timestamptz[], %s::bigint[], %s::text[],"
        " %s::integer[]) AS new (last_seq, status, welcomed, taken_by, last_activity_at, id, public_id, known_seq)"
        " WHERE old.id = new.id AND old.public_id = new.public_id AND old.last_seq = new.known_seq"
        " AND old.id = ANY(%s::bigint[]) RETURNING old.id) "
    ) + INSERT.format(" WHERE conversation_id IN (SELECT id FROM updated)")
    """The keys stand there twice: from the rows alone PostgreSQL can't see how few they are, and reads the table."""
    NAMES = _names(FIND, STORE)
    MESSAGE_NAMES = tuple(MESSAGE_COLUMNS.split(", "))
    NEW_CONVERSATION_NAMES = ("public_id", "language", "origin", "created_at", "last_activity_at")

    _prepared: weakref.WeakKeyDictionary[Any, Mapping[str, str]] = weakref.WeakKeyDictionary()
    """By the driver's connection: what stands for each statement that is prepared there."""

    def begin(self, public_ids: list[str]) -> list[Row]:
        """Begin the transaction, find the conversations and lock them."""
        return self._execute(self.FIND, [_array(public_ids)], commit=False)

    def _execute(self, statement: str, arguments: Sequence[Any], *, commit: bool) -> list[Row]:
        """Run a statement that is prepared, together with the transaction's beginning, if it hasn't begun, and its end."""
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
        """Those of the one statement that gives any, among all that travelled together."""
        rows: list[Row] = []
        while True:
            if self._cursor.description is not None:
                rows = self._cursor.fetchall()
            if not self._cursor.nextset():
                return rows

    def _prepare(self) -> Mapping[str, str]:
        """Have each batch's statements planned once: that takes PostgreSQL about as long as to run one."""
        try:
            self._cursor.execute("; ".join(f"PREPARE {name} AS {_numbered(words)}" for words, name in self.NAMES.items()))
        except DuplicatePreparedStatement:  # a pooler gave us a connection that another process has used
            return {}
        return {words: f"EXECUTE {name}({', '.join(['%s'] * words.count('%s'))})" for words, name in self.NAMES.items()}

    def add_conversations(self, rows: list[Row], public_ids: list[str]) -> list[Row]:
        """Add those that nobody else has added meanwhile, then find and lock all of the batch's.

        In a transaction of its own: who waits here for another process that adds one of them must hold no lock for which
        that process waits. Both add in the same order. One whose first message then can't be stored stays empty.
        """
        added = (_records(self.NEW_CONVERSATION_NAMES, rows), _array(public_ids))
        self._cursor.execute(f"ROLLBACK; BEGIN; {self.ADD}; COMMIT; {self.BEGIN}; {self.FIND}", added)
        return self._rows()

    def insert_message(self, row: Row) -> int:
        """Return its key."""
        self._cursor.execute(self.INSERT_ONE, [_records(self.MESSAGE_NAMES, [row])])
        [(_, _, key)] = self._rows()
        return key  # type: ignore[no-any-return]

    def finish(self, messages: list[Row], conversations: list[Row]) -> Sequence[int | None]:
        """Update the conversations, insert the messages and commit; return the messages' keys.

        A message isn't stored and its key is None where its conversation isn't as it was known.
        """
        columns = [_array(column) for column in zip(*conversations, strict=True)]
        records = _records(self.MESSAGE_NAMES, messages)
        stored = self._execute(self.STORE, [*columns, columns[-3], records], commit=True)
        keys = {(conversation, seq): key for conversation, seq, key in stored}
        return [keys.get(message[:2]) for message in messages]


def _records(names: Sequence[str], rows: list[Row]) -> str:
    return as_json([dict(zip(names, row, strict=True)) for row in rows])


def _numbered(statement: str) -> str:
    """With $1, $2 and so on for the arguments."""
    numbers = itertools.count(1)
    return re.sub("%s", lambda _: f"${next(numbers)}", statement)


def _array(values: Sequence[Any]) -> str:
    """Numbers, times or plain words as PostgreSQL writes an array, in a tenth of the time that the driver takes."""
    return "{" + as_json(values)[1:-1] + "}"


def as_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
