"""What staff edit for the desk in the admin: its texts, ready-made answers, and operators' public names."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from chat import words
from chat.answers.staff_replies import Replies
from chat.models import DeskCase, DeskText, Operator, ReadyAnswer
from chat.staff import languages
from chat.staff.replies import LanguageFilter, PartsForm, PreviewedAdmin, ReplyForm, WordsAdmin
from chat.staff.versions import VersionedAdmin, VersionedForm

SAMPLE = {"name": "Ana", "to": "Ben", "address": "visitor@example.com"}


class DeskTextForm(ReplyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "text" in self.fields:
            self.fields["text"].help_text = _(
                "{name}: the operator, {to}: the colleague who takes over, {time}: when somebody is there, "
                "{address}: where the visitor wants to be answered."
            )


@admin.register(DeskText)
class DeskTextAdmin(PreviewedAdmin):
    form = DeskTextForm
    fields = ("case", "language", "text", "active")
    list_display = ("case", "language_name", "words", "active")
    list_display_links = ("case", "words")
    list_filter = ("case", LanguageFilter, "active")
    search_fields = ("text",)

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """Show what visitors read in each case, in a language."""
        choices = languages.choices()
        language = request.GET.get("language", choices[0][0])
        replies = Replies.load()
        return self.page(
            request,
            "preview",
            _("What does a visitor read?"),
            languages=choices,
            language=language,
            texts=[(case.label, *_text(replies, case, language)) for case in DeskCase],
        )


def _text(replies: Replies, case: DeskCase, language: str) -> tuple[str, bool]:
    """The text with sample names, and whether staff have written it."""
    own = replies.for_desk(case, language)
    day = words.in_language(words.ON_DAY, language).replace("{day}", "…").replace("{time}", "9:00")
    return words.notice(case, language, own, **SAMPLE, time=day), bool(own)


class ReadyAnswerForm(PartsForm, ReplyForm):
    pass


@admin.register(ReadyAnswer)
class ReadyAnswerAdmin(WordsAdmin):
    form = ReadyAnswerForm
    fields = ("name", "text", "parts", "language")
    list_display = ("name", "language_name", "words")
    search_fields = ("name", "text")


@admin.register(Operator)
class OperatorAdmin(VersionedAdmin):
    form = VersionedForm
    fields = ("user", "public_name")
    list_display = ("account", "public_name")
    list_select_related = ("user",)

    @admin.display(description=_("account"), ordering="user__username")
    def account(self, operator: Operator) -> str:
        return operator.user.get_username()

    def get_readonly_fields(self, request: HttpRequest, obj: Operator | None = None) -> tuple[str, ...]:
        return ("user",) if obj else ()
