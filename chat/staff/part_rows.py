"""Parts as flat rows, one for each form of chat/staff/parts.py, and back.

A row has the form's fields: kind, title, text, picture, alt, says, address.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from integrations.parts import Button, Card, Image, Link, List, ListItem, Part, QuickReplies, choice


def parts_of(rows: Iterable[dict[str, Any]]) -> tuple[Part, ...]:
    """The parts for valid rows in their order."""
    found: list[Part] = []
    for row in rows:
        _add(found, row)
    return tuple(found)


def _add(found: list[Part], row: dict[str, Any]) -> None:
    """Add a form's part, or add it to the last part."""
    title, text, last = row["title"], row["text"], found[-1] if found else None
    picture = {"image": row["picture"], "alt": row["alt"]}
    button = choice(title, row["address"] or row["says"])
    match row["kind"]:
        case "button" if isinstance(last, QuickReplies):
            found[-1] = QuickReplies(last.title, (*last.replies, button))
        case "button":
            found.append(QuickReplies("", (button,)))
        case "link":
            found.append(Link(title, row["address"]))
        case "image":
            found.append(Image(row["picture"], row["alt"]))
        case "card":
            found.append(Card(title, text, **picture))
        case "list":
            found.append(List(title, ()))
        case "card_button" if isinstance(last, Card):
            found[-1] = Card(last.title, last.text, last.image, last.alt, (*last.buttons, button))
        case "entry" if isinstance(last, List):
            # An entry without anything to say or open is only read.
            pressed = {"url": button.url, "message": button.message} if row["address"] or row["says"] else {}
            found[-1] = List(last.title, (*last.items, ListItem(title, text, **picture, **pressed)))


def rows_of(parts: Iterable[Part]) -> list[dict[str, str]]:
    """The forms' values for parts that the forms made."""
    rows: list[dict[str, str]] = []
    for part in parts:
        match part:
            case QuickReplies():
                rows += [_pressed("button", button) for button in part.replies]
            case Link():
                rows.append({"kind": "link", "title": part.label, "address": part.url})
            case Image():
                rows.append({"kind": "image", "picture": part.url, "alt": part.alt})
            case Card():
                rows.append({"kind": "card", "title": part.title, "text": part.text, "picture": part.image, "alt": part.alt})
                rows += [_pressed("card_button", button) for button in part.buttons]
            case List():
                rows.append({"kind": "list", "title": part.title})
                rows += [_entry(item) for item in part.items]
    return rows


def _pressed(kind: str, button: Button) -> dict[str, str]:
    says = "" if button.message == button.label else button.message
    return {"kind": kind, "title": button.label, "says": says, "address": button.url}


def _entry(item: ListItem) -> dict[str, str]:
    fields = {"title": item.title, "text": item.text, "picture": item.image, "alt": item.alt}
    return {"kind": "entry", **fields, "says": item.message, "address": item.url}
