"""What the admin's front page shows beside the links to the lists."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings

from chat import runtime
from chat.answers.answerer import Crash
from chat.staff import front

register = template.Library()


@register.simple_tag(takes_context=True)
def numbers_of_today(context: Any) -> list[front.Number]:
    return front.numbers(context["user"])


@register.simple_tag
def providers() -> list[front.Provider]:
    return front.providers()


@register.simple_tag
def adapter_crashes() -> list[Crash]:
    """The adapter's last exception with its message, for its developer. Empty unless DEBUG is on."""
    return runtime.crashes() if settings.DEBUG else []
