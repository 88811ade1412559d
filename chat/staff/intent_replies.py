"""Intent replies in the admin, and the names of the provider's intents."""

from __future__ import annotations

import dataclasses
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat import runtime
from chat.answers.staff_replies import Replies
from chat.logs import log_unexpected
from chat.models import IntentReply, StaffReply
from chat.staff import languages
from chat.staff.replies import LanguageFilter, PartsForm, PreviewedAdmin, ReplyForm, stored_languages
from chat.text import composed
from integrations import AdapterError, ConfigurationError

INTENTS_KEPT = 300
"""Seconds for which a list of intents is kept before the provider is asked again."""
FAILURE_KEPT = 60
"""Seconds before a provider that couldn't list its intents is asked again."""


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
        return (), str(error).rstrip(".") or gettext("it gave no answer in time")
    except Exception as error:  # noqa: BLE001 - an adapter is anybody's code, and the form works without names
        log_unexpected(error)
        return (), gettext("the adapter raised {error}, which is a mistake in the adapter").format(
            error=type(error).__name__
        )
    if not all(isinstance(name, str) for name in names):
        return (), gettext("the adapter listed something that is no name, which is a mistake in the adapter")
    return names, ""


class IntentInput(forms.TextInput):
    """A text field that suggests names and accepts any."""

    names: tuple[str, ...] = ()

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        field = super().render(name, value, {**(attrs or {}), "list": "intents"}, renderer)
        options = format_html_join("", '<option value="{}"></option>', ((intent,) for intent in self.names))
        return format_html('{}<datalist id="intents">{}</datalist>', field, options)


class IntentReplyForm(PartsForm, ReplyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "intent" not in self.fields:
            return
        field = self.fields["intent"]
        names, reason = provider_intents()
        if reason:
            note = gettext(
                "The provider's intents can't be listed now ({reason}). Write the name, or try again in a minute."
            ).format(reason=reason)
        elif names:
            note = gettext("Choose one of the provider's intents.")
        else:
            note = gettext("The provider lists no intents. Write the name.")
        field.widget = IntentInput(attrs={"class": "vTextField"})
        field.widget.names = names
        capitals = gettext("Capitals and small letters count.")
        field.help_text = escape(f"{note} {capitals}")  # the admin treats help texts as HTML


class PreviewForm(forms.Form):
    intent = forms.CharField(
        required=False, max_length=255, label=_("Intent"), help_text=_("Empty: every intent that has a reply.")
    )
    language = forms.ChoiceField(label=_("Language"))

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["intent"].widget = IntentInput(attrs={"class": "vTextField"})
        self.fields["intent"].widget.names = provider_intents()[0]
        self.fields["language"].choices = languages.choices(*stored_languages(IntentReply))  # type: ignore[attr-defined]


@dataclasses.dataclass(frozen=True)
class Preview:
    """What a visitor gets for an intent: `overriding` if the provider sends words of its own, `other` if it sends none."""

    intent: str
    overriding: IntentReply | None
    other: IntentReply | None


def preview(replies: Replies, intent: str, language: str) -> Preview:
    overriding = replies.for_intent(intent, language, overriding=True)
    return Preview(intent, overriding, overriding or replies.for_intent(intent, language))


@admin.register(IntentReply)
class IntentReplyAdmin(PreviewedAdmin):
    form = IntentReplyForm
    fields = ("intent", "language", "text", "parts", "active", "overrides")
    list_display = ("intent", "language_name", "words", "active", "says_so")
    list_display_links = ("intent", "words")
    list_filter = (LanguageFilter, "active", "overrides")
    search_fields = ("intent", "text")

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """Show which replies a visitor would get."""
        form = PreviewForm({"language": languages.choices()[0][0], **request.GET.dict()})
        previews = []
        if form.is_valid():
            replies, wanted = Replies.load(), form.cleaned_data["intent"]
            intents = [wanted] if wanted else sorted({reply.intent for reply in replies.intents})
            previews = [preview(replies, intent, form.cleaned_data["language"]) for intent in intents]
        return self.page(
            request,
            "preview",
            _("Which reply does a visitor get?"),
            form=form,
            previews=previews,
        )

    def save_model(self, request: HttpRequest, obj: StaffReply, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        names = form.fields["intent"].widget.names
        if names and composed(form.cleaned_data["intent"]) not in map(composed, names):
            self.message_user(
                request,
                gettext("The provider lists no intent “{intent}”. Until it has one, nobody gets this reply.").format(
                    intent=form.cleaned_data["intent"]
                ),
                messages.WARNING,
            )
