"""The SQL for a batch of messages: what both databases have in common, and SQLite's. postgresql.py has PostgreSQL's.

Both classes let the driver's errors through and return its rows. A row is a tuple in the order of chat/storage/columns.py.
Lists and objects, which the drivers don't take, are encoded here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from chat.storage.columns import BEGUN, MESSAGE, PROGRESS, STATE

Row = tuple[Any, ...]

UPDATED = ("last_activity_at", "id", "public_id", "known_seq")
"""A conversation's row in an update: the state's columns that have changed, then these. known_seq: its last seq when it was
read. If the row has another one, another process has written meanwhile."""
NEW_CONVERSATIONS = (
    f"INSERT INTO chat_conversation ({', '.join(BEGUN)}, status, last_seq, welcomed) {{}} ON CONFLICT (public_id) DO NOTHING"
)
CONVERSATIONS = f"SELECT public_id, id, {', '.join(STATE)} FROM chat_conversation WHERE public_id"


class Statements:
    """What both have in common."""

    KNOWN_MESSAGE = "SELECT id, seq FROM chat_message WHERE conversation_id = %s AND client_id = %s"
    KNOWN_REPLY = "SELECT id, seq FROM chat_message WHERE in_reply_to_id = %s"

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._has_begun = False

    def find_message(self, conversation: int, client_id: str) -> Any:
        """Key and seq of a visitor's message, None if there is none."""
        return self._cursor.execute(self.KNOWN_MESSAGE, (conversation, client_id)).fetchone()

    def find_reply(self, message: int) -> Any:
        """Key and seq of the reply to a message, None if there is none."""
        return self._cursor.execute(self.KNOWN_REPLY, (message,)).fetchone()


class SQLite(Statements):
    """The text of a statement never changes, so the driver compiles each once."""

    FIND = f"{CONVERSATIONS} IN (SELECT value FROM json_each(?))"
    ADD = NEW_CONVERSATIONS.format("VALUES (?, ?, ?, ?, ?, 'bot', 0, false)")
    KNOWN_MESSAGE = Statements.KNOWN_MESSAGE.replace("%s", "?")
    KNOWN_REPLY = Statements.KNOWN_REPLY.replace("%s", "?")
    INSERT = f"INSERT INTO chat_message ({', '.join(MESSAGE)}) VALUES ({', '.join('?' * len(MESSAGE))})"
    UPDATE: Mapping[tuple[str, ...], str] = {
        changed: f"UPDATE chat_conversation SET {', '.join(f'{name} = ?' for name in (*changed, 'last_activity_at'))}"
        " WHERE id = ? AND public_id = ? AND last_seq = ?"
        for changed in (PROGRESS, STATE)
    }

    def begin(self, public_ids: list[str]) -> list[Row]:
        """Begin the transaction, which locks the whole database, and find the conversations."""
        self._begin()
        return self._find_conversations(public_ids)

    def _begin(self) -> None:
        self._cursor.execute("BEGIN IMMEDIATE")
        self._has_begun = True

    def add_conversations(self, rows: list[Row], public_ids: list[str]) -> list[Row]:
        """Add the conversations, except those that another process has added meanwhile, and find all of the batch's."""
        self._cursor.executemany(self.ADD, rows)
        return self._find_conversations(public_ids)

    def _find_conversations(self, public_ids: list[str]) -> list[Row]:
        return self._cursor.execute(self.FIND, (as_json(public_ids),)).fetchall()  # type: ignore[no-any-return]

    def insert_message(self, row: Row) -> int:
        """Return its key."""
        return self._cursor.execute(self.INSERT, _plain(row)).lastrowid  # type: ignore[no-any-return]

    def finish(self, messages: list[Row], conversations: list[Row], changed: tuple[str, ...]) -> Sequence[int | None]:
        """Update the conversations, insert the messages and commit. Return the messages' keys. changed: the state's columns
        that have changed, PROGRESS or STATE.

        If one of the conversations has changed since it was known, nothing is stored and each key is None. The keys in one
        transaction are consecutive: nobody else can write, and AUTOINCREMENT gives each row the largest key ever used, plus
        one.
        """
        if not self._has_begun:
            self._begin()
        self._cursor.executemany(self.UPDATE[changed], conversations)
        if self._cursor.rowcount < len(conversations):
            return [None] * len(messages)
        self._cursor.executemany(self.INSERT, map(_plain, messages))
        [last] = self._cursor.execute("SELECT last_insert_rowid()").fetchone()
        self._cursor.execute("COMMIT")
        return range(last - len(messages) + 1, last + 1)


def _plain(row: Row) -> Row:
    """A row with its lists and objects as JSON texts."""
    return tuple([as_json(value) if type(value) in (list, dict) else value for value in row])


def as_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
