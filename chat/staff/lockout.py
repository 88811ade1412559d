"""The page for users who entered too many wrong passwords, and when they are locked out. django-axes counts and locks.

Ten lock an account for the address they came from, so a stranger can't lock a colleague out. Twenty over several accounts
lock the address.
"""

import datetime
import math
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin
from django.db.models import Max, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop, ngettext

TEXTS = {
    "title": gettext_noop("Log in later"),
    "account": gettext_noop(
        "There were {failures} wrong passwords for this account from this address, so it can't log in from here for a while."
    ),
    "address": gettext_noop(
        "There were {failures} wrong passwords from this address, for several accounts, so nobody can log in from here for "
        "a while."
    ),
    "advice": gettext_noop(
        "You can't log in before then, even with the right password. If it wasn't you, tell whoever runs this site."
    ),
    "back": gettext_noop("Back to the log-in"),
}
"""The page's texts in English, by their names in the template."""


def try_again(minutes: int) -> str:
    """How long to wait, with a place for the number."""
    return ngettext("Try again in {minutes} minute.", "Try again in {minutes} minutes.", minutes)


ADDRESS_FAILURES = 20
"""Wrong passwords from one address, over several accounts, that lock the address."""


class Handler(AxesDatabaseHandler):  # type: ignore[misc]
    def get_failures(self, request: Any, credentials: dict[str, Any] | None = None) -> int:
        """The account's failures from this address. If the address is locked, as many as lock the account."""
        if _failures(_of_address(request)) >= ADDRESS_FAILURES:
            return settings.AXES_FAILURE_LIMIT
        return _failures(_of_address(request).filter(username=login_name(request, credentials)))


def _of_address(request: Any) -> QuerySet[Any]:
    """What django-axes has noted of a request's address and that isn't over."""
    since = request.axes_attempt_time - settings.AXES_COOLOFF_TIME
    attempts: QuerySet[Any] = AccessAttempt.objects.filter(ip_address=request.axes_ip_address, attempt_time__gte=since)
    return attempts


def _failures(attempts: QuerySet[Any]) -> int:
    return attempts.aggregate(sum=Sum("failures_since_start"))["sum"] or 0


def login_name(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """The name that a user tries to log in with, cut to the length of django-axes' column."""
    return str((credentials or request.POST).get("username") or "")[:255]


def locked_out(request: HttpRequest, response: object = None, credentials: dict[str, Any] | None = None) -> HttpResponse:
    """The answer to a log-in after too many wrong passwords: when to try again.

    django-axes calls it. If the log-in is asynchronous, the credentials come in the place of the response.
    """
    attempts = _of_address(request)
    is_address = _failures(attempts) >= ADDRESS_FAILURES
    if not is_address:
        attempts = attempts.filter(username=login_name(request, credentials))
    last = attempts.aggregate(last=Max("attempt_time"))["last"] or timezone.now()
    remaining = max(last + settings.AXES_COOLOFF_TIME - timezone.now(), datetime.timedelta(seconds=1))
    minutes = math.ceil(remaining.total_seconds() / 60)
    failures = ADDRESS_FAILURES if is_address else settings.AXES_FAILURE_LIMIT
    context = {
        **admin.site.each_context(request),
        "texts": {name: gettext(text) for name, text in TEXTS.items()},
        "reason": gettext(TEXTS["address" if is_address else "account"]).format(failures=failures),
        "try_again": try_again(minutes).format(minutes=minutes),
    }
    page = render(request, "admin/locked_out.html", context, status=429)
    page["Retry-After"] = str(math.ceil(remaining.total_seconds()))
    return page
