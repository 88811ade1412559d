"""What the admin's pages for the staff's words share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import Truncator

from chat.models import StaffReply
from chat.staff import languages

if TYPE_CHECKING:
    StaffReplyModelAdmin = admin.ModelAdmin[StaffReply]
    StaffReplyModelForm = forms.ModelForm[StaffReply]
else:
    StaffReplyModelAdmin = admin.ModelAdmin
    StaffReplyModelForm = forms.ModelForm

ANY = "any"


class ReplyForm(StaffReplyModelForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "language" in self.fields:  # missing for staff who may only view
            self.fields["language"] = forms.ChoiceField(
                choices=[("", languages.ANY), *languages.choices(self.instance.language)], required=False
            )


class LanguageFilter(admin.SimpleListFilter):
    title = "language"
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        tags = model_admin.model.objects.order_by("language").values_list("language", flat=True).distinct()
        return [(tag or ANY, languages.name(tag)) for tag in tags]

    def queryset(self, request: HttpRequest, queryset: QuerySet[StaffReply]) -> QuerySet[StaffReply]:
        value = self.value()
        return queryset.filter(language="" if value == ANY else value) if value else queryset


class StaffReplyAdmin(StaffReplyModelAdmin):
    """What all kinds of words share. Each reply is saved on its own, so that the edit takes effect at once."""

    actions = ("activate", "deactivate")

    class Media:
        css = {"all": ["chat/admin.css"]}

    @admin.display(description="language", ordering="language")
    def language_name(self, reply: StaffReply) -> str:
        return languages.name(reply.language)

    @admin.display(description="text", ordering="text")
    def words(self, reply: StaffReply) -> str:
        return Truncator(reply.text).chars(100)

    @admin.display(description="overrides", ordering="overrides")
    def says_so(self, reply: StaffReply) -> str:
        return "overrides" if reply.overrides else ""

    @admin.action(description="Activate the selected replies", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[StaffReply]) -> None:
        self._switch(request, queryset, active=True)

    @admin.action(description="Deactivate the selected replies", permissions=["change"])
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
        self.message_user(request, f"{'Activated' if active else 'Deactivated'}: {switched}.", messages.SUCCESS)
        for message in kept:
            self.message_user(request, message, messages.ERROR)
