"""From Dialogflow's messages to parts. Pure.

A message is a raw protobuf `Intent.Message`. Reading it through proto-plus takes many times as long.
Source of the shapes: google.cloud.dialogflow_v2.types.Intent.Message.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from google.protobuf.json_format import MessageToDict

from integrations.google import rich_content
from integrations.parts import (
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
    is_address,
    safe_image,
    safe_url,
)

PLATFORM_UNSPECIFIED = 0
_TAG = re.compile(r"<[^>]*>")


def read(messages: Iterable[Any], legacy_text: str, *, platform: int, handoff: tuple[str, str]) -> tuple[Part, ...]:
    """The bubbles, in order. `handoff`: the key and the value of a payload that asks for a person. It isn't shown.

    Dialogflow sends the messages for all platforms together. Those for `platform` are read, or the default ones if it
    has none. `legacy_text` (fulfillment_text) may be just the last bubble, so it is the last resort.
    """
    messages = list(messages)
    for wanted in dict.fromkeys((platform, PLATFORM_UNSPECIFIED)):
        found = tuple(part for message in messages if message.platform == wanted for part in _parts(message, handoff))
        if found:
            return found
    return (Text(legacy_text),) if legacy_text.strip() else ()


def wants_handoff(messages: Iterable[Any], *, platform: int, handoff: tuple[str, str]) -> bool:
    """Whether a custom payload says that a person must take over."""
    return any(
        has_sign(message.payload, handoff)
        for message in messages
        if message.platform in (platform, PLATFORM_UNSPECIFIED) and message.WhichOneof("message") == "payload"
    )


def has_sign(struct: Any, sign: tuple[str, str]) -> bool:
    """Whether a Struct holds the sign. Numbers and booleans are compared as JSON writes them."""
    key, wanted = sign
    if key not in struct.fields:
        return False
    value = plain(struct)[key]
    return (str(value).lower() if isinstance(value, bool) else str(value)) == wanted


def plain(struct: Any) -> Any:
    """A Struct as plain JSON. Raises ValueError if it holds a number that JSON can't write."""
    return _whole(MessageToDict(struct))


def _whole(value: Any) -> Any:
    """A Struct has only floating-point numbers: 2 comes as 2.0."""
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def _parts(message: Any, handoff: tuple[str, str]) -> Iterator[Part]:
    kind = message.WhichOneof("message")
    if kind == "payload":
        yield from payload(message.payload, handoff)
    elif kind is not None:
        yield from _READERS[kind](getattr(message, kind))


def payload(struct: Any, handoff: tuple[str, str]) -> Iterator[Part]:
    """A payload is richContent, a sign (nothing to show), or JSON for the site's own widget."""
    data = plain(struct)
    if "richContent" in data:
        yield from rich_content.read(data["richContent"])
    elif data and not has_sign(struct, handoff):
        yield Payload(data)


def _text(text: Any) -> Iterator[Part]:
    """The texts of one message are variants of one bubble."""
    if first := next((variant for variant in text.text if variant.strip()), ""):
        yield Text(first)


def _quick_replies(chips: Any) -> Iterator[Part]:
    yield from _chips(chips.title, chips.quick_replies)


def _suggestions(suggestions: Any) -> Iterator[Part]:
    yield from _chips("", [suggestion.title for suggestion in suggestions.suggestions])


def _chips(title: str, labels: Iterable[str]) -> Iterator[Part]:
    replies = tuple(choice(label) for label in labels if label.strip())
    if replies:
        yield QuickReplies(title=title, replies=replies)
    elif title.strip():
        yield Text(title)


def _image(image: Any) -> Iterator[Part]:
    if url := safe_image(image.image_uri):
        yield Image(url=url, alt=image.accessibility_text)
    elif image.accessibility_text.strip():
        yield Text(image.accessibility_text)


def _card(card: Any) -> Iterator[Part]:
    buttons = [_card_button(button.text, button.postback) for button in card.buttons]
    yield from _filled_card(card.title, card.subtitle, safe_image(card.image_uri), "", buttons)


def _basic_card(card: Any) -> Iterator[Part]:
    text = _joined(card.subtitle, card.formatted_text)
    yield from _filled_card(card.title, text, safe_image(card.image.image_uri), card.image.accessibility_text, _links(card))


def _table_card(card: Any) -> Iterator[Part]:
    """A table as lines of a card, with bars between its columns."""
    rows = [[column.header for column in card.column_properties], *([cell.text for cell in row.cells] for row in card.rows)]
    text = _joined(card.subtitle, *(" | ".join(row) for row in rows if any(row)))
    yield from _filled_card(card.title, text, safe_image(card.image.image_uri), card.image.accessibility_text, _links(card))


def _simple_responses(responses: Any) -> Iterator[Part]:
    for response in responses.simple_responses:
        spoken = html.unescape(_TAG.sub("", response.ssml)).strip()
        if text := response.display_text.strip() or response.text_to_speech.strip() or spoken:
            yield Text(text)


def _link_out_suggestion(link: Any) -> Iterator[Part]:
    if url := safe_url(link.uri):
        yield Link(label=link.destination_name or url, url=url)
    elif link.destination_name.strip():
        yield Text(link.destination_name)


def _select(select: Any) -> Iterator[Part]:
    """A list or a carousel. To choose an item, the visitor says its key."""
    title = _joined(getattr(select, "title", ""), getattr(select, "subtitle", ""), by=": ")
    chosen = [(item, choice(item.title, item.info.key)) for item in select.items]
    yield from _list(title, [_item(item, url=button.url, message=button.message) for item, button in chosen])


def _browse_carousel_card(carousel: Any) -> Iterator[Part]:
    items = [
        _item(item, text=_joined(item.description, item.footer), url=safe_url(item.open_uri_action.url))
        for item in carousel.items
    ]
    yield from _list("", items)


def _media_content(media: Any) -> Iterator[Part]:
    items = []
    for item in media.media_objects:
        image = item.large_image if item.WhichOneof("image") == "large_image" else item.icon
        items.append(
            ListItem(
                title=item.name,
                text=item.description,
                image=safe_image(image.image_uri),
                alt=image.accessibility_text,
                url=safe_url(item.content_url),
            )
        )
    yield from _list("", items)


def _item(item: Any, *, text: str = "", url: str = "", message: str = "") -> ListItem:
    return ListItem(
        title=item.title,
        text=text or item.description,
        image=safe_image(item.image.image_uri),
        alt=item.image.accessibility_text,
        url=url,
        message=message,
    )


def _list(title: str, items: Iterable[ListItem]) -> Iterator[Part]:
    shown = tuple(item for item in items if item.title or item.text or item.image)
    if shown:
        yield List(title=title, items=shown)
    elif title.strip():
        yield Text(title)


def _filled_card(title: str, text: str, image: str, alt: str, buttons: Iterable[Button | None]) -> Iterator[Part]:
    card = Card(title=title, text=text, image=image, alt=alt, buttons=tuple(filter(None, buttons)))
    if card.title or card.text or card.image or card.buttons:
        yield card


def _card_button(label: str, postback: str) -> Button | None:
    """A postback is an address to open or words to say. An address that browsers may not open is dropped."""
    label = label.strip() or (safe_url(postback) if is_address(postback) else postback.strip())
    return choice(label, postback) if label else None


def _links(card: Any) -> list[Button | None]:
    return [_link_button(button.title, safe_url(button.open_uri_action.uri)) for button in card.buttons]


def _link_button(label: str, url: str) -> Button | None:
    label = label.strip() or url
    return choice(label, url) if label else None


def _joined(*texts: str, by: str = "\n") -> str:
    return by.join(text for text in texts if text.strip())


_READERS: dict[str, Callable[[Any], Iterator[Part]]] = {
    "text": _text,
    "image": _image,
    "quick_replies": _quick_replies,
    "card": _card,
    "simple_responses": _simple_responses,
    "basic_card": _basic_card,
    "suggestions": _suggestions,
    "link_out_suggestion": _link_out_suggestion,
    "list_select": _select,
    "carousel_select": _select,
    "browse_carousel_card": _browse_carousel_card,
    "table_card": _table_card,
    "media_content": _media_content,
}
"""Every kind but payload."""
