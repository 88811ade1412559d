"""When somebody is there: a week's plan, exceptions by date, and a time zone. Pure."""

from __future__ import annotations

import dataclasses
import datetime
import zoneinfo
from collections.abc import Iterator, Mapping

Span = tuple[datetime.time, datetime.time]
"""From and until. Midnight as the end is that of the day's end."""

LOOK_AHEAD = 60
"""Days in which the next opening is looked for."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hours:
    """week: the spans of each weekday, Monday is 0. exceptions: the spans of a date, none if it is closed all day.

    Without any span in `week` there are no hours: it is always open.
    """

    zone: str
    week: Mapping[int, tuple[Span, ...]]
    exceptions: Mapping[datetime.date, tuple[Span, ...]]

    def is_open(self, now: datetime.datetime) -> bool:
        if not self.week:
            return True
        today = now.astimezone(self._zone).date()
        return any(begin <= now < end for begin, end in self._spans(today))

    def opens(self, now: datetime.datetime) -> datetime.datetime | None:
        """When it opens next, in its own time zone. None if it doesn't within LOOK_AHEAD days."""
        today = now.astimezone(self._zone).date()
        for days in range(LOOK_AHEAD):
            for begin, _ in sorted(self._spans(today + datetime.timedelta(days=days))):
                if begin > now:
                    return begin
        return None

    @property
    def _zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.zone)

    def _spans(self, date: datetime.date) -> Iterator[tuple[datetime.datetime, datetime.datetime]]:
        for begin, end in self.exceptions.get(date, self.week.get(date.weekday(), ())):
            last = date + datetime.timedelta(days=1) if end == datetime.time() else date
            yield (
                datetime.datetime.combine(date, begin, self._zone),
                datetime.datetime.combine(last, end, self._zone),
            )
