import json
from collections.abc import Callable
from typing import Any

import pytest

from integrations import Accordion, Button, Card, Image, Link, List, ListItem, Part, Payload, QuickReplies, Text, read_parts
from integrations.parts import MAX_ADDRESS_CHARACTERS, MAX_ITEMS, MAX_TEXT_CHARACTERS, choice, safe_image, safe_url

EVERY_PART: list[tuple[Part, str]] = [
    (Text("Hello"), "Hello"),
    (QuickReplies("Which?", (Button("A", message="A"), Button("B", message="B"))), "Which? (A, B)"),
    (QuickReplies("", (Button("A", message="A"),)), "A"),
    (Image("https://example.com/a.png", alt="A view"), "A view"),
    (Card(title="Suite", text="Three rooms", buttons=(Button("Book", message="Book"),)), "Suite: Three rooms (Book)"),
    (Card(text="Three rooms"), "Three rooms"),
    (Link("Hours", "https://example.com"), "Hours"),
    (List("Rooms", (ListItem("Suite", text="Three beds"), ListItem("Studio"))), "Rooms: Suite, Three beds; Studio"),
    (List("", (ListItem("Standard"), ListItem("Suite"))), "Standard; Suite"),
    (Accordion("Pets", text="Small ones"), "Pets: Small ones"),
    (Accordion("Pets", text="Dogs", subtitle="Small ones"), "Pets: Small ones"),
    (Payload({"kind": "map"}), ""),
]


@pytest.mark.parametrize(("part", "plain"), EVERY_PART)
def test_a_part_has_words_for_clients_that_know_only_text(part: Part, plain: str) -> None:
    assert part.plain == plain


@pytest.mark.parametrize("part", [part for part, _ in EVERY_PART])
def test_a_part_becomes_a_json_object_that_names_its_type(part: Part) -> None:
    assert json.loads(json.dumps(part.as_json()))["type"] == part.type


def test_every_kind_of_part_is_tried_here() -> None:
    assert {type(part) for part, _ in EVERY_PART} == set(Part.__subclasses__())


def test_empty_fields_are_left_out() -> None:
    assert Card(title="Suite").as_json() == {"type": "card", "title": "Suite"}


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a?b=c#d",
        "HTTP://example.com",
        "mailto:desk@example.com",
        "tel:+4930123456",
        "https://münchen.example/",
    ],
)
def test_an_address_that_a_browser_may_open_is_kept(url: str) -> None:
    assert safe_url(f" {url} ") == url


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("tel:+1 (555) 010-0000", "tel:+1%20(555)%20010-0000"),
        ("mailto:help@example.com?subject=My order", "mailto:help@example.com?subject=My%20order"),
        ("https://example.com/files/user manual.pdf", "https://example.com/files/user%20manual.pdf"),
        ("www.example.com", "https://www.example.com"),
        ("WWW.example.com/a b", "https://WWW.example.com/a%20b"),
    ],
)
def test_an_address_as_people_write_it_is_one_that_a_browser_takes(written: str, address: str) -> None:
    assert safe_url(written) == address


@pytest.mark.parametrize(
    ("label", "target", "button"),
    [
        ("Rooms", "", Button("Rooms", message="Rooms")),
        ("Rooms", "show the rooms", Button("Rooms", message="show the rooms")),
        ("Call us", "tel:+49 30", Button("Call us", url="tel:+49%2030")),
        ("www.example.com", "", Button("www.example.com", url="https://www.example.com")),
        ("Details", "javascript:alert(1)", Button("Details", message="Details")),
        ("javascript:alert(1)", "", Button("javascript:alert(1)")),
        ("File: yours", "", Button("File: yours", message="File: yours")),
    ],
)
def test_a_choice_is_opened_or_said_and_an_address_is_never_said(label: str, target: str, button: Button) -> None:
    assert choice(label, target) == button


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "https:javascript:alert(1)",
        "data:text/html,<script>",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://example.com",
        "//example.com/a",
        "/static/a.png",
        "example.com",
        "https://",
        "https:///path",
        "https://exa mple.com",
        "https://example.com/\nx",
        "https://example.com/\u2028x",
        "https://[::1",
        "mailto:",
        "tel:",
    ],
)
def test_any_other_address_is_dropped(url: str) -> None:
    assert safe_url(url) == ""


def test_a_picture_comes_over_http_only() -> None:
    assert safe_image("https://example.com/a.png") == "https://example.com/a.png"
    assert safe_image("mailto:desk@example.com") == ""


@pytest.mark.parametrize(
    "make",
    [
        lambda url: Link("Hours", url),
        lambda url: Button("Hours", url=url),
        lambda url: ListItem("Hours", url=url),
        lambda url: Image(url),
        lambda url: Card(image=url),
        lambda url: ListItem("Room", image=url),
        lambda url: Accordion("Room", image=url),
    ],
)
@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:image/png;base64,AAAA", "//example.com/a", "/\\example.com", 5]
)
def test_no_part_is_made_with_an_address_that_no_browser_may_open(make: Callable[[Any], object], url: Any) -> None:
    with pytest.raises(ValueError, match="must be an address that a browser may open") as caught:
        make(url)

    assert str(url) not in str(caught.value)


@pytest.mark.parametrize("make", [lambda: Link("Hours", ""), lambda: Image("")])
def test_a_link_and_a_picture_need_an_address(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"(Link|Image)\.url must be an address"):
        make()


def test_a_picture_may_be_one_of_the_chat_s_own_server() -> None:
    assert Image("/static/chat/sample.svg").url == "/static/chat/sample.svg"
    with pytest.raises(ValueError, match=r"Link\.url"):
        Link("Picture", "/static/chat/sample.svg")


LONG = "ü" * 100_000
MANY = (Button(LONG, message=LONG),) * 1000


@pytest.mark.parametrize(
    "part",
    [
        Text(LONG),
        QuickReplies(LONG, MANY),
        Image("https://example.com/a.png", alt=LONG),
        Card(title=LONG, text=LONG, alt=LONG, buttons=MANY),
        Link(LONG, "https://example.com"),
        List(LONG, (ListItem(LONG, text=LONG, alt=LONG, message=LONG),) * 1000),
        Accordion(LONG, text=LONG, subtitle=LONG),
    ],
)
def test_every_text_and_every_list_of_a_part_has_a_limit(part: Part) -> None:
    def check(value: Any) -> None:
        if isinstance(value, list):
            assert len(value) <= MAX_ITEMS
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
            check(inner)
        if isinstance(value, str):
            assert len(value) <= MAX_TEXT_CHARACTERS

    check(part.as_json())


def test_an_address_has_a_limit() -> None:
    address = "https://example.com/"
    assert safe_url(address.ljust(MAX_ADDRESS_CHARACTERS, "a"))
    assert safe_url(address.ljust(MAX_ADDRESS_CHARACTERS + 1, "a")) == ""
    with pytest.raises(ValueError, match="must be an address"):
        Image("/".ljust(MAX_ADDRESS_CHARACTERS + 1, "a"))


def test_a_payload_is_left_as_it_is() -> None:
    assert Payload(list(range(1000))).as_json()["data"] == list(range(1000))
    assert Payload(LONG).as_json()["data"] == LONG


@pytest.mark.parametrize("part", [part for part, _ in EVERY_PART])
def test_a_part_is_read_from_its_json(part: Part) -> None:
    assert read_parts([part.as_json()]) == (part,)


def test_what_is_no_part_is_left_out() -> None:
    wrong = [{"type": "link", "label": "x", "url": "javascript:1"}, {"type": "card", "title": 3}, {"type": []}, {}, 3, None]
    assert read_parts([*wrong, {"type": "text", "text": "x"}]) == (Text("x"),)
    assert read_parts({"type": "text", "text": "x"}) == read_parts(None) == ()
