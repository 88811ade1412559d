"""Fallback replies in the admin: a grid of situations and languages, the preview, and the defaults."""

from __future__ import annotations

import dataclasses
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat import seeds
from chat.answers.choice import choose
from chat.answers.staff_replies import LAST_RESORT, Replies
from chat.models import FALLBACK_OUTCOMES, FallbackReply, Outcome
from chat.staff import languages
from chat.staff.grid import ANY_SITUATION, SITUATIONS, grid
from chat.staff.replies import ANY, LanguageFilter, PartsForm, PreviewedAdmin, ReplyForm, stored_languages
from integrations import Reply


class FallbackReplyForm(PartsForm, ReplyForm):
    outcome = forms.ChoiceField(
        choices=[("", ANY_SITUATION), *FALLBACK_OUTCOMES],
        required=False,
        label=_("Situation"),
        help_text=_("What happened."),
    )


class OutcomeFilter(admin.SimpleListFilter):
    title = _("situation")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [(ANY, ANY_SITUATION), *FALLBACK_OUTCOMES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[FallbackReply]) -> QuerySet[FallbackReply]:
        value = self.value()
        return queryset.filter(outcome="" if value == ANY else value) if value else queryset


@dataclasses.dataclass(frozen=True)
class Preview:
    """What a visitor gets for an outcome: replies with their chances in percent, or none."""

    outcome: Outcome
    draws: list[tuple[FallbackReply, float]]


def preview(outcome: Outcome, language: str) -> Preview:
    """Ask the chat's own `choose` what happens after a reply of the provider without words."""
    candidates = choose(Replies.load(), Reply(), outcome, language).candidates
    total = sum(reply.weight for reply in candidates)
    return Preview(outcome, [(reply, 100 * reply.weight / total) for reply in candidates])


class PreviewForm(forms.Form):
    outcome = forms.ChoiceField(
        label=_("Situation"), choices=[("", _("Every situation")), *FALLBACK_OUTCOMES], required=False
    )
    language = forms.ChoiceField(label=_("Language"))

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["language"].choices = languages.choices(*stored_languages(FallbackReply))  # type: ignore[attr-defined]


_BY_SITUATION = Case(*(When(outcome=outcome, then=place) for place, outcome in enumerate(SITUATIONS)))


@admin.register(FallbackReply)
class FallbackReplyAdmin(PreviewedAdmin):
    form = FallbackReplyForm
    fields = ("outcome", "language", "text", "parts", "weight", "active", "overrides")
    list_display = ("outcome_name", "language_name", "words", "weight", "active", "says_so")
    ordering = (_BY_SITUATION, "language", "id")
    list_display_links = ("outcome_name", "words")
    list_filter = (OutcomeFilter, LanguageFilter, "active", "overrides")
    search_fields = ("text",)

    @admin.display(description=_("situation"), ordering=_BY_SITUATION)
    def outcome_name(self, reply: FallbackReply) -> str:
        return reply.get_outcome_display() or str(ANY_SITUATION)

    def get_urls(self) -> list[URLPattern]:
        defaults = self.admin_site.admin_view(self.defaults_view)
        return [path("defaults/", defaults, name="chat_fallbackreply_defaults"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The grid. With a query, such as a situation and a language, the list of those replies."""
        if request.method != "GET" or request.GET:
            return super().changelist_view(request, extra_context)
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self.page(
            request,
            "grid",
            _("Fallback replies"),
            grid=grid(FallbackReply.objects.all()),
            any=ANY,
            has_add_permission=self.has_add_permission(request),
        )

    def defaults_view(self, request: HttpRequest) -> HttpResponse:
        """Show the default replies that are missing, and add them."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        missing = seeds.missing_replies(FallbackReply)
        if request.method == "POST":
            for reply in missing:
                reply.save()
                self.log_addition(request, reply, [{"added": {}}])
            self.message_user(request, gettext("Added: {amount}.").format(amount=len(missing)), messages.SUCCESS)
            return redirect("admin:chat_fallbackreply_changelist")
        return self.page(
            request,
            "defaults",
            _("Default replies that are missing"),
            missing=[(reply, languages.name(reply.language)) for reply in missing],
        )

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """Show which replies a visitor would get."""
        language = languages.choices()[0][0]
        form = PreviewForm({"outcome": "", "language": language, **request.GET.dict()})
        previews = []
        if form.is_valid():
            wanted = form.cleaned_data["outcome"]
            outcomes = [Outcome(value) for value, _ in FALLBACK_OUTCOMES if wanted in ("", value)]
            previews = [preview(outcome, form.cleaned_data["language"]) for outcome in outcomes]
        return self.page(
            request,
            "preview",
            _("Which reply does a visitor get?"),
            form=form,
            previews=previews,
            last_resort=LAST_RESORT,
        )
