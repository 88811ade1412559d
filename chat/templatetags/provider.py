"""What the admin's front page shows of the provider."""

from __future__ import annotations

from django import template
from django.conf import settings

from chat import conf, runtime
from chat.answers.answerer import Crash
from chat.answers.breaker import Condition

register = template.Library()


@register.simple_tag
def provider_conditions() -> list[Condition]:
    """The provider's condition, as this process sees it. Empty before the first visitor, or if the breaker is off."""
    return runtime.conditions()


@register.simple_tag
def adapter_crashes() -> list[Crash]:
    """The adapter's last exception with its message, for its developer. Empty unless DEBUG is on."""
    return runtime.crashes() if settings.DEBUG else []


@register.simple_tag
def guard_is_on() -> bool:
    return conf.options().breaker
