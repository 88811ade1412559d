"""The conversations in the admin: a list that stays fast with a million messages, and transcripts to read.

The list never counts. To know whether there is another page, it asks for one row more than a page shows. A search by
words, by what happened or by provider is one pass over chat_message. It has no index of its own, because each index makes
storing every message slower.
"""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat import runtime
from chat.models import Conversation, Message
from chat.staff import languages, search, transcripts
from chat.staff.filters import DateFilter, FeedbackFilter, LanguageFilter, OutcomeFilter, ProviderFilter, SiteFilter
from chat.staff.history import HistoryAdmin
from chat.staff.pages import Pages
from chat.storage.desk import first_words, site_name, site_names

MESSAGES_PER_PAGE = 100


def place(conversation: int, seq: int, filters: str = "") -> str:
    """The address of a message in its transcript. filters: those of the list of conversations, encoded."""
    address = reverse("admin:chat_conversation_change", args=[conversation])
    return f"{address}?message={seq}{'&' if filters else ''}{filters}#message-{seq}"


class Conversations(Pages):
    def get_results(self, request: HttpRequest) -> None:
        """Add to each conversation what the list shows beside its row: first words, website, and the message found."""
        super().get_results(request)
        keys = [conversation.pk for conversation in self.result_list]
        words, names = first_words(keys), site_names()
        sought = search.words_of(self.query)
        hits = search.first_hits(keys, sought) if sought and not _id_in(self.query) else {}
        for conversation in self.result_list:
            conversation.words = words.get(conversation.pk, "")
            conversation.site = site_name(conversation.origin, names)
            conversation.hit = self._hit(hit, sought) if (hit := hits.get(conversation.pk)) else ""

    def _hit(self, message: Message, sought: list[str]) -> SafeString:
        address = place(message.conversation_id, message.seq, self.preserved_filters)
        return format_html('<a href="{}" dir="auto">{}</a>', address, search.snippet(message.text, sought))


def _id_in(query: str) -> str:
    """The public id that the query is, empty if it is none."""
    try:
        return str(uuid.UUID(query.strip()))
    except ValueError:
        return ""


class ConversationAdmin(HistoryAdmin):
    list_display = ("last_activity", "first_words", "status", "site_name", "last_seq", "language_name")
    list_display_links = ("last_activity", "first_words")
    list_filter = (DateFilter, OutcomeFilter, FeedbackFilter, ProviderFilter, "status", SiteFilter, LanguageFilter)
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ("last_activity",)
    search_fields = ("messages__text",)
    search_help_text = _(
        'Finds conversations with a message that contains all of these words, or parts of words. "Quotes" keep words '
        "together. You can also search for the id of a conversation."
    )

    class Media:
        css = {"all": ["chat/admin.css"]}

    @admin.display(description=_("last activity"), ordering="last_activity_at")
    def last_activity(self, conversation: Conversation) -> datetime.datetime:
        return conversation.last_activity_at

    @admin.display(description=_("first words"))
    def first_words(self, conversation: Any) -> str:
        return Truncator(conversation.words).chars(80) or gettext("(no words)")

    @admin.display(description=_("found"))
    def hit(self, conversation: Any) -> Any:
        return conversation.hit

    @admin.display(description=_("website"))
    def site_name(self, conversation: Any) -> Any:
        return conversation.site

    @admin.display(description=_("language"))
    def language_name(self, conversation: Conversation) -> str:
        return languages.name(conversation.language)

    def get_list_display(self, request: HttpRequest) -> Any:
        query = request.GET.get(SEARCH_VAR, "").strip()
        last_activity, first, *others = self.list_display
        return [last_activity, first, "hit", *others] if query and not _id_in(query) else self.list_display

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Conversation | None = None) -> bool:
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Conversations

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": _("Conversations"), **(extra_context or {})})

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Conversation], search_term: str
    ) -> tuple[QuerySet[Conversation], bool]:
        if public_id := _id_in(search_term):
            return queryset.filter(public_id=public_id), False
        if words := search.words_of(search_term):
            queryset = queryset.filter(pk__in=search.with_words(words).values("conversation"))
        return queryset, False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the transcript's page with the message `message`, or else the page `page`, by default the last one."""
        conversation = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, conversation):
            raise PermissionDenied
        if conversation is None:
            raise Http404(gettext("There is no such conversation. It may have been deleted."))
        paginator = Paginator(range(1, conversation.last_seq + 1), MESSAGES_PER_PAGE)  # seq has no gaps
        sought = request.GET.get("message", "")
        seq = int(sought) if re.fullmatch("[1-9][0-9]{0,8}", sought) else 0
        of_message = (seq - 1) // MESSAGES_PER_PAGE + 1 if seq else paginator.num_pages
        page = paginator.get_page(request.GET.get("page", of_message))
        messages = conversation.messages.filter(seq__gte=page.start_index(), seq__lte=page.end_index()).order_by("seq")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Conversation"),
            "opts": self.opts,
            "media": self.media,
            "conversation": conversation,
            "language": languages.name(conversation.language),
            "messages_shown": [(message, transcripts.side(message), transcripts.bubbles(message)) for message in messages],
            "page": page,
            "page_numbers": list(paginator.get_elided_page_range(page.number)),
            "sought": seq,
            "preserved_filters": self.get_preserved_filters(request),
            "has_delete_permission": self.has_delete_permission(request, conversation),
        }
        return TemplateResponse(request, "admin/chat/conversation/transcript.html", context)

    def get_deleted_objects(
        self, objs: Iterable[Conversation], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """For the confirmation: the conversations by name, and only the number of their messages."""
        conversations = list(objs)
        messages = Message.objects.filter(conversation__in=conversations).count()
        counts = {gettext("conversations"): len(conversations), gettext("messages"): messages}
        return list(map(str, conversations)), counts, set(), []

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        """Django leads those who may not change anything to the front page."""
        super().response_delete(request, obj_display, obj_id)
        filters: dict[str, Any] = {"preserved_filters": self.get_preserved_filters(request), "opts": self.opts}
        return HttpResponseRedirect(add_preserved_filters(filters, reverse("admin:chat_conversation_changelist")))

    def delete_model(self, request: HttpRequest, obj: Conversation) -> None:
        self.delete_queryset(request, Conversation.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> None:
        """Lock the conversations first, in the writer's order. Otherwise the two could wait for each other for ever."""
        with transaction.atomic():
            rows = queryset.order_by("pk").select_for_update().values_list("pk", "public_id")
            public_ids = dict(rows)
            Conversation.objects.filter(pk__in=public_ids).delete()
        transaction.on_commit(lambda: runtime.tell_deleted(public_ids.values()))
