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

PROGRESS: Final = ("last_seq", "awaiting")
"""A conversation's columns that nearly every entry changes."""
SELDOM: Final = ("status", "welcomed", "process", "holder", "returned", "waiting_since", "misses", "told_at")
"""Those that entries change, too, but seldom."""
STATE: Final = (*PROGRESS, *SELDOM)
BEGUN: Final = ("public_id", "language", "origin", "created_at", "last_activity_at")
"""Those of a new conversation that don't have a constant value."""
