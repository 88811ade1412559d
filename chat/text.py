"""Makes texts and JSON acceptable for every database, provider and browser."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

MAX_DEPTH: Final = 50
"""The depth of what a provider's reply may hold. Encoders and databases refuse deeper values."""

_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_ADDRESS = re.compile(r"(https?://\S+|\S+@\S+)", re.IGNORECASE)
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether the text holds neither a NUL nor a lone surrogate."""
    return not _UNSTORABLE.search(text)


def composed(text: str) -> str:
    """In Unicode's form NFC, in which a letter and its accent are one character. Addresses in it stay as they are."""
    if unicodedata.is_normalized("NFC", text):
        return text
    pieces = _ADDRESS.split(text)
    pieces[::2] = [unicodedata.normalize("NFC", piece) for piece in pieces[::2]]
    return "".join(pieces)


def clean(text: str) -> str:
    """The text as it is stored: in NFC, NUL and lone surrogates as U+FFFD, line ends as a line feed, and without other
    control characters."""
    text = composed(text)
    if text.isprintable():  # the common case, and much quicker to see
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
