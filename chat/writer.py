"""Group commit: what has gathered from all connections goes into the database in one transaction.

While one transaction runs, messages wait for the next; each waits for its own commit and no longer. The SQL is our
own, since it is the hot path: a transaction costs a handful of statements however many messages it carries.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import json
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import InterfaceError, OperationalError, connection, connections, transaction

from chat.models import Status

logger = logging.getLogger(__name__)

MAX_BATCH = 200
RETRY_PAUSE = 0.2
"""Seconds between two tries while the database can't be reached."""


class NotStored(Exception):
    """The database took nothing in time; nothing was acknowledged."""


class Gone(NotStored):
    """The conversation was deleted while its turn ran."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Address:
    """Which conversation a message belongs to, and what its row is made of if this is the first message."""

    public_id: str
    language: str
    origin: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry:
    """One message to be stored.

    client_id: a visitor's message is stored once per client_id.
    in_reply_to: the key of the message that this one answers; whoever answers second loses.
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


@dataclasses.dataclass(frozen=True)
class Stored:
    """A committed message. `new` is False where it had been stored before: nothing was written."""

    key: int
    seq: int
    at: datetime.datetime
    new: bool


@dataclasses.dataclass
class _Conversation:
    key: int
    last_seq: int
    status: str
    welcomed: bool


Result = Stored | Exception


class Writer:
    """Takes entries from the event loop and commits them in a thread of its own, in the order of their arrival."""

    def __init__(self, deadline: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._deadline = deadline
        self._clock = clock
        self._waiting: list[tuple[Entry, float, asyncio.Future[Stored]]] = []
        self._task: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="chat-writer")

    async def write(self, entry: Entry) -> Stored:
        """Return when the entry is committed. Raises NotStored when the database took nothing within the deadline."""
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
            results = await loop.run_in_executor(self._thread, commit, [entry for entry, _, _ in batch])
            unreachable = []
            for waiter, result in zip(batch, results, strict=True):
                _, until, future = waiter
                if isinstance(result, OperationalError | InterfaceError) and self._clock() + RETRY_PAUSE < until:
                    unreachable.append(waiter)
                elif future.cancelled():
                    continue
                elif isinstance(result, Stored):
                    future.set_result(result)
                else:
                    future.set_exception(result if isinstance(result, NotStored) else NotStored())
            if unreachable:
                self._waiting = unreachable + self._waiting
                await asyncio.sleep(RETRY_PAUSE)


def commit(entries: Sequence[Entry]) -> list[Result]:
    """Store the entries in one transaction; a batch that fails is stored one by one, so that one bad row hurts nobody.

    Blocks. An OperationalError or InterfaceError in the result means that the database can't be reached or written.
    """
    try:
        return _commit_together(entries)
    except (OperationalError, InterfaceError) as error:
        _unreachable(error)
        return [error] * len(entries)
    except Exception as error:
        if len(entries) == 1:
            logger.error("A message can't be stored: %s.", type(error).__name__)
            return [error]
        return [commit([entry])[0] for entry in entries]


def _unreachable(error: Exception) -> None:
    """Leave the broken connection; the next try opens a new one."""
    logger.warning("The database can't be written: %s.", type(error).__name__)
    try:
        connection.close()
    except Exception as closing:
        logger.warning("Closing the connection failed, too: %s.", type(closing).__name__)


def _commit_together(entries: Sequence[Entry]) -> list[Result]:
    with transaction.atomic(), connection.cursor() as cursor:
        return _Batch(cursor, entries).store()


class _Batch:
    """The statements of one transaction."""

    def __init__(self, cursor: Any, entries: Sequence[Entry]) -> None:
        self.cursor = cursor
        self.entries = entries
        self.now = datetime.datetime.now(datetime.UTC)
        self.conversations: dict[str, _Conversation] = {}

    def store(self) -> list[Result]:
        self._lock_conversations()
        known = self._known_messages()
        answered = self._answered_messages()
        results: list[Result | None] = []
        inserts: dict[tuple[int, int], int] = {}
        rows: list[Any] = []
        repeats: dict[int, int] = {}
        for index, entry in enumerate(self.entries):
            results.append(None)
            conversation = self.conversations.get(entry.address.public_id)
            if conversation is None:
                results[index] = Gone()
                continue
            identity = (conversation.key, entry.client_id)
            before = (
                answered.get(entry.in_reply_to) if entry.in_reply_to else known.get(identity) if entry.client_id else None
            )
            if isinstance(before, Stored):
                results[index] = before
            elif isinstance(before, int):
                repeats[index] = before
            elif entry.welcome and conversation.welcomed:
                results[index] = Stored(0, 0, self.now, new=False)
            else:
                conversation.last_seq += 1
                conversation.welcomed |= entry.welcome
                conversation.status = entry.status or conversation.status
                inserts[conversation.key, conversation.last_seq] = index
                rows += self._row(entry, conversation)
                if entry.client_id:
                    known[identity] = index
                if entry.in_reply_to:
                    answered[entry.in_reply_to] = index
        if rows:
            for key, conversation_key, seq in self._insert(rows, len(inserts)):
                results[inserts[conversation_key, seq]] = Stored(key, seq, self.now, new=True)
            self._update_conversations({conversation_key for conversation_key, _ in inserts})
        for index, first in repeats.items():
            stored = results[first]
            assert isinstance(stored, Stored)  # noqa: S101 - `first` was inserted above
            results[index] = dataclasses.replace(stored, new=False)
        return [result for result in results if result is not None]

    def _lock_conversations(self) -> None:
        self._select_conversations({entry.address.public_id for entry in self.entries})
        missing = {
            entry.address.public_id: entry.address
            for entry in self.entries
            if entry.in_reply_to is None and entry.address.public_id not in self.conversations
        }
        if missing:
            now = self._time(self.now)
            self._execute(
                "INSERT INTO chat_conversation (public_id, language, origin, status, last_seq, welcomed, created_at,"
                " last_activity_at) VALUES {} ON CONFLICT (public_id) DO NOTHING",
                [
                    (address.public_id, address.language, address.origin, Status.BOT.value, 0, False, now, now)
                    for address in missing.values()
                ],
            )
            self._select_conversations(set(missing))

    def _select_conversations(self, public_ids: set[str]) -> None:
        lock = " ORDER BY id FOR UPDATE" if connection.vendor == "postgresql" else ""
        marks = ", ".join(["%s"] * len(public_ids))
        self.cursor.execute(
            "SELECT public_id, id, last_seq, status, welcomed FROM chat_conversation"  # noqa: S608 - marks only
            f" WHERE public_id IN ({marks}){lock}",
            list(public_ids),
        )
        for public_id, *fields in self.cursor.fetchall():
            self.conversations[public_id] = _Conversation(*fields)

    def _known_messages(self) -> dict[tuple[int, str | None], Stored | int]:
        """Client ids that are stored already; to them come the indexes of this batch's own."""
        pairs = [
            (conversation.key, entry.client_id)
            for entry in self.entries
            if entry.client_id
            and (conversation := self.conversations.get(entry.address.public_id))
            and conversation.last_seq
        ]
        if not pairs:
            return {}
        self._execute(
            "SELECT conversation_id, client_id, id, seq, created_at FROM chat_message"
            " WHERE (conversation_id, client_id) IN (VALUES {})",
            pairs,
        )
        return {(row[0], row[1]): self._stored(*row[2:]) for row in self.cursor.fetchall()}

    def _answered_messages(self) -> dict[int, Stored | int]:
        keys = [entry.in_reply_to for entry in self.entries if entry.in_reply_to]
        if not keys:
            return {}
        self.cursor.execute(
            "SELECT in_reply_to_id, id, seq, created_at FROM chat_message"  # noqa: S608 - marks only
            f" WHERE in_reply_to_id IN ({', '.join(['%s'] * len(keys))})",
            keys,
        )
        return {row[0]: self._stored(*row[1:]) for row in self.cursor.fetchall()}

    def _row(self, entry: Entry, conversation: _Conversation) -> list[Any]:
        return [
            (
                conversation.key,
                conversation.last_seq,
                entry.sender,
                entry.text,
                json.dumps(entry.parts),
                entry.client_id,
                entry.in_reply_to,
                entry.intent,
                entry.confidence,
                json.dumps(entry.entities),
                entry.outcome,
                entry.provider,
                entry.latency_ms,
                self._time(self.now),
            )
        ]

    def _insert(self, rows: list[Any], count: int) -> list[tuple[int, int, int]]:
        self._execute(
            "INSERT INTO chat_message (conversation_id, seq, sender, text, parts, client_id, in_reply_to_id, intent,"
            " confidence, entities, outcome, provider, latency_ms, created_at) VALUES {}"
            " RETURNING id, conversation_id, seq",
            rows,
        )
        inserted: list[tuple[int, int, int]] = self.cursor.fetchall()
        return inserted

    def _update_conversations(self, keys: set[int]) -> None:
        self.cursor.executemany(
            "UPDATE chat_conversation SET last_seq = %s, status = %s, welcomed = %s, last_activity_at = %s WHERE id = %s",
            [
                (conversation.last_seq, conversation.status, conversation.welcomed, self._time(self.now), conversation.key)
                for conversation in self.conversations.values()
                if conversation.key in keys
            ],
        )

    def _execute(self, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Run a statement whose {} becomes as many groups of marks as there are rows."""
        group = f"({', '.join(['%s'] * len(rows[0]))})"
        self.cursor.execute(sql.format(", ".join([group] * len(rows))), [value for row in rows for value in row])

    def _time(self, moment: datetime.datetime) -> Any:
        return connection.ops.adapt_datetimefield_value(moment)

    def _stored(self, key: int, seq: int, created_at: Any) -> Stored:
        if isinstance(created_at, str):
            created_at = datetime.datetime.fromisoformat(created_at)
        if created_at.tzinfo is None:
            created_at = created_at.replace(tzinfo=datetime.UTC)
        return Stored(key, seq, created_at, new=False)
