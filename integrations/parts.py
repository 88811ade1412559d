"""What a reply is made of: the bubbles, cards and chips that a widget draws.

Every part becomes a flat JSON object. Its `type` names it, and docs/protocol.md shows each. `plain` is what a text-only
client shows: one line, possibly empty.

Making a part cuts its texts and lists to the limits below. If a browser can't open an address, it raises a ValueError.
So adapters read what a provider sends with `safe_url` and `safe_image` first.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

import msgspec

MAX_TEXT_CHARACTERS: Final = 8000
"""The limit of one text, in code points."""
MAX_ITEMS: Final = 30
"""The limit of rows in a list, buttons on a card, or quick replies."""
MAX_ADDRESS_CHARACTERS: Final = 4096

_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ADDRESS = re.compile(
    r"www\.|[a-z][a-z0-9+.-]*://|(mailto|sms|tel):|(about|blob|data|file|geo|intent|javascript|vbscript):\S", re.IGNORECASE
)
_OWN_PATH = re.compile(r"/(?![/\\])")


def safe_url(url: str, schemes: tuple[str, ...] = ("http", "https", "mailto", "tel")) -> str:
    """The address if a browser may open it, else "". Scripts, data and relative addresses are not allowed.

    People write addresses as they would on paper: with blanks, which are encoded as a browser would, and as "www. ...".
    """
    url = url.strip()
    if len(url) > MAX_ADDRESS_CHARACTERS:
        return ""
    if url.lower().startswith("www."):
        url = f"https://{url}"
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in schemes or _INVISIBLE.search(url) or " " in parts.netloc:
        return ""
    is_whole = parts.netloc if parts.scheme.startswith("http") else parts.path.strip()
    return url.replace(" ", "%20") if is_whole else ""


def safe_image(url: str) -> str:
    """The address of a picture if a browser may load it, else ""."""
    return safe_url(url, ("http", "https"))


def is_address(words: str) -> bool:
    """Whether the words are an address, and nothing that a person would say. A browser may be unable to open it."""
    return bool(_ADDRESS.match(words.strip()))


def _address(name: str, value: object, *, is_picture: bool) -> str:
    """The address as a part holds it. A picture may also be a path on the chat's own server. Raises ValueError."""
    url = value.strip() if isinstance(value, str) else ""
    if is_picture and _OWN_PATH.match(url) and len(url) <= MAX_ADDRESS_CHARACTERS and not _INVISIBLE.search(url):
        return url.replace(" ", "%20")
    if address := safe_image(url) if is_picture else safe_url(url):
        return address
    wanted = (
        "whole, with http or https, or a path on this server" if is_picture else "whole, with http, https, mailto or tel"
    )
    raise ValueError(f"{name} must be an address that a browser may open: {wanted}.")


class _Checked:
    """What is checked and cut when it is made."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if field.name in ("url", "image"):
                if value or field.default is dataclasses.MISSING:
                    is_picture = field.name == "image" or isinstance(self, Image)
                    value = _address(f"{type(self).__name__}.{field.name}", value, is_picture=is_picture)
            elif field.name == "data":  # a payload's, which is no text to read
                continue
            elif isinstance(value, str):
                value = value[:MAX_TEXT_CHARACTERS]
            elif isinstance(value, tuple | list):
                value = tuple(value[:MAX_ITEMS])
            object.__setattr__(self, field.name, value)


def _as_json(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_as_json(item) for item in value]
    if dataclasses.is_dataclass(value):
        fields = ((name, getattr(value, name)) for name in value.__dataclass_fields__)
        return {name: _as_json(field) for name, field in fields if field not in ("", ())}
    return value


@dataclasses.dataclass(frozen=True)
class Part(_Checked):
    type: ClassVar[str]

    @property
    def plain(self) -> str:
        return ""

    def as_json(self) -> dict[str, Any]:
        """The part as a JSON object, empty fields left out."""
        return {"type": self.type, **_as_json(self)}


@dataclasses.dataclass(frozen=True)
class Text(Part):
    type = "text"
    text: str

    def __post_init__(self) -> None:
        if isinstance(self.text, str) and len(self.text) > MAX_TEXT_CHARACTERS:  # nearly every part is a short text
            object.__setattr__(self, "text", self.text[:MAX_TEXT_CHARACTERS])

    @property
    def plain(self) -> str:
        return self.text

    def as_json(self) -> dict[str, Any]:
        return {"type": "text", "text": self.text}


@dataclasses.dataclass(frozen=True)
class Button(_Checked):
    """Pressing the button says `message` for the visitor, or opens `url`. Without either it is only read."""

    label: str
    url: str = ""
    message: str = ""


def choice(label: str, target: str = "") -> Button:
    """A button that opens or says `target`, or else its label.

    An address is opened if a browser may, and never said: the words would stand there in the visitor's name.
    """
    for words in filter(None, (target.strip(), label.strip())):
        if not is_address(words):
            return Button(label, message=words)
        if url := safe_url(words):
            return Button(label, url=url)
    return Button(label)


def _with_choices(text: str, buttons: tuple[Button, ...]) -> str:
    choices = ", ".join(button.label for button in buttons)
    return f"{text} ({choices})" if text and choices else text or choices


@dataclasses.dataclass(frozen=True)
class QuickReplies(Part):
    """Chips below a bubble. Pressing one says its words for the visitor, or opens its address."""

    type = "quick_replies"
    title: str
    replies: tuple[Button, ...]

    @property
    def plain(self) -> str:
        return _with_choices(self.title, self.replies)


@dataclasses.dataclass(frozen=True)
class Image(Part):
    type = "image"
    url: str
    alt: str = ""

    @property
    def plain(self) -> str:
        return self.alt or self.url


@dataclasses.dataclass(frozen=True)
class Card(Part):
    type = "card"
    title: str = ""
    text: str = ""
    image: str = ""
    alt: str = ""
    buttons: tuple[Button, ...] = ()

    @property
    def plain(self) -> str:
        return _with_choices(": ".join(filter(None, (self.title, self.text))), self.buttons)


@dataclasses.dataclass(frozen=True)
class Link(Part):
    type = "link"
    label: str
    url: str

    @property
    def plain(self) -> str:
        return self.label


@dataclasses.dataclass(frozen=True)
class ListItem(_Checked):
    """A row of a list. Pressing it says `message` for the visitor, or opens `url`. Without either it is only text."""

    title: str
    text: str = ""
    image: str = ""
    alt: str = ""
    url: str = ""
    message: str = ""


@dataclasses.dataclass(frozen=True)
class List(Part):
    type = "list"
    title: str
    items: tuple[ListItem, ...]

    @property
    def plain(self) -> str:
        items = "; ".join(", ".join(filter(None, (item.title, item.text))) for item in self.items)
        return ": ".join(filter(None, (self.title, items)))


@dataclasses.dataclass(frozen=True)
class Accordion(Part):
    """A line that unfolds to more."""

    type = "accordion"
    title: str
    text: str = ""
    subtitle: str = ""
    image: str = ""

    @property
    def plain(self) -> str:
        return ": ".join(filter(None, (self.title, self.subtitle or self.text)))


@dataclasses.dataclass(frozen=True)
class Payload(Part):
    """A custom payload that this project doesn't know, as plain JSON."""

    type = "payload"
    data: Any


KINDS: Final[dict[str, type[Part]]] = {
    kind.type: kind for kind in (Text, QuickReplies, Image, Card, Link, List, Accordion, Payload)
}
"""By the `type` of the JSON object."""


def read_parts(stored: Any) -> tuple[Part, ...]:
    """The parts of what `as_json` gave. What is no part is left out."""
    found = []
    for fields in stored if isinstance(stored, list) else []:
        kind = KINDS.get(str(fields.get("type"))) if isinstance(fields, dict) else None
        if kind is not None:
            with contextlib.suppress(msgspec.ValidationError):
                found.append(msgspec.convert({"title": "", **fields}, kind))  # `as_json` leaves empty titles out
    return tuple(found)
