"""The bot's replies in the admin: fallback replies and intent replies."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from chat import runtime, seeds
from chat.answers.choice import choose
from chat.answers.staff_replies import LAST_RESORT, Replies
from chat.logs import log_unexpected
from chat.models import FALLBACK_OUTCOMES, Conversation, FallbackReply, IntentReply, Outcome, Site, StaffReply
from chat.staff import languages
from chat.staff.conversations import ConversationAdmin
from chat.staff.sites import SiteAdmin
from chat.text import composed
from integrations import AdapterError, ConfigurationError, Reply

if TYPE_CHECKING:
    StaffReplyModelAdmin = admin.ModelAdmin[StaffReply]
    StaffReplyModelForm = forms.ModelForm[StaffReply]
else:
    StaffReplyModelAdmin = admin.ModelAdmin
    StaffReplyModelForm = forms.ModelForm

INTENTS_KEPT = 300
"""Seconds for which a list of intents is kept before the provider is asked again."""
FAILURE_KEPT = 60
"""Seconds before a provider that couldn't list its intents is asked again."""
ANY = "any"

admin.site.site_header = "Chat administration"
admin.site.site_title = "Chat administration"
admin.site.register(Conversation, ConversationAdmin)
admin.site.register(Site, SiteAdmin)


def provider_intents() -> tuple[tuple[str, ...], str]:
    """The provider's intents, and the reason if they can't be listed."""
    found: tuple[tuple[str, ...], str] | None = cache.get("chat.intents")
    if found is None:
        found = _ask_for_intents()
        cache.set("chat.intents", found, FAILURE_KEPT if found[1] else INTENTS_KEPT)
    return found


def _ask_for_intents() -> tuple[tuple[str, ...], str]:
    try:
        names = tuple(runtime.list_intents())
    except (AdapterError, ConfigurationError, TimeoutError) as error:
        return (), str(error).rstrip(".") or "it gave no answer in time"
    except Exception as error:  # noqa: BLE001 - an adapter is anybody's code, and the form works without names
        log_unexpected(error)
        return (), f"the adapter raised {type(error).__name__}, which is a mistake in the adapter"
    if not all(isinstance(name, str) for name in names):
        return (), "the adapter listed something that is no name, which is a mistake in the adapter"
    return names, ""


class ReplyForm(StaffReplyModelForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "language" in self.fields:  # missing for staff who may only view
            self.fields["language"] = forms.ChoiceField(
                choices=[("", languages.ANY), *languages.choices(self.instance.language)], required=False
            )


class FallbackReplyForm(ReplyForm):
    outcome = forms.ChoiceField(choices=[("", "Any outcome"), *FALLBACK_OUTCOMES], required=False)


class IntentInput(forms.TextInput):
    """A text field that suggests names and accepts any."""

    names: tuple[str, ...] = ()

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        field = super().render(name, value, {**(attrs or {}), "list": "intents"}, renderer)
        options = format_html_join("", '<option value="{}"></option>', ((intent,) for intent in self.names))
        return format_html('{}<datalist id="intents">{}</datalist>', field, options)


class IntentReplyForm(ReplyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "intent" not in self.fields:
            return
        field = self.fields["intent"]
        names, reason = provider_intents()
        if reason:
            note = f"The provider's intents can't be listed now ({reason}). Write the name, or try again in a minute."
        else:
            note = "Choose one of the provider's intents." if names else "The provider lists no intents. Write the name."
        field.widget = IntentInput(attrs={"class": "vTextField"})
        field.widget.names = names
        field.help_text = escape(f"{note} Capitals and small letters count.")  # the admin treats help texts as HTML


class LanguageFilter(admin.SimpleListFilter):
    title = "language"
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        tags = model_admin.model.objects.order_by("language").values_list("language", flat=True).distinct()
        return [(tag or ANY, languages.name(tag)) for tag in tags]

    def queryset(self, request: HttpRequest, queryset: QuerySet[StaffReply]) -> QuerySet[StaffReply]:
        value = self.value()
        return queryset.filter(language="" if value == ANY else value) if value else queryset


class OutcomeFilter(admin.SimpleListFilter):
    title = "outcome"
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(ANY, "Any outcome"), *FALLBACK_OUTCOMES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[FallbackReply]) -> QuerySet[FallbackReply]:
        value = self.value()
        return queryset.filter(outcome="" if value == ANY else value) if value else queryset


class StaffReplyAdmin(StaffReplyModelAdmin):
    """What both kinds of replies share. Each reply is saved on its own, so that the edit takes effect at once."""

    actions = ("activate", "deactivate")

    class Media:
        css = {"all": ["chat/admin.css"]}

    @admin.display(description="language", ordering="language")
    def language_name(self, reply: StaffReply) -> str:
        return languages.name(reply.language)

    @admin.display(description="text", ordering="text")
    def words(self, reply: StaffReply) -> str:
        return Truncator(reply.text).chars(100)

    @admin.action(description="Activate the selected replies", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[StaffReply]) -> None:
        self._switch(request, queryset, active=True)

    @admin.action(description="Deactivate the selected replies", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[StaffReply]) -> None:
        self._switch(request, queryset, active=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[StaffReply], *, active: bool) -> None:
        for reply in queryset:
            reply.active = active
            reply.save(update_fields=["active"])
            self.log_change(request, reply, [{"changed": {"fields": ["active"]}}])
        self.message_user(request, f"{'Activated' if active else 'Deactivated'}: {len(queryset)}.", messages.SUCCESS)


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
    outcome = forms.ChoiceField(choices=[("", "Every outcome"), *FALLBACK_OUTCOMES], required=False)
    language = forms.ChoiceField()

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        stored = FallbackReply.objects.order_by("language").values_list("language", flat=True).distinct()
        self.fields["language"].choices = languages.choices(*stored)  # type: ignore[attr-defined]


@admin.register(FallbackReply)
class FallbackReplyAdmin(StaffReplyAdmin):
    form = FallbackReplyForm
    fields = ("outcome", "language", "text", "weight", "active", "overrides")
    list_display = ("outcome_name", "language_name", "words", "weight", "active", "overrides")
    list_display_links = ("outcome_name", "words")
    list_filter = (OutcomeFilter, LanguageFilter, "active", "overrides")
    search_fields = ("text",)

    @admin.display(description="outcome", ordering="outcome")
    def outcome_name(self, reply: FallbackReply) -> str:
        return reply.get_outcome_display() or "Any outcome"

    def get_urls(self) -> list[URLPattern]:
        preview = self.admin_site.admin_view(self.preview_view)
        defaults = self.admin_site.admin_view(self.defaults_view)
        return [
            path("preview/", preview, name="chat_fallbackreply_preview"),
            path("defaults/", defaults, name="chat_fallbackreply_defaults"),
            *super().get_urls(),
        ]

    def defaults_view(self, request: HttpRequest) -> HttpResponse:
        """Show the default replies that are missing, and add them."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        missing = seeds.missing_replies(FallbackReply)
        if request.method == "POST":
            for reply in missing:
                reply.save()
                self.log_addition(request, reply, [{"added": {}}])
            self.message_user(request, f"Added: {len(missing)}.", messages.SUCCESS)
            return redirect("admin:chat_fallbackreply_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": "Default replies that are missing",
            "opts": self.opts,
            "media": self.media,
            "missing": [(reply, languages.name(reply.language)) for reply in missing],
        }
        return TemplateResponse(request, "admin/chat/fallbackreply/defaults.html", context)

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """Show which replies a visitor would get."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        language = languages.choices()[0][0]
        form = PreviewForm({"outcome": "", "language": language, **request.GET.dict()})
        previews = []
        if form.is_valid():
            wanted = form.cleaned_data["outcome"]
            outcomes = [Outcome(value) for value, _ in FALLBACK_OUTCOMES if wanted in ("", value)]
            previews = [preview(outcome, form.cleaned_data["language"]) for outcome in outcomes]
        context = {
            **self.admin_site.each_context(request),
            "title": "Which reply does a visitor get?",
            "opts": self.opts,
            "media": self.media,
            "form": form,
            "previews": previews,
            "last_resort": LAST_RESORT,
        }
        return TemplateResponse(request, "admin/chat/fallbackreply/preview.html", context)


@admin.register(IntentReply)
class IntentReplyAdmin(StaffReplyAdmin):
    form = IntentReplyForm
    fields = ("intent", "language", "text", "active", "overrides")
    list_display = ("intent", "language_name", "words", "active", "overrides")
    list_display_links = ("intent", "words")
    list_filter = (LanguageFilter, "active", "overrides")
    search_fields = ("intent", "text")

    def save_model(self, request: HttpRequest, obj: StaffReply, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        names = form.fields["intent"].widget.names
        if names and composed(form.cleaned_data["intent"]) not in map(composed, names):
            self.message_user(
                request,
                f"The provider lists no intent {form.cleaned_data['intent']!r}. Until it has one, nobody gets this reply.",
                messages.WARNING,
            )
