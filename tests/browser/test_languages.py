"""The chat in each of its languages, and from right to left."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.fake_server import FakeServer
from tests.support.servers import Site
from tests.support.states import STATES, conversation, failed, lost
from tests.support.visit import say, visit

LANGUAGES = ["en", "de", "es", "fr", "pt", "ar", "ja"]
SAID = "§"  # replaces what people and bots say, which isn't translated
RTL = 'lang="ar" dir="rtl"'

WORDS = """(widget) => {
    const texts = [];
    const walker = document.createTreeWalker(widget.shadowRoot, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode;
        if (node.nodeType === Node.TEXT_NODE) texts.push(node.data);
        else for (const name of ["aria-label", "placeholder", "alt"]) texts.push(node.getAttribute(name) ?? "");
    }
    return texts.join("\\n");
}"""
CUT_OFF = """(widget) => [...widget.shadowRoot.querySelectorAll(
        "[part=header], [part=header] *, [part=banner], [part=banner] *, [part=panel] button, .status, [part=scroller]"
    )]
    .filter((node) => node.checkVisibility())
    .filter((node) => {
        const { left, right } = node.getBoundingClientRect();
        const inline = getComputedStyle(node).display === "inline";
        return left < 0 || right > innerWidth || (!inline && node.scrollWidth > node.clientWidth);
    })
    .map((node) => node.outerHTML.slice(0, 100))"""


def strings(site: Site, language: str) -> dict[str, Any]:
    with urlopen(f"{site.url}/site.json?language={language}") as answer:
        words: dict[str, Any] = json.load(answer)["strings"]
        return words


def pattern(text: str) -> str:
    """Matches a line with this text and any values for its braces."""
    return r"(?m)^\s*" + ".+".join(re.escape(piece) for piece in re.split(r"\{\w+\}", text)) + r"\s*$"


def enter(page: Page, site: Site, *, widget: str = "", html: str = 'lang="en"') -> FakeServer:
    server = FakeServer(page)
    visit(page, site, widget=widget, html=html)
    page.locator("[part=launcher]").click()
    expect(page.locator("[part=empty]")).to_be_visible()
    return server


def edges(locator: Locator) -> tuple[float, float]:
    found = locator.bounding_box()
    assert found
    return found["x"], found["x"] + found["width"]


def waiting_for_a_colleague(page: Page, server: FakeServer) -> None:
    say(page, SAID)
    server.say(SAID)
    server.become("waiting")
    page.locator("[part=more]").click()
    expect(page.locator("[part=menu]")).to_be_visible()


SHOWN: list[Callable[[Page, FakeServer], None]] = [
    waiting_for_a_colleague,
    failed,
    lost,
    STATES["ended"],
    STATES["unread"],
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_words_are_in_the_language_and_none_is_cut_off(served: Site, page: Page, language: str) -> None:
    english, spoken = strings(served, "en"), strings(served, language)
    # "{sender}: {text}" matches any words. The server says that a conversation has ended, here in English.
    foreign = [english[key] for key in english.keys() - {"says", "ended"} if english[key] != spoken[key]]
    foreign = [text for forms in foreign for text in (forms.values() if isinstance(forms, dict) else [forms])]
    page.emulate_media(reduced_motion="reduce")
    for state in SHOWN:
        page.set_viewport_size({"width": 1000, "height": 800})
        server = enter(page, served, widget=f'language="{language}"')
        state(page, server)
        words = page.locator("chatbot-widget").evaluate(WORDS)
        assert [text for text in foreign if re.search(pattern(text), words)] == [], state.__name__
        for width in (1000, 320):
            page.set_viewport_size({"width": width, "height": 640})
            assert page.locator("chatbot-widget").evaluate(CUT_OFF) == [], (state.__name__, width)
        page.evaluate("localStorage.clear(), sessionStorage.clear()")


def test_an_unknown_language_is_answered_in_english_words(served: Site, page: Page) -> None:
    visit(page, served, widget='language="he"', html='lang="he" dir="rtl"')

    expect(page.get_by_role("button", name="Open the chat", exact=True)).to_be_visible()


def test_arabic_on_a_page_from_left_to_right_is_mirrored_inside_the_panel(served: Site, page: Page) -> None:
    server = enter(page, served, widget='language="ar"')
    expect(page.locator("[part=field]")).to_have_css("direction", "rtl")
    conversation(page, server)

    width = page.evaluate("innerWidth")
    panel = edges(page.locator("[part=panel]"))
    assert 0 <= panel[0] < panel[1] == width - 20
    field, send = edges(page.locator("[part=field]")), edges(page.locator("[part=send]"))
    assert send[1] <= field[0]
    own, theirs = (edges(page.locator(f"[data-sender={sender}] [part=bubble]").first) for sender in ("visitor", "bot"))
    assert own[0] - panel[0] < 30 < panel[1] - own[1]
    assert panel[1] - theirs[1] < 30 < theirs[0] - panel[0]
    close = edges(page.locator("[part=close]"))
    assert close[0] - panel[0] < 20
    page.locator("[part=more]").click()
    menu = edges(page.locator("[part=menu]"))
    assert panel[0] <= menu[0] < menu[1] <= panel[1]
    page.locator("[part=close]").click()
    assert edges(page.locator("[part=launcher]"))[1] == width - 20


@pytest.mark.parametrize("language", ["ar", "en"])
def test_on_a_page_from_right_to_left_the_chat_is_on_the_left(served: Site, page: Page, language: str) -> None:
    enter(page, served, widget=f'language="{language}"', html=RTL)

    panel = edges(page.locator("[part=panel]"))
    assert panel[0] == 20
    page.locator("[part=more]").click()
    menu = edges(page.locator("[part=menu]"))
    assert panel[0] <= menu[0] < menu[1] <= panel[1]
    page.locator("[part=close]").click()
    assert edges(page.locator("[part=launcher]"))[0] == 20


@pytest.mark.parametrize(
    ("language", "text", "direction"),
    [
        ("ar", "There is a room with a garden.", "ltr"),
        ("ar", "هناك غرفة تطل على الحديقة.", "rtl"),
        ("en", "هناك غرفة تطل على الحديقة.", "rtl"),
        ("en", "There is a room with a garden.", "ltr"),
    ],
)
def test_each_message_is_written_in_its_own_direction(
    served: Site, page: Page, language: str, text: str, direction: str
) -> None:
    server = enter(page, served, widget=f'language="{language}"')
    server.say(text)
    say(page, text)

    expect(page.locator("[part=bubble]")).to_have_count(2)
    for bubble in page.locator("[part=bubble]").all():
        expect(bubble).to_have_css("direction", direction)
        expect(bubble).to_have_css("text-align", "start")
    page.locator("[part=field]").fill(text)
    expect(page.locator("[part=field]")).to_have_css("direction", direction)


def test_a_language_named_later_changes_all_words(served: Site, page: Page) -> None:
    server = enter(page, served)
    conversation(page, server)
    page.locator("chatbot-widget").evaluate("(widget) => { widget.language = 'ja'; }")

    words = strings(served, "ja")
    expect(page.get_by_role("textbox", name=words["field"])).to_be_visible()
    expect(page.locator("[part=message]")).to_have_count(4)
    expect(page.get_by_role("button", name=words["helpful"]).first).to_be_visible()


def test_a_language_that_is_set_while_the_chat_is_being_loaded_counts(served: Site, page: Page) -> None:
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            page.evaluate("document.querySelector('chatbot-widget').setAttribute('language', 'de')")
        route.continue_()

    page.route("**/site.json*", answer)
    page.goto(served.url)

    expect(page.get_by_role("button", name="Chat öffnen")).to_be_visible()
    assert [address.partition("?")[2] for address in asked] == ["", "language=de"]


CORNERS = """(node) => ["TopLeft", "TopRight", "BottomRight", "BottomLeft"]
    .filter((corner) => getComputedStyle(node)[`border${corner}Radius`] === "5px")"""


@pytest.mark.parametrize(("language", "side", "mine", "theirs"), [
    ("ar", "right", "BottomLeft", "BottomRight"),
    ("en", "left", "BottomRight", "BottomLeft"),
])  # fmt: skip
def test_parts_are_laid_out_in_the_direction_of_the_interface_whatever_their_words(
    language: str, side: str, mine: str, theirs: str, served: Site, page: Page
) -> None:
    server = FakeServer(page)
    visit(page, served, widget=f'open language="{language}"')
    expect(page.locator("[part=empty]")).to_be_visible()
    image = f"{served.url}/static/chat/sample.svg"
    rows = [
        {"title": "Room", "message": "Room", "image": image},
        {"title": "غرفة", "url": "https://example.com", "image": image},
    ]
    server.say(
        "Rooms", {"type": "list", "title": "غرف", "items": rows}, {"type": "accordion", "title": "How?", "text": "So."}
    )
    server.say("نعم")
    say(page, "yes")
    expect(page.locator("[data-sender=visitor]")).to_have_attribute("data-state", "sent")

    for picture in page.locator(".row img").all():
        row = picture.locator("xpath=..")
        (at, label) = picture.bounding_box(), row.locator(".label").bounding_box()
        assert at and label
        assert (at["x"] < label["x"]) is (side == "left")
    expect(page.locator("summary")).to_have_css("direction", "ltr" if side == "left" else "rtl")
    for sender, corner in (("visitor", mine), ("bot", theirs)):
        for bubble in page.locator(f"[data-sender={sender}] [part=bubble]").all():
            assert bubble.evaluate(CORNERS) == [corner]
