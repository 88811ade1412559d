"""The filters beside the lists of conversations and messages."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import F, Lookup, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from chat import conf
from chat.models import Conversation, Feedback, Message, Outcome, Site
from chat.staff import languages
from integrations import ADAPTERS, ConfigurationError, find

OTHER = "other"
NOT_UNDERSTOOD = (Outcome.NO_MATCH, Outcome.LOW_CONFIDENCE)


def with_reason(messages: QuerySet[Message], reason: str | None) -> QuerySet[Message]:
    """The messages that need attention. reason: an outcome, or that they weren't helpful. None: not understood."""
    if reason == Feedback.DOWN:
        return messages.filter(feedback=reason)
    outcomes = [reason] if reason else NOT_UNDERSTOOD
    return messages.filter(InTrouble(F("outcome"), None), outcome__in=outcomes)


def within(messages: QuerySet[Message], since: datetime.datetime) -> QuerySet[Message]:
    """The messages from that time on. A message's time is in no index. A conversation's last activity is, and it is no
    earlier than its messages."""
    active = Conversation.objects.filter(last_activity_at__gte=since).order_by().values("pk")
    return messages.filter(created_at__gte=since, conversation__in=active)


class InTrouble(Lookup):
    """The condition of the index message_trouble. The databases use it only if the query has its condition, and SQLite only
    if no value in it is a parameter. It is a lookup because Django 6.1 compares any other expression with a parameter."""

    lookup_name = "in_trouble"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        column, parameters = self.process_lhs(compiler, connection)
        return f"NOT ({column} IN ('', 'answered'))", parameters


class ChoiceFilter(admin.SimpleListFilter):
    """A filter that ignores values that it doesn't offer."""

    def value(self) -> str | None:
        value = super().value()
        return value if value in dict(self.lookup_choices) else None


class HoldingFilter(ChoiceFilter):
    """Finds conversations that hold a message whose column has the value. The parameter has the column's name."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> QuerySet[Conversation]:
        if not self.value():
            return queryset
        messages = Message.objects.filter(**{str(self.parameter_name): self.value()})
        return queryset.filter(pk__in=messages.order_by().values("conversation"))


class SiteFilter(ChoiceFilter):
    title = _("website")
    parameter_name = "site"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        sites = list(Site.objects.all())
        self.origins = {str(site.pk): site.origins.split() for site in sites}
        return [*((str(site.pk), site.name) for site in sites), (OTHER, _("Other websites"))] if self.origins else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> QuerySet[Conversation]:
        value = self.value()
        if value == OTHER:
            return queryset.exclude(origin__in=[origin for origins in self.origins.values() for origin in origins])
        return queryset.filter(origin__in=self.origins[value]) if value else queryset


class LanguageFilter(ChoiceFilter):
    title = _("language")
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return languages.choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> QuerySet[Conversation]:
        return queryset.filter(language=self.value()) if self.value() else queryset


class OutcomeFilter(HoldingFilter):
    title = _("what happened")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(outcome.value, outcome.label) for outcome in Outcome]


class FeedbackFilter(HoldingFilter):
    title = _("feedback on a reply")
    parameter_name = "feedback"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(feedback.value, feedback.label) for feedback in Feedback]


class ProviderFilter(HoldingFilter):
    title = _("who answered")
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = dict.fromkeys(ADAPTERS)
        with contextlib.suppress(ConfigurationError):
            names[find(conf.options().provider).name] = None
        return [(name, name) for name in names]


class ReasonFilter(ChoiceFilter):
    """Why a message needs attention. It leaves only messages that an index of few entries lists."""

    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        failed = ((outcome.value, outcome.label) for outcome in Outcome if outcome != Outcome.ANSWERED)
        return [*failed, (Feedback.DOWN.value, Feedback.DOWN.label)]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield from ({**first, "display": _("Not understood, or not sure enough")}, *others)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        return with_reason(queryset, self.value())


class DateFilter(admin.ListFilter):
    """The day of the last activity: some periods to click, or a first and a last day to choose."""

    title = _("last activity")
    template = "admin/chat/conversation/date_filter.html"

    def __init__(self, request: HttpRequest, params: dict[str, list[str]], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.used_parameters = {name: params.pop(name)[-1] for name in ("since", "until") if name in params}
        self.others: list[tuple[str, str]] = []

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return ["since", "until"]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if since := self._day("since"):
            queryset = self.beginning(queryset, since)
        if until := self._day("until"):
            queryset = self.ending(queryset, until + datetime.timedelta(days=1))
        return queryset

    def beginning(self, queryset: QuerySet[Any], since: datetime.datetime) -> QuerySet[Any]:
        return queryset.filter(last_activity_at__gte=since)

    def ending(self, queryset: QuerySet[Any], until: datetime.datetime) -> QuerySet[Any]:
        return queryset.filter(last_activity_at__lt=until)

    def _day(self, name: str) -> datetime.datetime | None:
        """The day's beginning, None if no day is chosen."""
        text = self.used_parameters.get(name)
        if not text:
            return None
        try:
            day = parse_date(str(text))
        except ValueError:
            day = None
        if day is None or not 1970 <= day.year <= 9000:
            raise IncorrectLookupParameters
        return timezone.make_aware(datetime.datetime.combine(day, datetime.time.min))

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        self.others = [
            (name, value)
            for name, values in changelist.filter_params.items()
            if name not in self.expected_parameters()
            for value in values
        ]
        today = timezone.localdate()
        periods = ((_("Any date"), None), (_("Today"), 1), (_("Past 7 days"), 7), (_("Past 30 days"), 30))
        for display, days in periods:
            since = {} if days is None else {"since": (today - datetime.timedelta(days=days - 1)).isoformat()}
            yield {
                "display": display,
                "selected": {name: value for name, value in self.used_parameters.items() if value} == since,
                "query_string": changelist.get_query_string(since, remove=["since", "until"]),
            }


class MessageDateFilter(DateFilter):
    """The day of a message."""

    title = _("date")

    def beginning(self, queryset: QuerySet[Any], since: datetime.datetime) -> QuerySet[Any]:
        return within(queryset, since)

    def ending(self, queryset: QuerySet[Any], until: datetime.datetime) -> QuerySet[Any]:
        return queryset.filter(created_at__lt=until)
