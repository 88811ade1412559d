"""Group commit: what has gathered from all connections goes into the database in one transaction.

While one transaction runs, messages wait for the next; each waits for its own commit and no longer. The SQL is our
own, since it is the hot path: a transaction costs a handful of statements however many messages it carries.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
from django.db import IntegrityError, InterfaceError, OperationalError, connection, connections, transaction

logger = logging.getLogger(__name__)

MAX_BATCH = 200
RETRY_PAUSE = 0.2
"""Seconds between two tries while the database can't be reached."""


class NotStored(Exception):
    """The database took nothing in time; nothing was acknowledged."""


class Superfluous(NotStored):
    """There is no place for it: the conversation was deleted meanwhile, or has been greeted before."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Address:
    """Which conversation a message belongs to, and what its row is made of if this is the first message."""

    public_id: str
    language: str
    origin: str = ""


@dataclasses.dataclass(slots=True, kw_only=True)
class Entry:
    """One message to be stored.

    client_id: a visitor's message is stored once per client_id.
    in_reply_to: the seq of the message that this one answers; whoever answers second loses.
    welcome: the greeting, stored once per conversation.
    status: what the conversation's status becomes; empty: it stays.
    """

    address: Address
    sender: str
    text: str
    parts: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    client_id: str | None = None
    in_reply_to: int | None = None
    intent: str = ""
    confidence: float | None = None
    entities: dict[str, Any] = dataclasses.field(default_factory=dict)
    outcome: str = ""
    provider: str = ""
    latency_ms: int | None = None
    welcome: bool = False
    status: str = ""


@dataclasses.dataclass(slots=True)
class Stored:
    """A committed message. `new` is False where it had been stored before: nothing was written."""

    seq: int
    at: datetime.datetime
    new: bool


@dataclasses.dataclass(slots=True)
class _Conversation:
    key: int
    last_seq: int
    status: str
    welcomed: bool


Result = Stored | Exception
Waiter = tuple[Entry, float, "asyncio.Future[Stored]"]


class Writer:
    """Takes entries from the event loop and commits them in a thread of its own, in the order of their arrival."""

    def __init__(self, deadline: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._deadline = deadline
        self._clock = clock
        self._waiting: list[Waiter] = []
        self._task: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="chat-writer")

    async def write(self, entry: Entry) -> Stored:
        """Return when the entry is committed.

        Raises NotStored when the database took nothing within the deadline, Superfluous when it has no place for it.
        """
        future: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, self._clock() + self._deadline, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._commit_all())
        return await future

    async def aclose(self) -> None:
        """Commit what waits, then end the thread and its connection."""
        if self._task is not None:
            await asyncio.wait({self._task})
        await asyncio.get_running_loop().run_in_executor(self._thread, connections.close_all)
        self._thread.shutdown()

    async def _commit_all(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            committing = loop.run_in_executor(self._thread, commit, [entry for entry, _, _ in batch])
            while not (await asyncio.wait({committing}, timeout=1))[0]:
                self._give_up([*batch, *self._waiting])
            results = committing.result()
            unreachable = []
            for waiter, result in zip(batch, results, strict=True):
                _, until, future = waiter
                if isinstance(result, OperationalError | InterfaceError) and self._clock() + RETRY_PAUSE < until:
                    unreachable.append(waiter)
                elif future.done():
                    continue
                elif isinstance(result, Stored):
                    future.set_result(result)
                else:
                    future.set_exception(result if isinstance(result, NotStored) else NotStored())
            if unreachable:
                self._waiting = unreachable + self._waiting
                await asyncio.sleep(RETRY_PAUSE)

    def _give_up(self, waiters: Iterable[Waiter]) -> None:
        """Tell those whose time is spent that nothing is certain: the database hangs. Sent again, a message that was
        stored after all is known by its client id."""
        for _, until, future in waiters:
            if self._clock() > until and not future.done():
                future.set_exception(NotStored())


def commit(entries: Sequence[Entry]) -> list[Result]:
    """Store the entries in one transaction; a batch that fails is stored one by one, so that one bad row hurts nobody.

    Blocks. An OperationalError or InterfaceError in the result means that the database can't be reached or written.
    """
    try:
        return _commit_together(entries)
    except (OperationalError, InterfaceError) as error:
        _leave_connection(error)
        return [error] * len(entries)
    except Exception as error:  # noqa: BLE001 - whatever one row causes must not touch the others
        if len(entries) == 1:
            logger.error("A message can't be stored: %s.", type(error).__name__)
            return [error]
        return [commit([entry])[0] for entry in entries]


def _leave_connection(error: Exception) -> None:
    """The next try opens a new one."""
    logger.warning("The database can't be written: %s.", type(error).__name__)
    try:
        connection.close()
    except Exception as closing:  # noqa: BLE001 - a broken connection may fail in any way
        logger.warning("Closing the connection failed, too: %s.", type(closing).__name__)


def _commit_together(entries: Sequence[Entry]) -> list[Result]:
    """Repeats are rare: the unique constraints find them, and only then is the database asked which ones they are."""
    try:
        return _transaction(entries, expect_repeats=False)
    except IntegrityError:
        return _transaction(entries, expect_repeats=True)


def _transaction(entries: Sequence[Entry], *, expect_repeats: bool) -> list[Result]:
    with transaction.atomic(), _raw_cursor() as cursor:
        return _Batch(cursor).store(entries, expect_repeats=expect_repeats)


@contextlib.contextmanager
def _raw_cursor() -> Iterator[Any]:
    """The driver's own cursor: Django's rewrites and logs each statement, which costs more than running it."""
    with connection.wrap_database_errors, contextlib.closing(connection.connection.cursor()) as cursor:
        yield cursor


_POSTGRESQL = {"in": "= ANY(%s)", "lock": "ORDER BY id FOR UPDATE", "marks": "%s"}
_SQLITE = {"in": "IN (SELECT value FROM json_each(?))", "lock": "", "marks": "?"}


class _Batch:
    """The statements of one transaction. Their text never changes, so that the driver prepares each once."""

    SELECT = "SELECT public_id, id, last_seq, status, welcomed FROM chat_conversation WHERE public_id {in} {lock}"
    BEGIN = (
        "INSERT INTO chat_conversation"
        " (public_id, language, origin, status, last_seq, welcomed, created_at, last_activity_at)"
        " VALUES (%s, %s, %s, 'bot', 0, false, %s, %s) ON CONFLICT (public_id) DO NOTHING"
    )
    KNOWN = "SELECT seq, created_at FROM chat_message WHERE conversation_id = %s AND client_id = %s"
    ANSWER = (
        "SELECT answer.seq, answer.created_at FROM chat_message AS answer JOIN chat_message AS message"
        " ON answer.in_reply_to_id = message.id WHERE message.conversation_id = %s AND message.seq = %s"
    )
    INSERT = (
        "INSERT INTO chat_message (conversation_id, seq, sender, text, parts, client_id, in_reply_to_id, intent,"
        " confidence, entities, outcome, provider, latency_ms, created_at) VALUES (%s, %s, %s, %s, %s, %s,"
        " (SELECT id FROM chat_message WHERE conversation_id = %s AND seq = %s), %s, %s, %s, %s, %s, %s, %s)"
    )
    UPDATE = "UPDATE chat_conversation SET last_seq = %s, status = %s, welcomed = %s, last_activity_at = %s WHERE id = %s"

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._dialect = _SQLITE if connection.vendor == "sqlite" else _POSTGRESQL
        self._now = datetime.datetime.now(datetime.UTC)
        self._now_stored = connection.ops.adapt_datetimefield_value(self._now)
        self._conversations: dict[str, _Conversation] = {}

    def store(self, entries: Sequence[Entry], *, expect_repeats: bool) -> list[Result]:
        """Number and insert the entries. Raises IntegrityError where one is a repeat that was not expected."""
        self._lock_conversations(entries)
        results: list[Result] = []
        rows: list[tuple[Any, ...]] = []
        written: dict[int, _Conversation] = {}
        for entry in entries:
            conversation = self._conversations.get(entry.address.public_id)
            if conversation is None or (entry.welcome and conversation.welcomed):
                results.append(Superfluous())
                continue
            if expect_repeats and (repeat := self._repeat(entry, conversation)):
                results.append(repeat)
                continue
            conversation.last_seq += 1
            conversation.welcomed = conversation.welcomed or entry.welcome
            conversation.status = entry.status or conversation.status
            written[conversation.key] = conversation
            rows.append(self._row(entry, conversation))
            results.append(Stored(conversation.last_seq, self._now, new=True))
            if expect_repeats:  # the next entry may be a repeat of this one
                self._insert(rows)
                rows.clear()
        self._insert(rows)
        self._update(written.values())
        return results

    def _lock_conversations(self, entries: Sequence[Entry]) -> None:
        self._select({entry.address.public_id for entry in entries})
        begun = {
            entry.address.public_id: entry.address
            for entry in entries
            if entry.in_reply_to is None and entry.address.public_id not in self._conversations
        }
        if begun:
            now = self._now_stored
            rows = [(address.public_id, address.language, address.origin, now, now) for address in begun.values()]
            self._cursor.executemany(self._sql(self.BEGIN), rows)
            self._select(set(begun))

    def _select(self, public_ids: set[str]) -> None:
        texts = msgspec.json.encode(list(public_ids)).decode() if self._dialect is _SQLITE else list(public_ids)
        self._cursor.execute(self.SELECT.format_map(self._dialect), (texts,))
        for public_id, *fields in self._cursor.fetchall():
            self._conversations[public_id] = _Conversation(*fields)

    def _repeat(self, entry: Entry, conversation: _Conversation) -> Stored | None:
        """The message that was stored before under this client id, or as an answer to the same message."""
        if entry.client_id is not None:
            self._cursor.execute(self._sql(self.KNOWN), (conversation.key, entry.client_id))
        elif entry.in_reply_to is not None:
            self._cursor.execute(self._sql(self.ANSWER), (conversation.key, entry.in_reply_to))
        else:
            return None
        row = self._cursor.fetchone()
        return Stored(row[0], _moment(row[1]), new=False) if row else None

    def _row(self, entry: Entry, conversation: _Conversation) -> tuple[Any, ...]:
        return (
            conversation.key,
            conversation.last_seq,
            entry.sender,
            entry.text,
            _json(entry.parts),
            entry.client_id,
            conversation.key,
            entry.in_reply_to,
            entry.intent,
            entry.confidence,
            _json(entry.entities),
            entry.outcome,
            entry.provider,
            entry.latency_ms,
            self._now_stored,
        )

    def _insert(self, rows: list[tuple[Any, ...]]) -> None:
        self._cursor.executemany(self._sql(self.INSERT), rows)

    def _update(self, conversations: Iterable[_Conversation]) -> None:
        self._cursor.executemany(
            self._sql(self.UPDATE),
            [
                (conversation.last_seq, conversation.status, conversation.welcomed, self._now_stored, conversation.key)
                for conversation in conversations
            ],
        )

    def _sql(self, statement: str) -> str:
        return statement.replace("%s", self._dialect["marks"])


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _moment(stored: datetime.datetime) -> datetime.datetime:
    """A time as the driver gives it; SQLite's has no zone and is UTC."""
    return stored if stored.tzinfo else stored.replace(tzinfo=datetime.UTC)
