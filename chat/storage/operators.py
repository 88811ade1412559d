"""Who answers visitors: accounts of the administration, their rights and their names. All of it blocks."""

from __future__ import annotations

import dataclasses
import importlib
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user, get_user_model
from django.contrib.auth.models import Permission
from django.db.models import Q
from django.http import HttpRequest

VIEW = "view_conversation"
ANSWER = "answer_conversation"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Operator:
    """An account that may use the desk.

    name: the public one, empty if it has none. label: what colleagues call it. rights: code names of permissions, such as
    ANSWER.
    """

    key: int
    name: str
    label: str
    rights: frozenset[str]

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
    return Operator(key=user.pk, name=_public_name(user), label=label(user), rights=rights)


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
