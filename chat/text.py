"""Makes texts and JSON acceptable for every database, provider and browser."""

from __future__ import annotations

import re
from typing import Any, Final

MAX_DEPTH: Final = 50
"""The depth of what a provider's reply may hold. Encoders and databases refuse deeper values."""

_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether the text holds neither a NUL nor a lone surrogate."""
    return not _UNSTORABLE.search(text)


def clean(text: str) -> str:
    """NUL and lone surrogates become U+FFFD, line ends become a line feed, other control characters are removed."""
    if text.isprintable():  # the common case, and much quicker
        return text
    text = _UNSTORABLE.sub("\ufffd", text).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", text)


def clean_json(value: Any, depth: int = MAX_DEPTH) -> Any:
    """`clean` for every text of a JSON value. Lists and objects more than `depth` deep become null."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list | tuple):
        return [clean_json(item, depth - 1) for item in value] if depth else None
    if isinstance(value, dict):
        return {clean(key): clean_json(item, depth - 1) for key, item in value.items()} if depth else None
    return value
