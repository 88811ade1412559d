"""The admin's history in the language of who reads it. Django translates its own sentences there, and these are ours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


def translate(entries: Iterable[LogEntry]) -> None:
    """Translate what is stored as an English sentence. What is stored as JSON is Django's."""
    for entry in entries:
        if entry.change_message and not entry.change_message.startswith("["):
            entry.change_message = gettext(entry.change_message)


class HistoryAdmin(ModelAdmin):
    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        response = super().history_view(request, object_id, extra_context)
        translate(getattr(response, "context_data", {}).get("action_list", ()))
        return response
