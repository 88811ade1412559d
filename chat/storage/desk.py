"""What the desk shows of conversations. All of it blocks."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable
from typing import Any

import msgspec
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.utils import timezone

from chat.models import Conversation, Message, Operator, Sender, Site, Status
from chat.storage import operators

MAX_WAITING = 50
MAX_HELD = 200
MAX_BOTS = 30
MAX_EARLIER = 10
MAX_DUE = 100
"""Conversations whose deadline has passed that a sweep takes up at a time."""
MAX_COUNT = 1000
"""As many waiting conversations are counted, so that the count costs the same with any number of them."""
WORDS = 120
"""Characters of a visitor's first words."""


class Row(msgspec.Struct, kw_only=True):
    """A conversation in a list.

    words: the visitor's first ones. since: when it began to wait. holder, by: the operator's key and what colleagues call
    the operator. address: where the visitor wants to be answered.
    """

    conversation: str
    status: str
    seq: int
    language: str
    site: str
    words: str
    since: datetime.datetime | None
    at: datetime.datetime
    holder: int | None
    by: str
    address: str


class Lists(msgspec.Struct, frozen=True, kw_only=True):
    """The conversations that wait, those that wait longest first and no more than MAX_WAITING, and those that are held.

    waiting: how many wait, up to MAX_COUNT.
    """

    rows: list[Row]
    waiting: int


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """Another conversation of a visitor who left the same e-mail address. key: as in Facts. at: its last activity."""

    key: int
    words: str
    at: datetime.datetime


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a conversation and its visitor, apart from the messages."""

    row: Row
    key: int
    origin: str
    began: datetime.datetime
    earlier: list[Earlier]


def lists() -> Lists:
    waiting = Conversation.objects.filter(status=Status.WAITING).order_by("waiting_since", "id")
    held = Conversation.objects.filter(status=Status.OPERATOR).order_by("holder", "id")
    first = list(waiting[:MAX_WAITING])
    count = waiting.order_by()[:MAX_COUNT].count() if len(first) == MAX_WAITING else len(first)
    return Lists(rows=_rows([*first, *held[:MAX_HELD]]), waiting=count)


def rows(public_ids: list[str]) -> list[Row]:
    return _rows(Conversation.objects.filter(public_id__in=public_ids))


def bots() -> list[Row]:
    """The conversations that the bot has, the latest first."""
    return _rows(Conversation.objects.filter(status=Status.BOT, last_seq__gt=0)[:MAX_BOTS])


def facts(public_id: str) -> Facts | None:
    """None if there is no such conversation."""
    conversation = Conversation.objects.filter(public_id=public_id).first()
    if conversation is None:
        return None
    [row] = _rows([conversation])
    return Facts(
        row=row,
        key=conversation.pk,
        origin=conversation.origin,
        began=conversation.created_at,
        earlier=_earlier(conversation) if conversation.address else [],
    )


def _earlier(conversation: Conversation) -> list[Earlier]:
    """Visitors have no account. Only the address that they leave tells that two conversations are of the same person."""
    found = list(Conversation.objects.filter(address=conversation.address).exclude(pk=conversation.pk)[:MAX_EARLIER])
    words = first_words(one.pk for one in found)
    return [Earlier(key=one.pk, words=words.get(one.pk, "")[:WORDS], at=one.last_activity_at) for one in found]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Due:
    """A conversation whose deadline has passed. holder, name: of the operator who has been gone, None if it waits."""

    conversation: str
    language: str
    holder: int | None
    name: str


def due(wait: float, gone: float) -> list[Due]:
    """The conversations that have waited for so many seconds, and those whose operators have been gone for so long."""
    now = timezone.now()
    waiting = Conversation.objects.filter(
        status=Status.WAITING, waiting_since__lte=now - datetime.timedelta(seconds=wait)
    ).order_by("waiting_since")
    here = Operator.objects.filter(seen_at__gt=now - datetime.timedelta(seconds=gone)).values("pk")
    held = Conversation.objects.filter(status=Status.OPERATOR).exclude(holder__in=here).order_by("pk")
    return [_due(conversation) for found in (waiting, held) for conversation in found[:MAX_DUE]]


def _due(conversation: Conversation) -> Due:
    holder = conversation.holder if conversation.status == Status.OPERATOR else None
    said = conversation.messages.filter(author=holder).order_by("-seq") if holder is not None else None
    last = said.values_list("name", flat=True).first() if said is not None else None
    return Due(conversation=conversation.public_id, language=conversation.language, holder=holder, name=last or "")


def _rows(conversations: Iterable[Conversation] | QuerySet[Conversation]) -> list[Row]:
    conversations = list(conversations)
    words = first_words(conversation.pk for conversation in conversations)
    labels = _labels({conversation.holder for conversation in conversations if conversation.holder is not None})
    names = site_names() if conversations else {}
    return [
        Row(
            conversation=conversation.public_id,
            status=conversation.status,
            seq=conversation.last_seq,
            language=conversation.language,
            site=site_name(conversation.origin, names),
            words=words.get(conversation.pk, "")[:WORDS],
            since=conversation.waiting_since,
            at=conversation.last_activity_at,
            holder=conversation.holder,
            by=labels.get(conversation.holder, ""),
            address=conversation.address,
        )
        for conversation in conversations
    ]


def site_names() -> dict[str, str]:
    """What staff call each website, by its origins."""
    return {origin: site.name for site in Site.objects.all() for origin in site.origins.split()}


def site_name(origin: str, names: dict[str, str]) -> str:
    """What staff call the website, its host if it has no name. names: from `site_names`."""
    return names.get(origin, origin.partition("://")[2])


def first_words(keys: Iterable[int]) -> dict[int, str]:
    """What each visitor said first, by the conversation's key: message 1, or 2 after a greeting."""
    first = Message.objects.filter(conversation__in=list(keys), seq__lte=2, sender=Sender.VISITOR).order_by("-seq")
    return dict(first.values_list("conversation", "text"))


def _labels(keys: set[int]) -> dict[int | None, str]:
    users: Any = get_user_model().objects.select_related("operator").filter(pk__in=keys) if keys else ()
    return {user.pk: operators.label(user) for user in users}
