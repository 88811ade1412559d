"""One transaction that stores and numbers messages of any number of conversations.

The SQL (chat/statements.py) is our own, since this is the hot path: a handful of statements for any number of messages.
"""

from __future__ import annotations

import contextlib
import datetime
import logging
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from django.db import IntegrityError, InterfaceError, InternalError, NotSupportedError, OperationalError, connection

from chat.entries import Entry, Result, Stored, Superfluous
from chat.models import Sender, Status
from chat.statements import PostgreSQL, Row, SQLite, as_json

logger = logging.getLogger(__name__)

OUTAGE = (OperationalError, InterfaceError, InternalError, NotSupportedError)
"""The connection is of no use: the database is away, can only be read since another one has taken over (InternalError), or
was changed by a migration under a prepared statement (NotSupportedError)."""
PROCESS = secrets.token_hex(8)
"""This process, among those of one database."""
MAX_KNOWN = 10_000
"""Conversations that a process remembers, at a third of a KiB each."""


class _Conversation(msgspec.Struct):
    """A row."""

    key: int
    last_seq: int
    status: str
    welcomed: bool
    taken_by: str


_New = tuple[int, Stored, Row]  # with its place among the results
Known = dict[str, _Conversation]
"""Conversations by public id, as this process left them in the database, the one written last at the end."""


def commit(entries: Sequence[Entry], known: Known) -> list[Result]:
    """Store the entries, in one transaction where nothing is in the way; a batch that fails is stored one by one, so that
    one bad row hurts nobody.

    Blocks. An OUTAGE in the result means that the database can't be reached or written; the next try opens a connection.
    known: is brought up to date.
    """
    try:
        return _commit_together(entries, known)
    except OUTAGE as error:
        known.clear()  # another server may have taken over, that lacks what this one had
        _leave_connection()
        return [error] * len(entries)
    except Exception as error:  # noqa: BLE001 - whatever one row causes must not touch the others
        if len(entries) == 1:
            logger.error("A message can't be stored: %s.", type(error).__name__)
            return [error]
        return [commit([entry], known)[0] for entry in entries]


def _leave_connection() -> None:
    try:
        connection.close()
    except Exception as closing:  # noqa: BLE001 - a broken connection may fail in any way
        logger.warning("Closing the connection failed, too: %s.", type(closing).__name__)


def _commit_together(entries: Sequence[Entry], known: Known) -> list[Result]:
    """Repeats are rare: the unique constraints find them, and only then is the database asked which ones they are. So are
    conversations that another process has written meanwhile: their entries are left, and stored when they are found anew.
    """
    try:
        results = _transaction(entries, known, expect_repeats=False)
    except IntegrityError:
        results = _transaction(entries, known, expect_repeats=True)
    left = [index for index, result in enumerate(results) if result is None]
    if left:
        # By commit(), which gives back whatever becomes of them: the others are committed, and must not be stored again.
        for index, result in zip(left, commit([entries[index] for index in left], known), strict=True):
            results[index] = result
    return results  # type: ignore[return-value]


def _transaction(entries: Sequence[Entry], known: Known, *, expect_repeats: bool) -> list[Result | None]:
    statements = SQLite if connection.vendor == "sqlite" else PostgreSQL
    with _raw_cursor() as cursor:
        try:
            return _Batch(statements(cursor), known).store(entries, expect_repeats=expect_repeats)
        finally:
            cursor.connection.rollback()  # what isn't committed


@contextlib.contextmanager
def _raw_cursor() -> Iterator[Any]:
    """The driver's own cursor: Django's rewrites and logs each statement, which costs more than running it."""
    connection.ensure_connection()
    with connection.wrap_database_errors, contextlib.closing(connection.connection.cursor()) as cursor:
        yield cursor


class _Batch:
    def __init__(self, statements: SQLite | PostgreSQL, known: Known) -> None:
        self._statements = statements
        self._known = known
        self._now = datetime.datetime.now(datetime.UTC)
        self._now_stored = connection.ops.adapt_datetimefield_value(self._now)
        self._conversations: Known = {}

    def store(self, entries: Sequence[Entry], *, expect_repeats: bool) -> list[Result | None]:
        """Number and insert the entries; None stands for one whose conversation isn't as it was known.

        Raises IntegrityError where one is a repeat that was not expected.
        """
        is_certain = self._find_conversations(entries, anew=expect_repeats)
        results: list[Result | None] = []
        new: list[_New] = []
        known_seqs: dict[str, int] = {}
        doubted: set[str] = set()
        for entry in entries:
            public_id = entry.address.public_id
            if public_id in doubted:
                results.append(None)
                continue
            conversation = self._conversations.get(public_id)
            if conversation is None or not _has_place(entry, conversation):
                if is_certain:
                    results.append(Superfluous())
                else:  # nor has what comes after it in its conversation a place before it
                    results.append(None)
                    doubted.add(public_id)
                continue
            if expect_repeats and (repeat := self._repeat(entry, conversation)):
                results.append(repeat)
                continue
            known_seqs.setdefault(public_id, conversation.last_seq)
            moved = False
            if entry.sender == Sender.VISITOR:
                moved = conversation.taken_by not in ("", PROCESS)
                conversation.taken_by = PROCESS
            stored, row = self._number(entry, conversation)
            stored.moved = moved
            if expect_repeats:  # the next entry may be a repeat of this one
                stored.key = self._statements.insert_message(row)
            else:
                new.append((len(results), stored, row))
            results.append(stored)
        if known_seqs:
            keys = self._statements.finish([row for _, _, row in new], self._updates(known_seqs))
            for (index, stored, _), key in zip(new, keys, strict=True):
                if key is None:
                    results[index] = None
                    doubted.add(entries[index].address.public_id)
                else:
                    stored.key = key
        self._remember(public_id for public_id in known_seqs if public_id not in doubted)
        return results

    def _find_conversations(self, entries: Sequence[Entry], *, anew: bool) -> bool:
        """Take what is known of the entries' conversations; where that isn't all, find and lock them, and add those that
        are new. Return whether they were found."""
        public_ids = list({entry.address.public_id for entry in entries})
        known = {public_id: self._known.pop(public_id, None) for public_id in public_ids}
        if not anew and None not in known.values():
            self._conversations = known  # type: ignore[assignment]
            return False
        self._keep(self._statements.begin(public_ids))
        begun = {
            entry.address.public_id: entry.address
            for entry in entries
            if entry.in_reply_to is None
            and not entry.continues
            and entry.status != Status.CLOSED
            and entry.address.public_id not in self._conversations
        }
        if begun:
            now = self._now_stored
            rows = [(address.public_id, address.language, address.origin, now, now) for address in begun.values()]
            self._keep(self._statements.add_conversations(sorted(rows), public_ids))
        return True

    def _keep(self, rows: list[Row]) -> None:
        for public_id, *fields in rows:
            self._conversations[public_id] = _Conversation(*fields)

    def _updates(self, known_seqs: Mapping[str, int]) -> list[Row]:
        """The rows of the conversations that are written, in the order of their keys, as they are locked."""
        # In whole seconds: PostgreSQL writes no index anew for a time that stays the same.
        active = connection.ops.adapt_datetimefield_value(self._now.replace(microsecond=0))
        written = [(self._conversations[public_id], public_id, seq) for public_id, seq in known_seqs.items()]
        return [
            (one.last_seq, one.status, one.welcomed, one.taken_by, active, one.key, public_id, seq)
            for one, public_id, seq in sorted(written, key=lambda row: row[0].key)
        ]

    def _remember(self, public_ids: Iterable[str]) -> None:
        for public_id in public_ids:
            self._known[public_id] = self._conversations[public_id]
        while len(self._known) > MAX_KNOWN:
            del self._known[next(iter(self._known))]

    def _repeat(self, entry: Entry, conversation: _Conversation) -> Stored | None:
        """The message that was stored before under this client id, or as an answer to the same message."""
        if entry.client_id is not None:
            row = self._statements.find_message(conversation.key, entry.client_id)
        elif entry.in_reply_to is not None:
            row = self._statements.find_answer(entry.in_reply_to)
        else:
            row = None
        return Stored(row[0], row[1], _moment(row[2]), new=False) if row else None

    def _number(self, entry: Entry, conversation: _Conversation) -> tuple[Stored, Row]:
        """What becomes of the entry as the conversation's next message, but for its key, and its row."""
        conversation.last_seq += 1
        conversation.welcomed = conversation.welcomed or entry.welcome
        conversation.status = _word(_status_with(entry, conversation.status))
        stored = Stored(0, conversation.last_seq, self._now, new=True, status=conversation.status)
        return stored, (
            conversation.key,
            conversation.last_seq,
            _word(entry.sender),
            entry.text,
            as_json(entry.parts) if entry.parts else "[]",
            entry.client_id,
            entry.in_reply_to,
            entry.intent,
            entry.confidence,
            as_json(entry.entities) if entry.entities else "{}",
            _word(entry.outcome),
            entry.provider,
            entry.latency_ms,
            self._now_stored,
        )


def _has_place(entry: Entry, conversation: _Conversation) -> bool:
    if entry.status == Status.CLOSED:
        return conversation.last_seq > 0 and conversation.status != Status.CLOSED
    return not (entry.welcome and conversation.welcomed)


def _status_with(entry: Entry, status: str) -> str:
    if status == Status.CLOSED:
        return Status.BOT if entry.sender == Sender.VISITOR else status
    return entry.status or status


def _word(choice: str) -> str:
    """As a plain string: for a member of an enumeration SQLite's driver looks for an adapter, which takes as long as
    all the rest of the row."""
    return str.__str__(choice)


def _moment(stored: datetime.datetime) -> datetime.datetime:
    """A time as the driver gives it; SQLite's has no zone and is UTC."""
    return stored if stored.tzinfo else stored.replace(tzinfo=datetime.UTC)
