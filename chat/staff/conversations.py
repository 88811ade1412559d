"""The conversations in the admin: a list that stays fast with a million messages, and transcripts to read.

The list never counts. To know whether there is another page, it asks for one row more than a page shows. A search by
words, outcome or provider is one pass over chat_message. It has no index of its own, because each index makes storing
every message slower.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import operator
import unicodedata
import uuid
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import connection, transaction
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.text import Truncator, smart_split, unescape_string_literal

from chat import conf, runtime
from chat.models import Conversation, Feedback, Message, Outcome
from chat.staff import languages, transcripts
from chat.storage.desk import first_words
from integrations import ADAPTERS, ConfigurationError, find

if TYPE_CHECKING:
    ConversationModelAdmin = admin.ModelAdmin[Conversation]
else:
    ConversationModelAdmin = admin.ModelAdmin

MESSAGES_PER_PAGE = 100
LAST_PAGE = 1_000_000


class Glob(Func):
    """SQLite's GLOB: it is case-sensitive, and a set of letters matches one letter."""

    template = "%(expressions)s"
    arg_joiner = " GLOB "
    output_field = BooleanField()


def contains(word: str) -> Q:
    """Matches messages with the word, in capitals or small letters. Old rows may hold a letter and its accent apart."""
    forms = {unicodedata.normalize(form, word) for form in ("NFC", "NFD")}
    return functools.reduce(operator.or_, (Q(_contains(form)) for form in sorted(forms)))


def _contains(word: str) -> Q | Glob:
    if connection.vendor != "sqlite" or word.isascii():
        return Q(text__icontains=word)
    # SQLite's LIKE ignores the case of ASCII letters only, so the pattern names both cases of every letter.
    return Glob(F("text"), Value(f"*{''.join(map(_either_case, word))}*"))


def _either_case(character: str) -> str:
    cases = {case for case in (character, character.lower(), character.upper()) if len(case) == 1}
    return f"[{''.join(sorted(cases))}]" if len(cases) > 1 or character in "*?[" else character


def _unquoted(word: str) -> str:
    return unescape_string_literal(word) if word[0] in "\"'" and word[0] == word[-1] and len(word) > 2 else word


def holding(**condition: Any) -> Q:
    """Matches conversations that contain such a message."""
    return Q(pk__in=Message.objects.filter(**condition).order_by().values("conversation"))


class ChoiceFilter(admin.SimpleListFilter):
    """A filter that ignores values that it doesn't offer."""

    def value(self) -> str | None:
        value = super().value()
        return value if value in dict(self.lookup_choices) else None


class LanguageFilter(ChoiceFilter):
    title = "language"
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return languages.choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> QuerySet[Conversation]:
        return queryset.filter(language=self.value()) if self.value() else queryset


class OutcomeFilter(ChoiceFilter):
    title = "outcome of a reply"
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(outcome.value, str(outcome.label)) for outcome in Outcome]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> QuerySet[Conversation]:
        return queryset.filter(holding(outcome=self.value())) if self.value() else queryset


class FeedbackFilter(ChoiceFilter):
    title = "feedback on a reply"
    parameter_name = "feedback"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(feedback.value, str(feedback.label)) for feedback in Feedback]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> QuerySet[Conversation]:
        return queryset.filter(holding(feedback=self.value())) if self.value() else queryset


class ProviderFilter(ChoiceFilter):
    title = "provider of a reply"
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = dict.fromkeys(ADAPTERS)
        with contextlib.suppress(ConfigurationError):
            names[find(conf.options().provider).name] = None
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> QuerySet[Conversation]:
        return queryset.filter(holding(provider=self.value())) if self.value() else queryset


class DateFilter(admin.ListFilter):
    """The day of the last activity: some periods to click, or a first and a last day to choose."""

    title = "last activity"
    template = "admin/chat/conversation/date_filter.html"

    def __init__(self, request: HttpRequest, params: dict[str, list[str]], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.used_parameters = {name: params.pop(name)[-1] for name in ("since", "until") if name in params}
        self.others: list[tuple[str, str]] = []

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return ["since", "until"]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> QuerySet[Conversation]:
        if since := self._day("since"):
            queryset = queryset.filter(last_activity_at__gte=since)
        if until := self._day("until"):
            queryset = queryset.filter(last_activity_at__lt=until + datetime.timedelta(days=1))
        return queryset

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
        for display, days in (("Any date", None), ("Today", 1), ("Past 7 days", 7), ("Past 30 days", 30)):
            since = {} if days is None else {"since": (today - datetime.timedelta(days=days - 1)).isoformat()}
            yield {
                "display": display,
                "selected": {name: value for name, value in self.used_parameters.items() if value} == since,
                "query_string": changelist.get_query_string(since, remove=["since", "until"]),
            }


class Pages(ChangeList):
    """A list with newer and older pages, but without a count. One extra row tells whether there are older ones."""

    newer = older = ""

    def get_results(self, request: HttpRequest) -> None:
        if not 1 <= self.page_num <= LAST_PAGE:
            raise IncorrectLookupParameters
        first = (self.page_num - 1) * self.list_per_page
        rows = list(self.queryset[first : first + self.list_per_page + 1])
        if self.page_num > 1:
            self.newer = self.get_query_string({PAGE_VAR: self.page_num - 1})
        if len(rows) > self.list_per_page:
            self.older = self.get_query_string({PAGE_VAR: self.page_num + 1})
        self.result_list = rows[: self.list_per_page]
        self.result_count = self.full_result_count = len(self.result_list)
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = self.multi_page = False
        _add_first_words(self.result_list)


def _add_first_words(conversations: Iterable[Any]) -> None:
    """Each visitor's first message: message 1, or 2 after a greeting."""
    words = first_words(conversation.pk for conversation in conversations)
    for conversation in conversations:
        conversation.words = words.get(conversation.pk, "")


class ConversationAdmin(ConversationModelAdmin):
    list_display = ("last_activity", "first_words", "last_seq", "language_name", "status")
    list_display_links = ("last_activity", "first_words")
    list_filter = (DateFilter, OutcomeFilter, FeedbackFilter, ProviderFilter, "status", LanguageFilter)
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ("last_activity",)
    search_fields = ("messages__text",)
    search_help_text = (
        'Finds conversations with a message that contains all of these words, or parts of words. "Quotes" keep words '
        "together. You can also search for the id of a conversation."
    )

    class Media:
        css = {"all": ["chat/admin.css"]}

    @admin.display(description="last activity", ordering="last_activity_at")
    def last_activity(self, conversation: Conversation) -> datetime.datetime:
        return conversation.last_activity_at

    @admin.display(description="first words")
    def first_words(self, conversation: Any) -> str:
        return Truncator(conversation.words).chars(80) or "(no words)"

    @admin.display(description="language")
    def language_name(self, conversation: Conversation) -> str:
        return languages.name(conversation.language)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Conversation | None = None) -> bool:
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Pages

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Conversations", **(extra_context or {})})

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Conversation], search_term: str
    ) -> tuple[QuerySet[Conversation], bool]:
        with contextlib.suppress(ValueError):
            return queryset.filter(public_id=str(uuid.UUID(search_term.strip()))), False
        if words := [_unquoted(word) for word in smart_split(search_term)]:
            messages = Message.objects.filter(*map(contains, words)).order_by().values("conversation")
            queryset = queryset.filter(pk__in=messages)
        return queryset, False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show a page of the transcript, by default the last one."""
        conversation = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, conversation):
            raise PermissionDenied
        if conversation is None:
            raise Http404("There is no such conversation. It may have been deleted.")
        paginator = Paginator(range(1, conversation.last_seq + 1), MESSAGES_PER_PAGE)  # seq has no gaps
        page = paginator.get_page(request.GET.get("page", paginator.num_pages))
        messages = conversation.messages.filter(seq__gte=page.start_index(), seq__lte=page.end_index()).order_by("seq")
        context = {
            **self.admin_site.each_context(request),
            "title": "Conversation",
            "opts": self.opts,
            "media": self.media,
            "conversation": conversation,
            "language": languages.name(conversation.language),
            "messages_shown": [(message, transcripts.side(message), transcripts.bubbles(message)) for message in messages],
            "page": page,
            "page_numbers": list(paginator.get_elided_page_range(page.number)),
            "has_delete_permission": self.has_delete_permission(request, conversation),
        }
        return TemplateResponse(request, "admin/chat/conversation/transcript.html", context)

    def get_deleted_objects(
        self, objs: Iterable[Conversation], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """For the confirmation: the conversations by name, and only the number of their messages."""
        conversations = list(objs)
        messages = Message.objects.filter(conversation__in=conversations).count()
        return list(map(str, conversations)), {"conversations": len(conversations), "messages": messages}, set(), []

    def delete_model(self, request: HttpRequest, obj: Conversation) -> None:
        self.delete_queryset(request, Conversation.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> None:
        """Lock the conversations first, in the writer's order. Otherwise the two could wait for each other for ever."""
        with transaction.atomic():
            rows = queryset.order_by("pk").select_for_update().values_list("pk", "public_id")
            public_ids = dict(rows)
            Conversation.objects.filter(pk__in=public_ids).delete()
        transaction.on_commit(lambda: runtime.tell_deleted(public_ids.values()))
