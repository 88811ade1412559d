"""How staff write answers for the provider on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin

from chat.models import Answer, question_lines
from chat.staff import languages
from chat.staff.replies import LanguageFilter, StaffReplyAdmin

if TYPE_CHECKING:
    AnswerModelForm = forms.ModelForm[Answer]
else:
    AnswerModelForm = forms.ModelForm


class AnswerForm(AnswerModelForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "language" in self.fields:  # not there for those who may only look
            self.fields["language"] = forms.ChoiceField(choices=languages.choices(self.instance.language))


@admin.register(Answer)
class AnswerAdmin(StaffReplyAdmin):
    form = AnswerForm  # type: ignore[assignment]  # an answer has the fields of a reply that the base needs
    fields = ("language", "title", "questions", "text", "active")
    list_display = ("title", "language_name", "amount", "words", "active")
    list_filter = (LanguageFilter, "active")
    search_fields = ("title", "questions", "text")

    @admin.display(description="examples")
    def amount(self, answer: Answer) -> int:
        return len(question_lines(answer.questions))
