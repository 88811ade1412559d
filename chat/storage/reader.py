"""Reads conversations, and stores what visitors think of replies. All of it runs in this module's own threads. Django's
asynchronous calls share one thread, in which a slow call would block all others."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import weakref
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import msgspec
from django.db import InterfaceError, OperationalError
from django.db.models import QuerySet

from chat.models import Conversation, Message, Outcome, Sender, Site, Status
from chat.storage.connections import Connections, end
from chat.storage.entries import ConversationRef
from chat.values import MAX_PAGE_BYTES, PAGE_MESSAGES, StoredMessage

T = TypeVar("T")

THREADS = 4
READ_WITHIN = 8.0
"""Seconds after which a database that doesn't answer counts as down."""
MAX_CUT_OFF = 500
"""Conversations that a sweep reads at a time."""


class NotRead(Exception):
    """The database doesn't answer."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Unanswered:
    """A visitor's message that awaits a reply. returned, misses, told_at: as in Stored."""

    key: int
    seq: int
    client_id: str
    text: str
    returned: int = 0
    misses: int = 0
    told_at: int = 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class State:
    """A conversation's last seq, its status, its operator's key, and the seqs of the messages that await a reply."""

    seq: int = 0
    status: str = Status.BOT.value
    awaiting: frozenset[int] = frozenset()
    language: str = ""
    holder: int | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A conversation as its visitor sees it on return.

    more: whether there are messages before the first of `messages` that the visitor hasn't seen.
    """

    language: str = ""
    status: str = Status.BOT.value
    seq: int = 0
    welcomed: bool = False
    messages: list[StoredMessage] = dataclasses.field(default_factory=list)
    more: bool = False
    unanswered: list[Unanswered] = dataclasses.field(default_factory=list)


class Reader:
    """Every method raises NotRead if the database doesn't answer."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="chat-reader")
        self._pages: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()
        self._finalizer = weakref.finalize(self, end, self._threads, THREADS)  # if nobody closes it
        self._finalizer.atexit = False
        self._connections = Connections(self._threads)
        self.spare_connection = self._connections.spare_one

    async def snapshot(self, public_id: str, after: int | None, *, address: str = "") -> Snapshot | None:
        """The conversation with the messages after `after`, or with its last page. None if it has no row."""
        return await self._read_page(address, _snapshot, public_id, after)

    async def page_before(self, public_id: str, before: int, *, address: str = "") -> tuple[list[StoredMessage], bool]:
        """The page of messages just before a seq, and whether there are older ones."""
        return await self._read_page(address, _page_before, public_id, before)

    async def page_after(self, public_id: str, after: int, *, address: str = "") -> list[StoredMessage]:
        return await self._read_page(address, _page_after, public_id, after)

    async def state(self, public_id: str) -> State | None:
        """None if the conversation has no row."""
        return await self.read(_state, public_id)

    async def has(self, public_id: str, client_id: str) -> bool:
        """Whether the conversation has the visitor's message."""
        return await self.read(_has, public_id, client_id)

    async def unanswered_before(self, public_id: str, seq: int, seconds: float) -> list[Unanswered]:
        """The messages before a seq that await a reply, in order, and that are at most so many seconds old."""
        return await self.read(_unanswered_before, public_id, seq, seconds)

    async def last_fallback(self, public_id: str) -> str:
        """The text of the last reply that was not the provider's own answer, empty if there is none."""
        return await self.read(_last_fallback, public_id)

    async def latest(self, public_ids: list[str]) -> dict[str, tuple[int, str]]:
        """The last seq and the status by public id. Conversations without a row are left out."""
        return await self.read(_latest, public_ids)

    async def cut_off(
        self, since: datetime.datetime, until: datetime.datetime, after: int
    ) -> tuple[list[tuple[ConversationRef, Unanswered]], int | None]:
        """The messages that were stored between two times and still await a reply. Read for the next MAX_CUT_OFF
        conversations after a key. Also returns the key after which to go on, None if that was all."""
        return await self.read(_cut_off, since, until, after)

    async def note_feedback(self, public_id: str, seq: int, value: str | None) -> bool:
        """Store on a reply what the visitor thinks of it, None for nothing. Return False if there is no such reply."""
        return await self.read(_note_feedback, public_id, seq, value)

    async def is_repeated_or_offered(self, public_id: str, seq: int) -> bool:
        """Whether the visitor's message has the text of the visitor's message before it, or of a button offered there."""
        return await self.read(_is_repeated_or_offered, public_id, seq)

    async def note_address(self, public_id: str, address: str) -> None:
        """Note where the visitor wants to be answered."""
        await self.read(_note_address, public_id, address)

    async def sites(self) -> Mapping[str, Site]:
        """The sites by origin."""
        return await self.read(_sites)

    async def aclose(self) -> None:
        """End the threads and their connections."""
        self._connections.close()
        if self._finalizer.detach():
            await asyncio.gather(*map(asyncio.wrap_future, end(self._threads, THREADS)))

    async def _read_page(self, address: str, function: Callable[..., T], *args: Any) -> T:
        """One page at a time for each client's address, so that one client can't keep all threads busy."""
        lock = self._pages.get(address) or self._pages.setdefault(address, asyncio.Lock())
        async with lock:
            return await self.read(function, *args)

    async def read(self, function: Callable[..., T], *args: Any) -> T:
        try:
            async with asyncio.timeout(READ_WITHIN):
                return await asyncio.get_running_loop().run_in_executor(
                    self._threads, self._connections.read, function, *args
                )
        except TimeoutError:
            raise NotRead("no answer") from None
        except (OperationalError, InterfaceError) as error:
            raise NotRead(type(error).__name__) from None


def _sites() -> Mapping[str, Site]:
    return {origin: site for site in Site.objects.all() for origin in site.origins.split()}


def _snapshot(public_id: str, after: int | None) -> Snapshot | None:
    conversation = Conversation.objects.filter(public_id=public_id).first()
    if conversation is None:
        return None
    if after is None:
        messages, more = _before(conversation.pk, conversation.last_seq + 1)
    else:
        messages, more = _after(conversation.pk, after), False
    return Snapshot(
        language=conversation.language,
        status=conversation.status,
        seq=conversation.last_seq,
        welcomed=conversation.welcomed,
        messages=messages,
        more=more,
        unanswered=_unanswered(conversation),
    )


def _state(public_id: str) -> State | None:
    conversation = Conversation.objects.filter(public_id=public_id).first()
    if conversation is None:
        return None
    return State(
        seq=conversation.last_seq,
        status=conversation.status,
        awaiting=frozenset(map(int, conversation.awaiting.split())),
        language=conversation.language,
        holder=conversation.holder,
    )


def _unanswered_before(public_id: str, seq: int, seconds: float) -> list[Unanswered]:
    since = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=seconds)
    conversation = Conversation.objects.filter(public_id=public_id).first()
    return _unanswered(conversation, seq__lt=seq, created_at__gt=since) if conversation else []


def _latest(public_ids: list[str]) -> dict[str, tuple[int, str]]:
    conversations = Conversation.objects.filter(public_id__in=public_ids).values_list("public_id", "last_seq", "status")
    return {public_id: (seq, status) for public_id, seq, status in conversations}


def _cut_off(
    since: datetime.datetime, until: datetime.datetime, after: int
) -> tuple[list[tuple[ConversationRef, Unanswered]], int | None]:
    conversations = list(
        Conversation.objects.filter(pk__gt=after, last_activity_at__gte=since)
        .exclude(awaiting="")
        .order_by("pk")[:MAX_CUT_OFF]
    )
    found = [
        (ConversationRef(public_id=conversation.public_id, language=conversation.language), message)
        for conversation in conversations
        for message in _unanswered(conversation, created_at__range=(since, until))
    ]
    return found, conversations[-1].pk if len(conversations) == MAX_CUT_OFF else None


def _unanswered(conversation: Conversation, **condition: Any) -> list[Unanswered]:
    """The conversation's messages that await a reply, in order."""
    if not conversation.awaiting:
        return []
    messages = conversation.messages.filter(seq__in=conversation.awaiting.split(), **condition).order_by("seq")
    return [
        Unanswered(
            key=message.pk,
            seq=message.seq,
            client_id=message.client_id or "",
            text=message.text,
            returned=conversation.returned,
            misses=conversation.misses,
            told_at=conversation.told_at,
        )
        for message in messages
    ]


def _key(public_id: str) -> int:
    """The conversation's key, or 0, which none has."""
    return Conversation.objects.filter(public_id=public_id).values_list("pk", flat=True).first() or 0


def _messages(key: int) -> QuerySet[Message]:
    """By the conversation's key: PostgreSQL joins by the public id, too, but reads the whole conversation for a page."""
    return Message.objects.filter(conversation_id=key).select_related("in_reply_to")


def _page_before(public_id: str, before: int) -> tuple[list[StoredMessage], bool]:
    return _before(_key(public_id), before)


def _before(key: int, before: int) -> tuple[list[StoredMessage], bool]:
    newest_first = _messages(key).filter(seq__lt=before).order_by("-seq")[:PAGE_MESSAGES]
    page = _within_limits(newest_first)
    return page[::-1], bool(page) and page[-1].seq > 1


def _page_after(public_id: str, after: int) -> list[StoredMessage]:
    return _after(_key(public_id), after)


def _after(key: int, after: int) -> list[StoredMessage]:
    return _within_limits(_messages(key).filter(seq__gt=after).order_by("seq")[:PAGE_MESSAGES])


def _within_limits(messages: Iterable[Message]) -> list[StoredMessage]:
    """As many of the messages as fit into one page, at least one."""
    page: list[StoredMessage] = []
    size = 0
    for message in messages:
        stored = message_of(message)
        size += len(msgspec.json.encode(stored))
        if page and size > MAX_PAGE_BYTES:
            break
        page.append(stored)
    return page


def message_of(message: Message) -> StoredMessage:
    """The row as a value. `in_reply_to` must be fetched with it."""
    return StoredMessage(
        seq=message.seq,
        sender=message.sender,
        text=message.text,
        at=message.created_at,
        parts=message.parts,
        id=message.client_id if message.sender == Sender.VISITOR else None,
        in_reply_to=message.in_reply_to.client_id if message.in_reply_to else None,
        feedback=message.feedback,
        name=message.name,
        intent=message.intent,
        outcome=message.outcome,
        confidence=message.confidence,
    )


def _has(public_id: str, client_id: str) -> bool:
    return Message.objects.filter(conversation_id=_key(public_id), client_id=client_id).exists()


def _note_feedback(public_id: str, seq: int, value: str | None) -> bool:
    replies = Message.objects.filter(conversation_id=_key(public_id), sender__in=[Sender.BOT, Sender.OPERATOR])
    return bool(replies.filter(seq=seq).update(feedback=value))


def _is_repeated_or_offered(public_id: str, seq: int) -> bool:
    messages = Message.objects.filter(conversation__public_id=public_id)
    text = messages.filter(seq=seq).values_list("text", flat=True).first() or ""
    before = messages.filter(seq__lt=seq).order_by("-seq")
    last = before.filter(sender=Sender.VISITOR).values_list("text", flat=True).first() or ""
    offered = before.filter(sender=Sender.BOT).values_list("parts", flat=True).first() or []
    if text.strip().casefold() == last.strip().casefold():
        return True
    choices = [choice for part in offered for key in ("replies", "buttons", "items") for choice in part.get(key) or []]
    return any((choice.get("message") or "").strip() == text.strip() for choice in choices)


def _note_address(public_id: str, address: str) -> None:
    Conversation.objects.filter(public_id=public_id).update(address=address)


def _last_fallback(public_id: str) -> str:
    """Only among the last page of messages: what was said long ago may be said again."""
    conversation = Conversation.objects.filter(public_id=public_id).first()
    if conversation is None:
        return ""
    latest = conversation.messages.filter(seq__gt=conversation.last_seq - PAGE_MESSAGES)
    replies = latest.exclude(outcome__in=["", Outcome.ANSWERED])
    parts = replies.order_by("-seq").values_list("parts", flat=True).first() or []
    return parts[0].get("text", "") if parts else ""  # other parts, such as a button, may follow
