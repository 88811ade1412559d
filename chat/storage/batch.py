"""One transaction that stores and numbers messages of any number of conversations.

The SQL (statements.py, postgresql.py) is our own, since speed matters here: a few statements store any number of messages.
"""

from __future__ import annotations

import contextlib
import datetime
import logging
import operator
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import IntegrityError, InterfaceError, InternalError, NotSupportedError, OperationalError, connection

from chat.models import Outcome, Status
from chat.storage.columns import PROGRESS, SELDOM, STATE, content_of
from chat.storage.entries import Entry, Refusal, Repeat, Result, Stored
from chat.storage.statements import Row, SQLite
from chat.storage.status import Kind, Reason, next_status

if TYPE_CHECKING:
    from chat.storage.postgresql import PostgreSQL

logger = logging.getLogger(__name__)

OUTAGE = (OperationalError, InterfaceError, InternalError, NotSupportedError)
"""The connection can't be used: the database can't be reached, has become read-only after a failover (InternalError), or
was migrated under a prepared statement (NotSupportedError)."""
LOCK_NOT_AVAILABLE = "55P03"
"""PostgreSQL's code for a row that was locked for too long."""
PROCESS = secrets.token_hex(8)
"""Names this process among all that use the database."""
MAX_KNOWN = 10_000
"""Conversations that a process remembers. Each takes a third of a KiB."""


class _Conversation(msgspec.Struct):
    """A row: its key, and the columns of STATE. awaiting: the seqs of the messages that await a reply. waiting_since: as the
    database's driver gives and takes it. written: the columns of SELDOM in the database."""

    key: int
    last_seq: int
    awaiting: list[int]
    status: str
    welcomed: bool
    process: str
    holder: int | None
    returned: int
    waiting_since: Any
    misses: int
    told_at: int
    written: tuple[Any, ...] = ()


class Locked(Exception):
    """Another program holds the conversation's row. The entry can be stored later."""


class _Again(Exception):
    """The batch holds a repeat, and was stored as if it held none."""


_seldom_of: Callable[[_Conversation], tuple[Any, ...]] = operator.attrgetter(*SELDOM)
Known = dict[str, _Conversation]
"""Conversations by public id, as this process last wrote them. The one written last comes last."""


def commit(entries: Sequence[Entry], known: Known) -> list[Result | Exception]:
    """Store the entries, in one transaction if possible. If it fails, each is stored in its own transaction, so that one bad
    row stops no others.

    Blocks. An OUTAGE in the result means that the database can't be reached or written. The next try opens a connection.
    Locked means that another program holds the row of the entry's conversation. known: is updated.
    """
    try:
        return _commit_together(entries, known)
    except OUTAGE as error:
        if getattr(error.__cause__, "sqlstate", "") == LOCK_NOT_AVAILABLE:
            return _without_locked(entries, known)
        known.clear()  # after a failover, the new server may lack what this one had
        _leave_connection()
        return [error] * len(entries)
    except Exception as error:  # noqa: BLE001 - a bad row must not stop the others
        if len(entries) == 1:
            logger.error("A message can't be stored: %s.", type(error).__name__)
            return [error]
        return [commit([entry], known)[0] for entry in entries]


def _without_locked(entries: Sequence[Entry], known: Known) -> list[Result | Exception]:
    """Store the entries whose conversations nobody else has locked."""
    held = locked({entry.conversation.public_id for entry in entries})
    free = [entry for entry in entries if entry.conversation.public_id not in held]
    results = iter(commit(free, known) if free else ())
    return [Locked() if entry.conversation.public_id in held else next(results) for entry in entries]


def locked(public_ids: Collection[str]) -> set[str]:
    """Those conversations whose rows another program has locked. Empty if the database can't be asked. Blocks."""
    try:
        with _raw_cursor() as cursor:
            try:
                return _statements(cursor).locked(list(public_ids))  # type: ignore[union-attr]
            finally:
                cursor.connection.rollback()
    except OUTAGE:
        return set()


def _leave_connection() -> None:
    try:
        connection.close()
    except Exception as closing:  # noqa: BLE001 - a broken connection may fail in any way
        logger.warning("Closing the connection failed, too: %s.", type(closing).__name__)


def _commit_together(entries: Sequence[Entry], known: Known) -> list[Result | Exception]:
    """Repeats are rare, so the database is asked for them only after a constraint has found one. If another process changed
    a conversation, its entries are skipped here, and stored in a second pass after the row has been read again.
    """
    try:
        results = _transaction(entries, known, expect_repeats=False)
    except (IntegrityError, _Again):
        results = _transaction(entries, known, expect_repeats=True)
    left = [index for index, result in enumerate(results) if result is None]
    if left:
        # commit() returns errors, so it can't raise here: the other entries are committed and must not be stored again.
        for index, result in zip(left, commit([entries[index] for index in left], known), strict=True):
            results[index] = result
    return results  # type: ignore[return-value]


def _transaction(entries: Sequence[Entry], known: Known, *, expect_repeats: bool) -> list[Result | Exception | None]:
    with _raw_cursor() as cursor:
        try:
            return _Batch(_statements(cursor), known, expect_repeats=expect_repeats).store(entries)
        finally:
            cursor.connection.rollback()  # if it isn't committed


def _statements(cursor: Any) -> SQLite | PostgreSQL:
    if connection.vendor == "sqlite":
        return SQLite(cursor)
    from chat.storage.postgresql import PostgreSQL  # its driver takes a sixth of the time in which a site on SQLite starts

    return PostgreSQL(cursor)


@contextlib.contextmanager
def _raw_cursor() -> Iterator[Any]:
    """The driver's own cursor. Django rewrites and logs each statement, which takes longer than running it."""
    connection.ensure_connection()
    with connection.wrap_database_errors, contextlib.closing(connection.connection.cursor()) as cursor:
        yield cursor


class _Batch:
    def __init__(self, statements: SQLite | PostgreSQL, known: Known, *, expect_repeats: bool) -> None:
        self._statements = statements
        self._known = known
        self._expect_repeats = expect_repeats
        self._is_certain = False
        self._now = datetime.datetime.now(datetime.UTC)
        self._now_stored = connection.ops.adapt_datetimefield_value(self._now)
        self._conversations: Known = {}

    def store(self, entries: Sequence[Entry]) -> list[Result | Exception | None]:
        """Number and insert the entries. None means that the entry's conversation has changed since it was known.

        Raises IntegrityError or _Again if an unexpected repeat is found.
        """
        self._find_conversations(entries)
        results: list[Result | Exception | None] = []
        new: list[tuple[int, Stored, Row]] = []  # each with its index in the results
        known_seqs: dict[str, int] = {}
        doubted: set[str] = set()
        for place, entry in enumerate(entries):
            public_id = entry.conversation.public_id
            conversation = self._conversations.get(public_id)
            step = _step(entry, conversation)
            reason, status = (step, "") if isinstance(step, Reason) else (None, step)
            if public_id in doubted or (reason and not self._is_certain):
                doubted.add(public_id)  # the conversation's later entries must wait, too
                results.append(None)
            elif (reason or self._expect_repeats) and (repeat := self._repeat(entry, conversation, reason)):
                results.append(repeat)
            elif reason or conversation is None:
                results.append(Refusal(reason or Reason.DELETED, conversation.holder if conversation else None))
            else:
                known_seqs.setdefault(public_id, conversation.last_seq)
                moved = _add(entry, conversation, status, self._now_stored)
                seq = conversation.last_seq
                row = (conversation.key, seq, self._now_stored, *content_of(entry))
                stored = Stored(
                    key=0,
                    seq=seq,
                    at=self._now,
                    status=status,
                    moved=moved,
                    returned=conversation.returned,
                    misses=conversation.misses,
                    told_at=conversation.told_at,
                )
                if self._expect_repeats:  # the next entry may be a repeat of this one
                    stored.key = self._statements.insert_message(row)
                else:
                    new.append((place, stored, row))
                results.append(stored)
        if known_seqs:
            keys = self._statements.finish([row for _, _, row in new], *self._updates(known_seqs))
            for (place, stored, _), key in zip(new, keys, strict=True):
                if key is None:
                    results[place] = None
                    doubted.add(entries[place].conversation.public_id)
                else:
                    stored.key = key
        self._remember(public_id for public_id in known_seqs if public_id not in doubted)
        return results

    def _find_conversations(self, entries: Sequence[Entry]) -> None:
        """Use what is known of the entries' conversations. If any is unknown, find and lock them all, and add the new ones.
        Then what is known of them is certain."""
        public_ids = list({entry.conversation.public_id for entry in entries})
        known = {public_id: self._known.pop(public_id, None) for public_id in public_ids}
        if not self._expect_repeats and None not in known.values():
            self._conversations = known  # type: ignore[assignment]
            return
        self._is_certain = True
        self._keep(self._statements.begin(public_ids))
        begun = {
            entry.conversation.public_id: entry.conversation
            for entry in entries
            if (entry.kind == Kind.WELCOME or (entry.kind == Kind.MESSAGE and not entry.seen))
            and entry.conversation.public_id not in self._conversations
        }
        if begun:
            now = self._now_stored
            rows = [
                (conversation.public_id, conversation.language, conversation.origin, now, now)
                for conversation in begun.values()
            ]
            self._keep(self._statements.add_conversations(sorted(rows), public_ids))

    def _keep(self, rows: list[Row]) -> None:
        for public_id, key, *state in rows:
            fields = dict(zip(STATE, state, strict=True))
            fields["awaiting"] = [int(seq) for seq in fields["awaiting"].split()]
            conversation = self._conversations[public_id] = _Conversation(key, **fields)
            conversation.written = _seldom_of(conversation)

    def _updates(self, known_seqs: Mapping[str, int]) -> tuple[list[Row], tuple[str, ...]]:
        """The rows of the conversations that are written, in the order of their keys, as they are locked. The columns of
        SELDOM, which have indexes, are left out if they are what they were."""
        # Whole seconds: if the time stays the same, PostgreSQL doesn't update its index.
        active = connection.ops.adapt_datetimefield_value(self._now.replace(microsecond=0))
        changed: tuple[str, ...] = PROGRESS
        written = [(self._conversations[public_id], public_id, seq) for public_id, seq in known_seqs.items()]
        for one, _, _ in written:
            if (seldom := _seldom_of(one)) != one.written:
                one.written, changed = seldom, STATE
        return [
            (
                one.last_seq,
                " ".join(map(str, one.awaiting)),
                *(one.written if changed is STATE else ()),
                active,
                one.key,
                public_id,
                seq,
            )
            for one, public_id, seq in sorted(written, key=lambda row: row[0].key)
        ], changed

    def _remember(self, public_ids: Iterable[str]) -> None:
        for public_id in public_ids:
            self._known[public_id] = self._conversations[public_id]
        while len(self._known) > MAX_KNOWN:
            del self._known[next(iter(self._known))]

    def _repeat(self, entry: Entry, conversation: _Conversation | None, reason: Reason | None) -> Repeat | None:
        """The message that is stored under the same client id, or the reply that the message has."""
        if conversation is None:
            return None
        if not self._expect_repeats:
            if reason is Reason.SETTLED:  # its reply may be in this batch, and have no row yet
                raise _Again
            return None
        if entry.client_id is not None:
            row = self._statements.find_message(conversation.key, entry.client_id)
        elif reason is Reason.SETTLED and entry.in_reply_to_id is not None:
            row = self._statements.find_reply(entry.in_reply_to_id)
        else:
            row = None
        if row is None:
            return None
        return Repeat(key=row[0], seq=row[1], last_seq=conversation.last_seq, status=conversation.status)


def _step(entry: Entry, conversation: _Conversation | None) -> str | Reason:
    """The conversation's status after the entry, or why the entry can't be added."""
    if conversation is None:
        return Reason.NOTHING_TO_END if entry.kind == Kind.END else Reason.DELETED
    if entry.seen > conversation.last_seq:
        return Reason.DELETED
    if entry.kind == Kind.WELCOME and conversation.welcomed:
        return Reason.GREETED
    if entry.kind == Kind.END and conversation.last_seq == 0:
        return Reason.NOTHING_TO_END
    if entry.in_reply_to_id is not None and entry.in_reply_to_seq not in conversation.awaiting:
        return Reason.SETTLED
    return next_status(entry.kind, conversation.status, is_holder=conversation.holder == entry.author)


def _add(entry: Entry, conversation: _Conversation, status: str, now: Any) -> bool:
    """Make the entry the conversation's last. Return whether another process took the visitor's message before it."""
    conversation.last_seq += 1
    _change_status(entry, conversation, status, now)
    if entry.kind == Kind.WELCOME:
        conversation.welcomed = True
    _count(entry, conversation)
    if entry.in_reply_to_id is not None:
        conversation.awaiting.remove(entry.in_reply_to_seq)
    if entry.kind != Kind.MESSAGE:
        return False
    if conversation.status != Status.OPERATOR:
        conversation.awaiting.append(conversation.last_seq)
    moved = conversation.process not in ("", PROCESS)
    conversation.process = PROCESS
    return moved


def _count(entry: Entry, conversation: _Conversation) -> None:
    """Note how often in a row the bot didn't understand, and when the visitor was told that nobody is there."""
    if entry.is_miss:
        conversation.misses += 1
    elif entry.kind not in (Kind.MESSAGE, Kind.REPLY) or entry.outcome == Outcome.ANSWERED:
        conversation.misses = 0
    if entry.tells_absence:
        conversation.told_at = int(time.time())


def _change_status(entry: Entry, conversation: _Conversation, after: str, now: Any) -> None:
    before = conversation.status
    conversation.status = after
    if entry.kind == Kind.TAKE:
        conversation.holder = entry.author
        conversation.awaiting.clear()
    elif entry.kind == Kind.HAND_ON:
        conversation.holder = entry.to
    elif before == Status.OPERATOR != after:
        conversation.holder = None
        conversation.returned = conversation.last_seq
    if before != after:
        conversation.waiting_since = now if after == Status.WAITING else None
