"""The columns that the writer fills, the same for both databases."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

from chat.models import Message
from chat.storage.entries import Entry

PLACE: Final = ("conversation_id", "seq", "created_at")
"""A message's columns that the batch sets."""
CONTENT: Final = tuple(field.attname for field in Message._meta.concrete_fields if hasattr(Entry, field.attname))
"""A message's columns that its entry fills."""
MESSAGE: Final = (*PLACE, *CONTENT)
content_of: Final[Callable[[Entry], tuple[Any, ...]]] = operator.attrgetter(*CONTENT)

STATE: Final = (
    "last_seq",
    "status",
    "welcomed",
    "process",
    "awaiting",
    "holder",
    "returned",
    "waiting_since",
    "misses",
    "told_at",
)
"""A conversation's columns that its entries change."""
CONVERSATION: Final = (*STATE, "last_activity_at")
"""Those that are written with each batch."""
BEGUN: Final = ("public_id", "language", "origin", "created_at", "last_activity_at")
"""Those of a new conversation that don't have a constant value."""
