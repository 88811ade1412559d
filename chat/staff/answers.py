"""How staff write answers for the provider on this machine, and see how well questions find them."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any

from asgiref.sync import async_to_sync
from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat import conf, runtime
from chat.answers import lessons
from chat.models import Answer, question_lines
from chat.sites import strings
from chat.staff import languages
from chat.staff.replies import LanguageFilter, PartsForm, stored_languages
from chat.staff.tables import TableAdmin
from integrations import ConfigurationError, create
from integrations.languages import match

if TYPE_CHECKING:
    from integrations.providers.faq.adapter import FaqAdapter, Language

SHOWN = 5
"""Answers that the preview lists."""


class AnswerForm(PartsForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "language" in self.fields:  # not there for those who may only look
            self.fields["language"] = forms.ChoiceField(
                choices=languages.choices(self.instance.language),
                label=_("Language"),
                help_text=_("The language of the questions and the text."),
            )


@functools.lru_cache(maxsize=1)
def learnt(state: tuple[int, int]) -> FaqAdapter:
    """What the chat makes of the answers in this state. Learning takes a moment, so the last one is kept."""
    adapter: Any = create("faq", {})
    async_to_sync(adapter.learn)(lessons.read(), lambda language: strings.say("did_you_mean", language))
    return adapter  # type: ignore[no-any-return]


@dataclasses.dataclass(frozen=True)
class Confused:
    """An example that would get another answer."""

    example: str
    own: str
    other: str


@dataclasses.dataclass(frozen=True)
class Quality:
    """How well the questions of a language find their answers."""

    name: str
    sentence: str
    confused: list[Confused]


def quality(tag: str, language: Language) -> Quality:
    report = language.trained.report
    examples = [(question, answer.title) for answer in language.answers for question in answer.questions]
    confused = [Confused(*examples[each.example], other=language.answers[each.answer].title) for each in report.confused]
    if report.tried:
        sentence = gettext(
            "Of 100 questions like your examples about {right} are answered rightly and {wrong} wrongly. The rest get your "
            "fallback replies."
        ).format(right=f"{report.right:.0f}", wrong=f"{report.wrong:.0f}")
    else:
        sentence = gettext(
            "Give answers at least two examples each. Then this page says how many questions are answered rightly."
        )
    return Quality(languages.name(tag), sentence, confused)


class PreviewForm(forms.Form):
    question = forms.CharField(max_length=500, label=_("Question"))
    language = forms.ChoiceField(label=_("Language"))

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["language"].choices = languages.choices(*stored_languages(Answer))  # type: ignore[attr-defined]


@admin.register(Answer)
class AnswerAdmin(TableAdmin):
    form = AnswerForm
    fields = ("language", "title", "questions", "text", "parts", "active")
    list_display = ("title", "language_name", "amount", "words", "active")
    list_filter = (LanguageFilter, "active")
    search_fields = ("title", "questions", "text")

    @admin.display(description=_("examples"))
    def amount(self, answer: Answer) -> int:
        return len(question_lines(answer.questions))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {"is_empty": not Answer.objects.exists(), "is_used": _is_used(), "trouble": runtime.lessons_trouble()}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """Show which answers a question would get, and how well the examples find their own."""
        form = PreviewForm({"language": languages.choices()[0][0], **request.GET.dict()})
        found, trouble, qualities = None, "", []
        try:
            known = learnt(lessons.state()).languages
            qualities = [quality(tag, language) for tag, language in known.items()]
            if request.GET and form.is_valid():
                served = match(form.cleaned_data["language"], tuple(known))
                question = form.cleaned_data["question"]
                found = known[served].candidates(question)[:SHOWN] if served else []
        except ConfigurationError as error:
            trouble = " ".join(map(str, error.problems))
        except Exception as error:  # noqa: BLE001 - the page says what the chat would meet, too
            trouble = gettext("The answers can't be learnt ({reason}). Trying again later may help.").format(
                reason=type(error).__name__
            )
        return self.page(
            request,
            "preview",
            _("Which answer does a question get?"),
            form=form,
            is_asked=bool(request.GET),
            found=found,
            trouble=trouble,
            qualities=qualities,
        )


def _is_used() -> bool:
    """Whether the chat answers from what staff write here."""
    try:
        return "faq" in (conf.provider(), *conf.options().standby)
    except ConfigurationError:
        return False
