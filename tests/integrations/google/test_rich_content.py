from typing import Any

import pytest

from integrations import Card, Image, Link, List, ListItem, Payload
from integrations.google.rich_content import read


def test_rows_that_follow_each_other_become_one_list() -> None:
    rows = [{"type": "list", "title": "Breakfast"}, {"type": "divider"}, {"type": "list", "title": "Dinner"}]

    assert list(read([rows])) == [List("", (ListItem("Breakfast"), ListItem("Dinner")))]


def test_rows_of_two_cards_stay_apart() -> None:
    cards = [[{"type": "list", "title": "Breakfast"}], [{"type": "list", "title": "Dinner"}]]

    assert list(read(cards)) == [List("", (ListItem("Breakfast"),)), List("", (ListItem("Dinner"),))]


@pytest.mark.parametrize(
    "element",
    [
        {"type": "image", "rawUrl": "https://example.com/a.png"},
        {"type": "image", "image": {"rawUrl": "https://example.com/a.png"}},
        {"type": "image", "image": {"src": {"rawUrl": "https://example.com/a.png"}}},
    ],
)
def test_a_picture_is_found_in_the_old_and_the_new_spelling(element: dict[str, Any]) -> None:
    assert list(read([[element]])) == [Image("https://example.com/a.png")]


@pytest.mark.parametrize("address", [{"link": "https://example.com"}, {"anchor": {"href": "https://example.com"}}])
def test_an_address_is_found_in_the_old_and_the_new_spelling(address: dict[str, Any]) -> None:
    assert list(read([[{"type": "button", "text": "Open", **address}]])) == [Link("Open", "https://example.com")]


def test_an_address_that_may_be_opened_is_preferred_to_one_that_may_not() -> None:
    element = {
        "type": "info",
        "title": "Hotel",
        "actionLink": "javascript:alert(1)",
        "anchor": {"href": "https://example.com"},
    }

    (card,) = read([[element]])

    assert isinstance(card, Card)
    assert [button.url for button in card.buttons] == ["https://example.com"]


def test_an_element_of_an_unknown_type_is_kept_as_data() -> None:
    assert list(read([[{"type": "hologram", "size": 3}]])) == [Payload({"type": "hologram", "size": 3})]


@pytest.mark.parametrize("garbage", [None, 5, "text", {}, [], [[]], [None], [[None, 1, "a", []]]])
def test_garbage_shows_nothing(garbage: Any) -> None:
    assert list(read(garbage)) == []
