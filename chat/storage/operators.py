"""Who answers visitors: accounts of the administration, their rights and their names. All of it blocks."""

from __future__ import annotations

import dataclasses
import datetime
import importlib
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user, get_user_model
from django.contrib.auth.models import Permission
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from chat.models import Operator as Profile

VIEW = "view_conversation"
ANSWER = "answer_conversation"
NOTES = "view_note"
ADD_NOTES = "add_note"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Operator:
    """An account that may use the desk.

    name: the public one, empty if it has none. label: what colleagues call it. rights: code names of permissions, such as
    ANSWER. away: has an open desk, but takes no conversations.
    """

    key: int
    name: str
    label: str
    rights: frozenset[str]
    away: bool = False

    @property
    def may_read(self) -> bool:
        """Who may answer may read, too."""
        return bool({VIEW, ANSWER} & self.rights)

    @property
    def may_answer(self) -> bool:
        return ANSWER in self.rights


def of_session(session_key: str) -> Operator | None:
    """The operator who is logged in there. None if the session is over, or the account may not use the desk."""
    request = HttpRequest()
    request.session = importlib.import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    return of_user(user.pk) if user.pk is not None else None


def of_user(key: int) -> Operator | None:
    """The account as it is now. None if it may not use the desk."""
    user = get_user_model().objects.select_related("operator").filter(pk=key, is_active=True, is_staff=True).first()
    if user is None:
        return None
    rights = _rights(user)
    if not {VIEW, ANSWER} & rights:
        return None
    away = hasattr(user, "operator") and user.operator.away
    return Operator(key=user.pk, name=_public_name(user), label=label(user), rights=rights, away=away)


def colleagues(key: int) -> list[Operator]:
    """The others who have an open desk and may answer."""
    open_desks = Profile.objects.filter(open_until__gte=timezone.now()).exclude(pk=key).order_by("public_name", "pk")
    found = (of_user(pk) for pk in open_desks.values_list("pk", flat=True))
    return [operator for operator in found if operator and operator.may_answer]


def touch(key: int, lease: float) -> None:
    """The operator's desk is open, and stays so for some seconds, or until `leave`."""
    now = timezone.now()
    open_until = now + datetime.timedelta(seconds=lease)
    seen = {"seen_at": now, "open_until": open_until}
    if not Profile.objects.filter(pk=key).update(**seen):  # not by save(), which is an edit with a new version
        Profile.objects.get_or_create(user_id=key, defaults=seen)


def leave(key: int) -> None:
    """The operator's last desk at this process is closed. One at another process says again that it is open."""
    Profile.objects.filter(pk=key).update(seen_at=timezone.now(), open_until=None)


def note_away(key: int, away: bool) -> None:
    Profile.objects.filter(pk=key).update(away=away)


def label_of(key: int | None) -> str:
    """What colleagues call an account. Empty if there is none."""
    if key is None:
        return ""
    user = get_user_model().objects.select_related("operator").filter(pk=key).first()
    return label(user) if user else ""


def _rights(user: Any) -> frozenset[str]:
    permissions = Permission.objects.filter(content_type__app_label="chat")
    if not user.is_superuser:
        permissions = permissions.filter(Q(user=user) | Q(group__user=user))
    return frozenset(permissions.values_list("codename", flat=True))


def _public_name(user: Any) -> str:
    return user.operator.public_name if hasattr(user, "operator") else ""


def label(user: Any) -> str:
    """What colleagues call an account."""
    return _public_name(user) or user.get_full_name() or user.get_username()
