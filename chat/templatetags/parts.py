"""What comes below the staff's words, in lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template

from chat.staff import transcripts
from integrations import Part

register = template.Library()


@register.filter
def summary(parts: Iterable[Any]) -> list[str]:
    """A line for each part, which may be JSON or a `Part`."""
    return transcripts.summary(part.as_json() if isinstance(part, Part) else part for part in parts)
