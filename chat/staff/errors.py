"""The admin's pages for what is refused or missing. They look like the rest of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _
from django.views import defaults


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _is_for_staff(request):
        return defaults.permission_denied(request, exception)
    return _page(
        request,
        403,
        _("You may not open this page"),
        _(
            "Your account lacks the permission for it. Whoever manages the accounts can give it to you. Trying again "
            "without that doesn't help."
        ),
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _is_for_staff(request):
        return defaults.page_not_found(request, exception)
    return _page(
        request,
        404,
        _("There is no such page"),
        _("What was here may have been deleted, or the address is wrong. Trying again doesn't help."),
    )


class RefuseNul(MiddlewareMixin):
    """Refuses addresses of the admin with a NUL in their query. PostgreSQL stores none, so nothing could be found."""

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> HttpResponse | None:
        if not _is_of_admin(request) or "\0" not in unquote_plus(request.META.get("QUERY_STRING", "")):
            return None
        title = _("This address can't be used")
        sentence = _("It contains a character that no text has (NUL). Go back to the front page, and begin from there.")
        if not _is_for_staff(request):
            return HttpResponse(f"{title}. {sentence}\n", status=400, content_type="text/plain; charset=utf-8")
        return _page(request, 400, title, sentence)


def _is_of_admin(request: HttpRequest) -> bool:
    return request.path.startswith(reverse("admin:index"))


def _is_for_staff(request: HttpRequest) -> bool:
    return _is_of_admin(request) and hasattr(request, "user") and admin.site.has_permission(request)


def _page(request: HttpRequest, status: int, title: str, sentence: str) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": title, "sentence": sentence}
    return TemplateResponse(request, "admin/refused.html", context, status=status)
