"""Stored messages as staff read them. Every part becomes plain lines. Addresses are links only if they are harmless.

What a provider sent is shown but never trusted: a part of any shape becomes text.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext

from chat.models import Message, Sender

_HARMLESS = re.compile(r"(https?://|mailto:|tel:)", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Line:
    """One line of a bubble. label: says what the line is, if needed. said: the visitor's words when it is pressed."""

    text: str = ""
    label: str = ""
    url: str = ""
    said: str = ""

    @property
    def href(self) -> str:
        return self.url if _HARMLESS.match(self.url) else ""


@dataclasses.dataclass(frozen=True)
class Bubble:
    """A part. kind: empty for plain text."""

    kind: str
    lines: list[Line]


def bubbles(message: Message) -> list[Bubble]:
    """What the message showed, bubble by bubble."""
    parts = message.parts if isinstance(message.parts, list) else []
    return [_bubble(part) for part in parts] or [Bubble("", [Line(message.text)])]


def summary(parts: Iterable[Any]) -> list[str]:
    """A line for each part, such as "Quick replies: Yes; No"."""
    return [_summary(_bubble(part)) for part in parts]


def _summary(bubble: Bubble) -> str:
    lines = [f"{line.text} ({line.url or line.said})" if line.url or line.said else line.text for line in bubble.lines]
    return f"{bubble.kind}: {'; '.join(line.strip() for line in lines)}"


def side(message: Message) -> str:
    """Where the message is shown: the visitor's left, the answers right, notes in the middle."""
    return {Sender.VISITOR: "left", Sender.SYSTEM: "middle"}.get(Sender(message.sender), "right")


def _bubble(part: Any) -> Bubble:
    part = part if isinstance(part, dict) else {"data": part}
    title, text = _text(part, "title"), _text(part, "text")
    image = Line(_text(part, "alt"), label=gettext("Image"), url=_text(part, "image"))
    match part.get("type"):
        case "text":
            return Bubble("", [Line(text)])
        case "quick_replies":
            return Bubble(gettext("Quick replies"), _shown(Line(title), *_buttons(part.get("replies"))))
        case "image":
            return Bubble(gettext("Image"), _shown(Line(_text(part, "alt"), url=_text(part, "url"))))
        case "card":
            return Bubble(gettext("Card"), _shown(Line(title), Line(text), image, *_buttons(part.get("buttons"))))
        case "link":
            return Bubble(gettext("Link"), _shown(Line(_text(part, "label"), url=_text(part, "url"))))
        case "list":
            return Bubble(gettext("List"), _shown(Line(title), *_items(part.get("items"))))
        case "accordion":
            return Bubble(gettext("Accordion"), _shown(Line(title), Line(_text(part, "subtitle")), Line(text), image))
        case _:
            data = json.dumps(part.get("data", part), ensure_ascii=False, indent=2)
            return Bubble(gettext("Payload"), [Line(data)])


def _shown(*lines: Line) -> list[Line]:
    return [line for line in lines if line.text or line.url]


def _buttons(buttons: Any) -> list[Line]:
    return [
        Line(
            _text(button, "label"),
            label=gettext("Button"),
            url=_text(button, "url"),
            said="" if button.get("message") == button.get("label") else _text(button, "message"),
        )
        for button in _objects(buttons)
    ]


def _items(items: Any) -> list[Line]:
    lines = []
    for item in _objects(items):
        words = ": ".join(filter(None, (_text(item, "title"), _text(item, "text"))))
        lines.append(Line(words, label=gettext("Entry"), url=_text(item, "url"), said=_text(item, "message")))
        lines.append(Line(_text(item, "alt"), label=gettext("Image"), url=_text(item, "image")))
    return lines


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return value.strip() if isinstance(value, str) else ""
