"""Whether somebody is there to answer visitors."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.utils import timezone

from chat.hours import Hours, Span
from chat.models import Operator, Site
from chat.storage.operators import ANSWER


@dataclasses.dataclass(frozen=True, kw_only=True)
class Staffing:
    """exists: somebody has the right to answer. present: one of them has an open desk, and isn't away.

    hours: the sites' opening hours, by origin.
    """

    exists: bool = False
    present: bool = False
    hours: Mapping[str, Hours] = dataclasses.field(default_factory=dict)

    def is_there(self, origin: str, now: datetime.datetime) -> bool:
        """Whether somebody can come to a visitor of the site with this origin."""
        return self.present and (origin not in self.hours or self.hours[origin].is_open(now))

    def opens(self, origin: str, now: datetime.datetime) -> datetime.datetime | None:
        """When somebody is there again. None if nobody knows."""
        hours = self.hours.get(origin)
        return hours.opens(now) if hours and not hours.is_open(now) else None


def load() -> Staffing:
    """Read from the database. Blocks."""
    answering = _answering()
    return Staffing(
        exists=answering.exists(),
        present=Operator.objects.filter(
            open_until__gte=timezone.now(), away=False, user__in=answering.values("pk")
        ).exists(),
        hours={origin: hours for site in _sites() for hours in [_hours(site)] for origin in site.origins.split()},
    )


def _answering() -> QuerySet[Any]:
    right = {"codename": ANSWER, "content_type__app_label": "chat"}
    users: QuerySet[Any] = get_user_model().objects.filter(is_active=True, is_staff=True)
    by_group = {f"groups__permissions__{name}": value for name, value in right.items()}
    by_user = {f"user_permissions__{name}": value for name, value in right.items()}
    return users.filter(Q(is_superuser=True) | Q(**by_group) | Q(**by_user))


def _sites() -> QuerySet[Site]:
    return Site.objects.filter(hours__isnull=False).distinct().prefetch_related("hours", "exceptions")


def _hours(site: Site) -> Hours:
    week: dict[int, tuple[Span, ...]] = {}
    for one in site.hours.all():
        week[one.weekday] = (*week.get(one.weekday, ()), (one.opens, one.closes))
    exceptions: dict[datetime.date, tuple[Span, ...]] = {}
    for other in site.exceptions.all():
        span = () if other.opens is None or other.closes is None else ((other.opens, other.closes),)
        exceptions[other.date] = (*exceptions.get(other.date, ()), *span)
    return Hours(zone=site.time_zone or settings.TIME_ZONE, week=week, exceptions=exceptions)
