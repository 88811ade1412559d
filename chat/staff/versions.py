"""Two editors of one thing: the second one's save is refused, and says what the first one has changed."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat.edited import Versioned
from chat.staff import history, transcripts
from chat.staff.parts import PartsField

if TYPE_CHECKING:
    VersionedModelForm = forms.ModelForm[Any]
else:
    VersionedModelForm = forms.ModelForm

ANYWAY = "save_anyway"
"""The checkbox. Its value is the version that its editor has read about."""


@dataclasses.dataclass(frozen=True)
class Difference:
    field: str
    stored: str
    mine: str


@dataclasses.dataclass(frozen=True)
class Conflict:
    """What others have saved since the form was opened. edits: the latest first. version: the stored one."""

    version: int
    edits: list[LogEntry]
    differences: list[Difference]


class VersionField(forms.IntegerField):
    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False  # it is no edit


class VersionedForm(VersionedModelForm):
    version = VersionField(required=False)
    conflict: Conflict | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["version"] = self.instance.version

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        opened, stored = self.cleaned_data.get("version"), self.instance.version
        if self.instance.pk and opened is not None and opened != stored and self.data.get(ANYWAY) != str(stored):
            self.conflict = Conflict(stored, _edits(self.instance, stored - opened), list(self._differences()))
            raise ValidationError(
                _(
                    "This was saved again after you opened it, so yours isn't saved yet. Read below what differs. Then save "
                    "yours anyway, or take what is stored."
                )
            )
        return cleaned

    def _differences(self) -> Any:
        """Each field whose stored value isn't what was typed."""
        for name, field in self.fields.items():
            if name == "version":
                continue
            mine = self.cleaned_data[name] if name in self.cleaned_data else self[name].data
            difference = Difference(str(self[name].label), _shown(field, self.initial.get(name)), _shown(field, mine))
            if difference.stored != difference.mine:
                yield difference


def _shown(field: forms.Field, value: Any) -> str:
    """A field's value as people read it."""
    if isinstance(field, PartsField):
        return "\n".join(transcripts.summary(value)) if isinstance(value, list) else gettext("as below")
    if isinstance(field, forms.BooleanField):
        return gettext("Yes") if value else gettext("No")
    if isinstance(field, forms.ChoiceField):
        return str(dict(field.choices).get(value or "", value))  # type: ignore[arg-type]
    return "" if value is None else str(value).replace("\r\n", "\n").strip()


def _edits(row: Versioned, amount: int) -> list[LogEntry]:
    """The last so many entries of the history. A proxy has a history of its own, such as a site's opening hours."""
    concrete = row._meta.concrete_model
    models = [kind for kind in type(row)._meta.apps.get_models() if kind._meta.concrete_model is concrete]
    kinds = ContentType.objects.get_for_models(*models, for_concrete_models=False).values()
    entries = LogEntry.objects.filter(content_type__in=kinds, object_id=str(row.pk)).exclude(action_flag=DELETION)
    found = list(entries.select_related("user").order_by("-action_time", "-pk")[: max(amount, 0)])
    history.translate(found)
    return found


class VersionedAdmin(history.HistoryAdmin):
    """Its form must be a `VersionedForm`. templates/admin/chat/change_form.html shows the conflict."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Under the name of what is listed. Django's own title doesn't fit beside the buttons in every language."""
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """For a save, the row is locked until it is saved. So of two saves at the same time one comes second."""
        found = super().get_object(request, object_id, from_field)
        if found is not None and request.method == "POST":
            self.model._default_manager.select_for_update().get(pk=found.pk)
            found.refresh_from_db()
        return found

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        form = context["adminform"].form
        if conflict := getattr(form, "conflict", None):
            formsets = [inline.formset for inline in context["inline_admin_formsets"]]
            conflict.differences.extend(
                Difference(
                    capfirst(str(formset.model._meta.verbose_name_plural)), _stored_rows(formset), gettext("as below")
                )
                for formset in formsets
                if formset.has_changed()
            )
            context |= {"conflict": conflict, "anyway": ANYWAY}
        return super().render_change_form(request, context, *args, **kwargs)


def _stored_rows(formset: Any) -> str:
    return "\n".join(map(str, formset.get_queryset())) or gettext("none")
