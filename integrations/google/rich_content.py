"""From Dialogflow Messenger's richContent, which comes in custom payloads, to parts. Pure.

Source of the shapes: Dialogflow ES documentation, "Dialogflow Messenger", and the newer spelling (anchor.href,
image.rawUrl) of Dialogflow CX. The JSON is written by hand, so any field may be missing or of another type.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from integrations.parts import (
    Accordion,
    Button,
    Card,
    Image,
    Link,
    List,
    ListItem,
    Part,
    Payload,
    QuickReplies,
    Text,
    choice,
    safe_image,
    safe_url,
)


def read(content: Any) -> Iterator[Part]:
    """The parts of a richContent: a list of cards, each a list of elements."""
    for card in _list(content):
        rows: list[ListItem] = []
        for element in _list(card) if isinstance(card, list) else [card]:
            if not isinstance(element, dict) or element.get("type") == "divider":
                continue
            if element.get("type") == "list":
                rows.append(_row(element))
                continue
            if rows:
                yield List(title="", items=tuple(rows))
                rows = []
            yield from _element(element)
        if rows:
            yield List(title="", items=tuple(rows))


def _element(element: dict[str, Any]) -> Iterator[Part]:
    title, subtitle, text, url = _text(element, "title"), _text(element, "subtitle"), _lines(element), _url(element)
    match element.get("type"):
        case "info" if title or subtitle or _image(element):
            buttons = (Button(title or url, url=url),) if url else ()
            yield Card(title=title, text=subtitle, image=_image(element), buttons=buttons)
        case "description" if title or text:
            yield Card(title=title, text=text) if title else Text(text)
        case "image":
            alt = _text(element, "accessibilityText")
            if _image(element):
                yield Image(url=_image(element), alt=alt)
            elif alt:
                yield Text(alt)
        case "button" if text:
            yield Link(label=text, url=url) if url else QuickReplies(title="", replies=(choice(text),))
        case "accordion" if title or text:
            yield Accordion(title=title, text=text, subtitle=subtitle, image=_image(element))
        case "chips":
            if chips := tuple(_chips(element)):
                yield QuickReplies(title="", replies=chips)
        case "info" | "description" | "button" | "accordion":
            return  # nothing in it to show
        case _:
            yield Payload(element)


def _row(element: dict[str, Any]) -> ListItem:
    """Dialogflow Messenger may fire an event for a row. A chat has no events, so here the row says its title."""
    title, url = _text(element, "title"), _url(element)
    pressed = choice(title, url) if url or element.get("event") else Button(title)
    text, image = _text(element, "subtitle"), _image(element)
    return ListItem(title=title, text=text, image=image, url=pressed.url, message=pressed.message)


def _chips(element: dict[str, Any]) -> Iterator[Button]:
    for option in _list(element.get("options")):
        if isinstance(option, dict) and (label := _text(option, "text")):
            yield choice(label, _url(option))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(element: dict[str, Any], key: str) -> str:
    value = element.get(key)
    return value.strip() if isinstance(value, str) else ""


def _lines(element: dict[str, Any]) -> str:
    """The element's text, which is one string or a list of lines."""
    lines = element.get("text")
    return "\n".join(line for line in lines if isinstance(line, str)) if isinstance(lines, list) else _text(element, "text")


def _url(element: dict[str, Any]) -> str:
    anchor = element.get("anchor")
    candidates = [_text(element, "actionLink"), _text(element, "link")]
    if isinstance(anchor, dict):
        candidates.append(_text(anchor, "href"))
    return next(filter(None, map(safe_url, candidates)), "")


def _image(element: dict[str, Any]) -> str:
    """The address of the element's picture: rawUrl, image.rawUrl or image.src.rawUrl."""
    for key in (None, "image", "src"):
        if key:
            inner = element.get(key)
            if not isinstance(inner, dict):
                break
            element = inner
        if url := safe_image(_text(element, "rawUrl")):
            return url
    return ""
