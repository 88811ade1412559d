"""The page for users who entered too many wrong passwords. django-axes counts them."""

import datetime
import math
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db.models import Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone


def login_name(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """The name that a user tries to log in with, cut to the length of django-axes' column."""
    return str((credentials or request.POST).get("username") or "")[:255]


def locked_out(request: HttpRequest, response: object = None, credentials: dict[str, Any] | None = None) -> HttpResponse:
    """The answer to a log-in after too many wrong passwords for an account or from an address: when to try again.

    django-axes calls it. If the log-in is asynchronous, the credentials come in the place of the response.
    """
    attempts = apps.get_model("axes", "AccessAttempt").objects.filter(
        Q(username=login_name(request, credentials)) | Q(ip_address=getattr(request, "axes_ip_address", None))
    )
    last = attempts.aggregate(last=Max("attempt_time"))["last"] or timezone.now()
    remaining = max(last + settings.AXES_COOLOFF_TIME - timezone.now(), datetime.timedelta(seconds=1))
    context = {
        **admin.site.each_context(request),
        "failures": settings.AXES_FAILURE_LIMIT,
        "minutes": math.ceil(remaining.total_seconds() / 60),
    }
    page = render(request, "admin/locked_out.html", context, status=429)
    page["Retry-After"] = str(math.ceil(remaining.total_seconds()))
    return page
