"""What the admin's front page shows of the provider."""

from __future__ import annotations

from django import template

from chat import conf, runtime
from chat.answers.breaker import Condition

register = template.Library()


@register.simple_tag
def provider_conditions() -> list[Condition]:
    """How the provider does, seen from this process; nothing before its first visitor, and with the guard off."""
    return runtime.conditions()


@register.simple_tag
def guard_is_on() -> bool:
    return conf.options().breaker
