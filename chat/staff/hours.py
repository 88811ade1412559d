"""The sites' opening hours in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest

from chat.models import SiteHours
from chat.opening_hours import HoursException, OpeningHours
from chat.staff.versions import VersionedAdmin, VersionedForm

if TYPE_CHECKING:
    HoursTabularInline = admin.TabularInline[OpeningHours, SiteHours]
    ExceptionTabularInline = admin.TabularInline[HoursException, SiteHours]
else:
    HoursTabularInline = ExceptionTabularInline = admin.TabularInline


class HoursInline(HoursTabularInline):
    model = OpeningHours
    extra = 0


class ExceptionsInline(ExceptionTabularInline):
    model = HoursException
    extra = 0


@admin.register(SiteHours)
class SiteHoursAdmin(VersionedAdmin):
    """Sites are added and deleted under Sites."""

    form = VersionedForm
    fields = ("time_zone",)
    list_display = ("name", "time_zone")
    inlines = [HoursInline, ExceptionsInline]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: SiteHours | None = None) -> bool:
        return False
