"""What the admin's pages for the staff's words share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat.models import StaffReply
from chat.staff import languages, transcripts
from chat.staff.parts import PartsField
from chat.staff.versions import VersionedAdmin, VersionedForm

ANY = "any"


class ReplyForm(VersionedForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "language" in self.fields:  # missing for staff who may only view
            self.fields["language"] = forms.ChoiceField(
                choices=[("", languages.ANY), *languages.choices(self.instance.language)],
                required=False,
                help_text=_("The language of the visitor."),
                label=_("Language"),
            )


class PartsForm(VersionedForm):
    """For words that may have more below them."""

    parts = PartsField(
        required=False,
        label=_("Below the text"),
        help_text=_("Buttons, links, cards, pictures and lists, in the order in which visitors see them."),
    )


def stored_languages(model: Any) -> QuerySet[Any, str]:
    """The tags of the languages that staff have written words in, empty for any language."""
    tags: QuerySet[Any, str] = model.objects.order_by("language").values_list("language", flat=True).distinct()
    return tags


class LanguageFilter(admin.SimpleListFilter):
    title = _("language")
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(tag or ANY, languages.name(tag)) for tag in stored_languages(model_admin.model)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[StaffReply]) -> QuerySet[StaffReply]:
        value = self.value()
        return queryset.filter(language="" if value == ANY else value) if value else queryset


class WordsAdmin(VersionedAdmin):
    """What all kinds of words share."""

    class Media:
        css = {"all": ["chat/admin.css"]}

    def page(self, request: HttpRequest, name: str, title: Any, **context: Any) -> HttpResponse:
        """A page of the admin beside the list and the form. name: of its template."""
        shared = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "media": self.media}
        return TemplateResponse(request, f"admin/chat/{self.opts.model_name}/{name}.html", {**shared, **context})

    @admin.display(description=_("language"), ordering="language")
    def language_name(self, reply: StaffReply) -> str:
        return languages.name(reply.language)

    @admin.display(description=_("text"), ordering="text")
    def words(self, reply: StaffReply) -> str:
        return Truncator(reply.text).chars(100)

    @admin.display(description=_("below the text"))
    def parts_in_lines(self, reply: StaffReply) -> SafeString:
        return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in transcripts.summary(reply.parts)))

    def get_fields(self, request: HttpRequest, obj: StaffReply | None = None) -> list[Any]:
        """Those who may only look read the parts in lines instead of JSON."""
        fields = list(super().get_fields(request, obj))
        may_edit = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return fields if may_edit else ["parts_in_lines" if field == "parts" else field for field in fields]


class StaffReplyAdmin(WordsAdmin):
    """Words that are switched on and off. Each reply is saved on its own, so that the edit takes effect at once."""

    actions = ("activate", "deactivate")

    @admin.display(description=_("always"), ordering="overrides")
    def says_so(self, reply: StaffReply) -> str:
        return gettext("always") if reply.overrides else ""

    @admin.action(description=_("Activate the selected replies"), permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[StaffReply]) -> None:
        self._switch(request, queryset, active=True)

    @admin.action(description=_("Deactivate the selected replies"), permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[StaffReply]) -> None:
        self._switch(request, queryset, active=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[StaffReply], *, active: bool) -> None:
        kept: list[str] = []
        for reply in queryset:
            reply.active = active
            try:
                reply.validate_constraints()
            except ValidationError as error:
                kept += [f"{reply}: {message}" for message in error.messages]
                continue
            reply.save(update_fields=["active"])
            self.log_change(request, reply, [{"changed": {"fields": ["active"]}}])
        switched = len(queryset) - len(kept)
        done = gettext("Activated: {amount}.") if active else gettext("Deactivated: {amount}.")
        self.message_user(request, done.format(amount=switched), messages.SUCCESS)
        for message in kept:
            self.message_user(request, message, messages.ERROR)


class PreviewedAdmin(StaffReplyAdmin):
    """Words with a page that shows what a visitor would get."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self._preview)
        return [path("preview/", view, name=f"chat_{self.opts.model_name}_preview"), *super().get_urls()]

    def _preview(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self.preview_view(request)

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """The page itself."""
        raise NotImplementedError
