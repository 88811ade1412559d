"""How staff import and export answers in the admin."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from chat.answers.table import BadTable, Plan, export, like_formulas, plan
from chat.models import Answer
from chat.staff import languages
from chat.staff.replies import PreviewedAdmin

MAX_BYTES = 1_500_000
"""Of a file. It travels a second time with the confirmation, and Django takes at most 2.5 MB of a form's fields."""


IMPORTED = gettext_noop("Imported.")
"""For the history, which translates it."""


class ImportForm(forms.Form):
    file = forms.FileField(label=_("File"), help_text=_("A CSV file with the columns title, questions, text and language."))
    language = forms.ChoiceField(required=False, label=_("Language"), help_text=_("Only if the file has no column for it."))

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.fields["language"].choices = [("", _("As in the file")), *languages.choices()]  # type: ignore[attr-defined]

    def clean_file(self) -> bytes:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(
                _("The file is larger than 1.5 MB. Divide it, or have it imported by manage.py import_answers.")
            )
        content: bytes = file.read()
        return content


class TableAdmin(PreviewedAdmin):
    """The pages for import and export."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("import/", wrap(self.import_view), name="chat_answer_import"),
            path("export/", wrap(self.export_view), name="chat_answer_export"),
            *super().get_urls(),
        ]

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Show what a file would change, and change it after a confirmation."""
        if not (self.has_add_permission(request) and self.has_change_permission(request)):
            raise PermissionDenied
        form, found, confirmed = ImportForm(), None, request.POST.get("content")
        problems: tuple[str, ...] = ()
        content, language = b"", request.POST.get("language", "")
        try:
            if confirmed:
                found = plan(base64.b64decode(confirmed, validate=True), language)
                found.carry_out()
                self._note(request, found)
                return HttpResponseRedirect(reverse("admin:chat_answer_changelist"))
            if request.method == "POST":
                form = ImportForm(request.POST, request.FILES)
                if form.is_valid():
                    content, language = form.cleaned_data["file"], form.cleaned_data["language"]
                    found = plan(content, language)
        except BadTable as bad:
            problems = bad.problems
        except binascii.Error:
            problems = (gettext("The form was changed on its way. Choose the file again."),)
        return self.page(
            request,
            "import",
            _("Import answers"),
            form=form,
            plan=found,
            problems=problems,
            content=base64.b64encode(content).decode(),
            language=language,
            like_formulas=like_formulas(Answer.objects.all()),
        )

    def _note(self, request: HttpRequest, found: Plan) -> None:
        added: list[Any] = [*found.new]
        changed: list[Any] = [*found.changed]
        for answer in added:
            self.log_addition(request, answer, IMPORTED)
        for answer in changed:
            self.log_change(request, answer, IMPORTED)
        done = gettext("Added: {new}. Changed: {changed}. The same already: {same}.").format(
            new=len(found.new), changed=len(found.changed), same=len(found.same)
        )
        self.message_user(request, done, messages.SUCCESS)

    def export_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        headers = {"Content-Disposition": 'attachment; filename="answers.csv"'}
        return HttpResponse(export(Answer.objects.all()), content_type="text/csv; charset=utf-8", headers=headers)
