"""A site's opening hours, as they are stored. chat/hours.py works out with them when somebody is there."""

from __future__ import annotations

import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Weekday(models.IntegerChoices):
    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class OpeningHours(models.Model):
    """A span in which somebody answers visitors of a site, every week. A site without any has no hours: always open."""

    site = models.ForeignKey("chat.Site", on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(
        choices=Weekday.choices, verbose_name=_("weekday"), help_text=_("A day may have several spans.")
    )
    opens = models.TimeField(verbose_name=_("from"), help_text=_("In the time zone above."))
    closes = models.TimeField(verbose_name=_("until"), help_text=_("00:00 is the end of the day."))

    class Meta:
        ordering = ["weekday", "opens"]
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {_span(self.opens, self.closes)}"

    def clean(self) -> None:
        _check_span(self.opens, self.closes)


class HoursException(models.Model):
    """A date on which other hours hold than those of the week."""

    site = models.ForeignKey("chat.Site", on_delete=models.CASCADE, related_name="exceptions")
    date = models.DateField(verbose_name=_("date"), help_text=_("On this day the hours of the week don't count."))
    opens = models.TimeField(null=True, blank=True, verbose_name=_("from"), help_text=_("Empty: closed all day."))
    closes = models.TimeField(null=True, blank=True, verbose_name=_("until"), help_text=_("00:00 is the end of the day."))

    class Meta:
        ordering = ["date", "opens"]
        verbose_name = _("exception to the opening hours")
        verbose_name_plural = _("exceptions to the opening hours")

    def __str__(self) -> str:
        date = date_format(self.date)
        if self.opens is None or self.closes is None:
            return gettext("{date}: closed").format(date=date)
        return f"{date} {_span(self.opens, self.closes)}"

    def clean(self) -> None:
        if (self.opens is None) != (self.closes is None):
            raise ValidationError(_("Give both times, or none if it is closed all day."))
        _check_span(self.opens, self.closes)


def _span(opens: datetime.time, closes: datetime.time) -> str:
    return gettext("{opens} to {closes}").format(opens=f"{opens:%H:%M}", closes=f"{closes:%H:%M}")


def _check_span(opens: datetime.time | None, closes: datetime.time | None) -> None:
    midnight = datetime.time()
    if opens and closes is not None and closes != midnight and closes <= opens:
        raise ValidationError(_("The end must be later than the beginning. For hours over midnight, add one for each day."))
