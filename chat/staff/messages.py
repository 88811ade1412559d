"""The messages that need attention: what the bot didn't understand, where it failed, and what didn't help."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat.models import Message
from chat.staff import languages
from chat.staff.conversations import place
from chat.staff.filters import MessageDateFilter, ReasonFilter
from chat.staff.pages import Pages
from chat.storage.desk import site_name, site_names

if TYPE_CHECKING:
    MessageModelAdmin = admin.ModelAdmin[Message]
else:
    MessageModelAdmin = admin.ModelAdmin


def said(message: Message) -> Message:
    """What the visitor said, or the message itself if it answers nothing."""
    return message.in_reply_to or message


class Messages(Pages):
    def rows(self, first: int, end: int) -> Iterable[Message]:
        """The keys first, because sorting whole rows would read all of them."""
        keys = list(self.queryset.values_list("pk", flat=True)[first:end])
        names = site_names()
        rows = Message.objects.filter(pk__in=keys).select_related("conversation", "in_reply_to").order_by("-pk")
        for message in rows:
            message.site = site_name(message.conversation.origin, names)  # type: ignore[attr-defined]
        return rows


@admin.register(Message)
class MessageAdmin(MessageModelAdmin):
    list_display = ("question", "reason", "when", "reply", "site_name", "language_name")
    list_display_links = None
    list_filter = (ReasonFilter, MessageDateFilter)
    list_per_page = 50
    ordering = ("-pk",)  # the latest first, as they were stored
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    class Media:
        css = {"all": ["chat/admin.css"]}

    @admin.display(description=_("what the visitor said"))
    def question(self, message: Message) -> str:
        words = Truncator(said(message).text).chars(160) or gettext("(no words)")
        return format_html('<a href="{}" dir="auto">{}</a>', place(message.conversation_id, said(message).seq), words)

    @admin.display(description=_("what the bot answered"))
    def reply(self, message: Message) -> str:
        return Truncator(message.text).chars(80)

    @admin.display(description=_("reason"))
    def reason(self, message: Message) -> str:
        outcome = message.get_outcome_display()
        return f"{outcome}. {message.get_feedback_display()}" if outcome and message.feedback else outcome

    @admin.display(description=_("time"))
    def when(self, message: Message) -> datetime.datetime:
        return message.created_at

    @admin.display(description=_("website"))
    def site_name(self, message: Any) -> Any:
        return message.site

    @admin.display(description=_("language"))
    def language_name(self, message: Message) -> str:
        return languages.name(message.conversation.language)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        """Messages have no rights of their own. They belong to conversations."""
        return request.user.has_perm("chat.view_conversation")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Messages

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": _("Messages that need attention"), **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A message has no page of its own. It is shown in its transcript, which asks for the right to read it."""
        message = self.get_object(request, unquote(object_id))
        if message is None:
            raise Http404
        return HttpResponseRedirect(place(message.conversation_id, message.seq))
