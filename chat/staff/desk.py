"""The desk's page: its frame. Everything on it comes over /ws/desk/."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from chat.staff.desk_strings import strings


def may_use(request: HttpRequest) -> bool:
    return any(request.user.has_perm(f"chat.{right}") for right in ("view_conversation", "answer_conversation"))


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The desk. `?conversation=` opens one by its public id."""
    if not may_use(request):
        raise PermissionDenied
    context = {
        **admin.site.each_context(request),
        "title": _("Desk"),
        "is_nav_sidebar_enabled": False,
        "config": _config(request),
    }
    return TemplateResponse(request, "admin/chat/desk.html", context)


def _config(request: HttpRequest) -> dict[str, Any]:
    language = get_language() or "en"
    may_read = request.user.has_perm("chat.view_conversation")
    return {
        "login": f"{reverse('admin:login')}?next={request.path}",
        "conversation": request.GET.get("conversation", ""),
        "transcript": reverse("admin:chat_conversation_change", args=["0"]) if may_read else "",
        "language": language,
        "strings": strings(language),
    }
