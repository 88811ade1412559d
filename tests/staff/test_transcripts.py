"""Stored messages as lines that staff can read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chat.models import Message
from chat.staff.transcripts import Line, bubbles
from integrations.providers.echo import PARTS


def lines(*parts: Any) -> list[Line]:
    return [line for bubble in bubbles(Message(text="the plain text", parts=list(parts))) for line in bubble.lines]


def test_a_message_without_parts_shows_its_text() -> None:
    assert lines() == [Line("the plain text")]


@pytest.mark.parametrize("part", PARTS.values(), ids=list(PARTS))
def test_every_word_and_address_of_every_kind_of_part_is_shown(part: Any) -> None:
    def words(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [word for key, item in value.items() if key != "type" for word in words(item)]
        return [word for item in value for word in words(item)] if isinstance(value, list | tuple) else [value]

    stored = json.loads(json.dumps(part.as_json()))
    shown = " ".join(f"{line.text} {line.url} {line.said}" for line in lines(stored))

    assert [word for word in words(stored) if word not in shown] == []


@pytest.mark.parametrize("url", ["https://example.com/", "HTTP://example.com", "mailto:a@example.com", "tel:+491234"])
def test_harmless_addresses_can_be_followed(url: str) -> None:
    assert lines({"type": "link", "label": "x", "url": url})[0].href == url


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", " JavaScript:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "/path", "//host", ""],
)
def test_other_addresses_are_only_read(url: str) -> None:
    line = lines({"type": "link", "label": "x", "url": url})[0]

    assert line.href == ""
    assert line.url == url.strip()


@pytest.mark.parametrize(
    "part",
    [
        None,
        "text",
        7,
        ["a"],
        {},
        {"type": "card", "title": 7, "buttons": "no"},
        {"type": "list", "items": [None, {"title": None}]},
        {"type": ["text"]},
        {"type": "image"},
        {"type": "quick_replies", "replies": [{"label": "A"}]},
    ],
)
def test_a_part_of_a_shape_that_nobody_knows_still_ends_in_lines(part: Any) -> None:
    assert all(isinstance(line.text, str) for line in lines(part))


def test_parts_that_are_no_list_are_not_shown() -> None:
    assert bubbles(Message(text="the plain text", parts={"type": "text"}))[0].lines == [Line("the plain text")]
