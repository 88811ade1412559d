"""Opening hours: a week's plan, exceptions by date, and a time zone."""

from __future__ import annotations

import datetime
from datetime import UTC, date, time

import pytest

from chat.hours import Hours

NINE, NOON, FIVE, MIDNIGHT = time(9), time(12), time(17), time()
OFFICE = {day: ((NINE, NOON), (time(13), FIVE)) for day in range(5)}


def hours(
    week: dict[int, tuple[tuple[time, time], ...]] = OFFICE, zone: str = "Europe/Berlin", **exceptions: object
) -> Hours:
    by_date = {date.fromisoformat(day.strip("d").replace("_", "-")): spans for day, spans in exceptions.items()}
    return Hours(zone=zone, week=week, exceptions=by_date)  # type: ignore[arg-type]


def utc(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "is_open", "opens"),
    [
        ("2026-11-30 07:59", False, "2026-11-30 08:00"),  # a Monday, in winter
        ("2026-11-30 08:00", True, "2026-11-30 12:00"),
        ("2026-11-30 11:00", False, "2026-11-30 12:00"),
        ("2026-11-30 15:59", True, "2026-12-01 08:00"),
        ("2026-11-30 16:00", False, "2026-12-01 08:00"),
        ("2026-12-04 16:00", False, "2026-12-07 08:00"),  # over the weekend
        ("2026-07-06 06:59", False, "2026-07-06 07:00"),  # in summer
        ("2026-03-27 16:00", False, "2026-03-30 07:00"),  # over the change to summer time
    ],
)
def test_a_week(now: str, is_open: bool, opens: str) -> None:
    office = hours()
    assert office.is_open(utc(now)) is is_open
    assert office.opens(utc(now)) == utc(opens)


def test_an_exception_replaces_the_day() -> None:
    office = hours(d2026_12_01=(), d2026_12_05=((NINE, NOON),))
    assert not office.is_open(utc("2026-12-01 10:00"))
    assert office.opens(utc("2026-11-30 20:00")) == utc("2026-12-02 08:00")
    assert office.is_open(utc("2026-12-05 10:00"))


def test_midnight_is_the_end_of_the_day() -> None:
    late = hours(dict.fromkeys(range(7), ((NINE, MIDNIGHT),)), zone="UTC")
    assert late.is_open(utc("2026-12-01 23:59"))
    assert not late.is_open(utc("2026-12-02 00:00"))


def test_without_any_hours_it_is_always_open() -> None:
    assert hours({}).is_open(utc("2026-12-01 03:00"))


def test_nobody_knows_when_a_site_opens_that_is_closed_for_months() -> None:
    closed = {f"d{utc('2026-12-01 00:00').date() + datetime.timedelta(days=n)}".replace("-", "_"): () for n in range(100)}
    assert hours(**closed).opens(utc("2026-12-01 20:00")) is None
