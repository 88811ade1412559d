"""What the admin's front page shows: who answers, and today's numbers."""

from __future__ import annotations

import dataclasses
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.http import urlencode
from django.utils.translation import gettext

from chat import conf, runtime
from chat.answers.breaker import Condition, State
from chat.models import Conversation, Feedback, Message, Outcome, Status
from chat.staff.filters import with_reason, within

MOST = 10_000
"""As much is counted, so that a number costs the same however many rows there are."""


@dataclasses.dataclass(frozen=True)
class Number:
    """what: what is counted. value: as people read it. address: the page that lists it."""

    what: str
    value: str
    address: str


@dataclasses.dataclass(frozen=True)
class Provider:
    """name: with what its place in the chain is. state: a sentence. calls: how many are under way."""

    name: str
    state: str
    works: bool
    calls: str


def numbers(user: Any) -> list[Number]:
    """Those whose rows the user may see."""
    may_read = user.has_perm("chat.view_conversation")
    if not may_read and not user.has_perm("chat.answer_conversation"):
        return []
    waiting = _count(Conversation.objects.filter(status=Status.WAITING))
    if not may_read:
        return [Number(gettext("Visitors who wait for a person"), waiting, reverse("desk"))]
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    since = {"since": today.date().isoformat()}
    messages = within(Message.objects.all(), today)
    conversations, listed = reverse("admin:chat_conversation_changelist"), reverse("admin:chat_message_changelist")
    return [
        Number(
            gettext("Visitors who wait for a person"),
            waiting,
            f"{conversations}?{urlencode({'status__exact': Status.WAITING})}",
        ),
        Number(
            gettext("Conversations today"),
            _count(Conversation.objects.filter(last_activity_at__gte=today)),
            f"{conversations}?{urlencode(since)}",
        ),
        Number(
            gettext("Messages not understood today"),
            _count(with_reason(messages, None)),
            f"{listed}?{urlencode(since)}",
        ),
        Number(
            gettext("Replies rated as not helpful today"),
            _count(with_reason(messages, Feedback.DOWN)),
            f"{listed}?{urlencode({'reason': Feedback.DOWN, **since})}",
        ),
    ]


def _count(rows: QuerySet[Any]) -> str:
    amount = rows.order_by().values("pk")[: MOST + 1].count()
    if amount > MOST:
        return gettext("more than {amount}").format(amount=number_format(MOST, force_grouping=True))
    return number_format(amount, force_grouping=True)


def providers() -> list[Provider]:
    """Who answers visitors and who stands by, as this process sees it, in the order in which they are asked."""
    conditions = runtime.conditions()
    if not conditions:
        unknown = gettext("Not asked yet.") if conf.options().breaker else gettext("Asked every time, even while it fails.")
        names = [conf.provider(), *conf.options().standby]
        return [Provider(_name(name, place), unknown, True, "") for place, name in enumerate(names)]
    answering = next((place for place, one in enumerate(conditions) if one.breaker != State.OPEN), len(conditions) - 1)
    return [
        Provider(
            _name(one.provider, place),
            _state(one, place == answering, conditions[place + 1 :]),
            one.breaker == State.CLOSED,
            gettext("{calls} of at most {most} questions are being answered.").format(calls=one.calls, most=one.max_calls),
        )
        for place, one in enumerate(conditions)
    ]


def _name(name: str, place: int) -> str:
    return gettext("{name}, stands by").format(name=name) if place else name


def _state(condition: Condition, is_answering: bool, others: list[Condition]) -> str:
    if condition.breaker == State.CLOSED:
        return gettext("Answers visitors.") if is_answering else gettext("Works, and isn't needed now.")
    if condition.breaker == State.HALF_OPEN:
        state = gettext("Was down, and is being tried again. The reason was: {reason}.")
    elif others:
        state = gettext("Down: {reason}. The next one answers.")
    else:
        state = gettext("Down: {reason}. Visitors get fallback replies.")
    return state.format(reason=str(Outcome(condition.cause).label))
