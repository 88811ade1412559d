"""The chat in the dark, in forced colours, with more contrast, without motion, enlarged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.fake_server import FakeServer
from tests.support.servers import Site
from tests.support.states import CHIPS, all_parts, conversation, failed, lost, menu, rated, too_long, typing
from tests.support.visit import read_at, visit

Show = Callable[..., tuple[Page, FakeServer]]

COLOURS = """(widget) => [...widget.shadowRoot.querySelectorAll("[part]")].map((node) => {
    const { color, backgroundColor, borderTopColor } = getComputedStyle(node);
    return [node.part.value, color, backgroundColor, borderTopColor];
})"""
MOVING = """(widget) => widget.shadowRoot.getAnimations()
    .map((one) => one.animationName ?? one.transitionProperty)"""
BORDERED = """(node) => {
    const { borderTopStyle, borderTopWidth, borderTopColor } = getComputedStyle(node);
    return borderTopStyle !== "none" && parseFloat(borderTopWidth) >= 1 && !/^rgba.*, 0\\)$/.test(borderTopColor);
}"""
OVERFLOWING = """(widget) => [document.documentElement, ...widget.shadowRoot.querySelectorAll("[part], [part] *")]
    .filter((node) => node.checkVisibility() && !node.closest(".unseen"))
    .filter((node) => node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== "inline")
    .map((node) => node.outerHTML.slice(0, 100))"""

OVERLAPPING = """(widget) => {
    const shown = [...widget.shadowRoot.querySelectorAll("header, [part=banner], [part=scroller], form")]
        .filter((node) => node.checkVisibility());
    const bottoms = [-Infinity, ...shown.map((node) => node.getBoundingClientRect().bottom)];
    return shown.filter((node, index) => node.getBoundingClientRect().top < bottoms[index] - 1 ||
        (node.matches("[part=banner], form") && node.scrollHeight > node.offsetHeight)).map((node) => node.outerHTML);
}"""
"""The parts of the panel that overlap the one before, or are too small for their content."""
HIDDEN_FOCUS = """(widget) => {
    const { activeElement } = widget.shadowRoot;
    const pill = widget.shadowRoot.querySelector("[part=pill]");
    if (pill.hidden || activeElement === pill || !activeElement.closest("[part=message]")) return false;
    const [own, over] = [activeElement, pill].map((node) => node.getBoundingClientRect());
    return own.bottom > over.top + 1 && own.top < over.bottom - 1;
}"""


@pytest.fixture
def show(browser: Browser, served: Site) -> Iterator[Show]:
    """A function that opens the chat in a browser with these options. widget: its attributes."""
    contexts = []

    def open_chat(*, widget: str = "", **options: Any) -> tuple[Page, FakeServer]:
        contexts.append(browser.new_context(**{"reduced_motion": "reduce", **options}))
        page = contexts[-1].new_page()
        server = FakeServer(page)
        visit(page, served, widget=widget)
        page.locator("[part=launcher]").click()
        expect(page.locator("[part=panel]")).to_be_visible()
        return page, server

    yield open_chat
    for context in contexts:
        context.close()


def colours(page: Page) -> Any:
    return page.locator("chatbot-widget").evaluate(COLOURS)


def test_the_theme_is_the_systems_unless_an_attribute_says_otherwise(show: Show) -> None:
    page, server = show(color_scheme="light")
    all_parts(page, server)
    light = colours(page)
    page.emulate_media(color_scheme="dark")
    dark = colours(page)
    assert dark != light
    expect(page.locator("[part=panel]")).to_have_css("background-color", "rgb(23, 28, 27)")

    widget = page.locator("chatbot-widget")
    widget.evaluate("(node) => { node.theme = 'light'; }")
    assert colours(page) == light
    page.emulate_media(color_scheme="light")
    widget.evaluate("(node) => { node.theme = 'dark'; }")
    assert colours(page) == dark
    widget.evaluate("(node) => { node.theme = 'auto'; }")
    assert colours(page) == light


def test_in_forced_colours_everything_keeps_an_edge(show: Show) -> None:
    page, server = show(forced_colors="active")
    typing(page, server)
    rated(page, server)
    server.say("What next?", CHIPS)
    server.type()
    expect(page.locator("[part=typing]")).to_be_visible()

    for part in ("panel", "send", "chip", "typing"):
        assert page.locator(f"[part={part}]").first.evaluate(BORDERED), part
    assert page.locator(".grow").evaluate(BORDERED)
    for bubble in page.locator("[part=bubble]").all():
        assert bubble.evaluate(BORDERED), bubble.inner_text()
    dot, around = page.locator("[part=typing] i").first, page.locator("[part=typing]")
    fill = "(node) => getComputedStyle(node).backgroundColor"
    assert dot.evaluate(fill) != around.evaluate(fill)
    pressed, other = page.locator("[data-action=up][aria-pressed=true]"), page.locator("[data-action=down]").first
    edge = "(node) => getComputedStyle(node).borderTopColor"
    assert pressed.evaluate(BORDERED)
    assert pressed.evaluate(edge) != other.evaluate(edge)


def test_in_forced_colours_the_badge_and_the_launcher_keep_an_edge(show: Show) -> None:
    page, server = show(forced_colors="active")
    expect(page.locator("[part=empty]")).to_be_visible()
    page.keyboard.press("Escape")
    server.say("News")
    expect(page.locator("[part=badge]")).to_have_text("1")

    assert page.locator("[part=badge]").evaluate(BORDERED)
    assert page.locator("[part=launcher]").evaluate(BORDERED)


def test_without_motion_nothing_moves(show: Show) -> None:
    page, server = show(reduced_motion="reduce")
    typing(page, server)
    page.locator("[part=send]").hover()

    assert page.locator("chatbot-widget").evaluate(MOVING) == []


def test_with_motion_the_dots_breathe(show: Show) -> None:
    page, server = show(reduced_motion="no-preference")
    typing(page, server)

    assert page.locator("chatbot-widget").evaluate(MOVING).count("breathe") == 3


def test_with_more_contrast_bubbles_have_an_edge_and_quiet_words_are_as_dark_as_others(show: Show) -> None:
    page, server = show(contrast="more")
    conversation(page, server)

    for bubble in page.locator("[part=bubble]").all():
        assert bubble.evaluate(BORDERED), bubble.inner_text()
    ink = page.locator("[part=panel]").evaluate("(node) => getComputedStyle(node).color")
    expect(page.locator(".subtitle")).to_have_css("color", ink)
    expect(page.locator("[part=message] time").first).to_have_css("color", ink)


@pytest.mark.parametrize("state", [all_parts, failed, lost])
@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_at_four_times_the_size_all_is_reachable(show: Show, state: Callable[..., None], language: str) -> None:
    page, server = show(viewport={"width": 320, "height": 256}, widget=f'language="{language}"')
    state(page, server)

    assert page.locator("chatbot-widget").evaluate(OVERFLOWING) == []
    for part in ("field", "send", "close", "more"):
        expect(page.locator(f"[part={part}]")).to_be_in_viewport(ratio=1)
    scroller = page.locator("[part=scroller]").bounding_box()
    assert scroller and scroller["height"] >= 60
    page.locator("[part=more]").click()
    for item in page.locator("[part=menu-item]").all():
        if item.is_visible():
            item.focus()
            expect(item).to_be_in_viewport(ratio=1)


def test_the_chat_makes_the_page_no_longer(show: Show) -> None:
    page, _ = show()
    page.add_style_tag(content="html, body { margin: 0; height: 100%; } main { height: 100%; } main * { margin: 0; }")
    size = page.evaluate("[document.documentElement.scrollHeight, innerHeight]")
    assert size[0] == size[1]


@pytest.mark.parametrize("state", [too_long, lost, menu])
@pytest.mark.parametrize("size", [(320, 200), (341, 156)])
def test_on_a_laptop_s_screen_at_four_times_the_size_what_finds_no_room_is_scrolled_to(
    show: Show, state: Callable[..., None], size: tuple[int, int]
) -> None:
    page, server = show(viewport={"width": size[0], "height": size[1]}, widget='language="de"')
    state(page, server)

    assert page.locator("chatbot-widget").evaluate(OVERFLOWING) == []
    for part in ("field", "send", "close", "more", "menu-item", "now"):
        for control in page.locator(f"[part={part}]").all():
            if control.is_visible():
                control.scroll_into_view_if_needed()
                expect(control).to_be_in_viewport(ratio=1)
    page.locator("[part=more]").scroll_into_view_if_needed()
    assert page.locator("chatbot-widget").evaluate(OVERLAPPING) == []


def test_with_more_contrast_words_on_their_way_are_as_plain_as_others(show: Show) -> None:
    page, server = show(contrast="more")
    lost(page, server)

    expect(page.locator("[data-state=sending] [part=bubble]")).to_have_css("opacity", "1")


def test_the_button_to_what_is_new_hides_nothing_that_has_the_focus(show: Show) -> None:
    page, server = show(viewport={"width": 390, "height": 500})
    for number in range(14):
        server.say(f"Write to room{number}@example.com or call.")
    expect(page.locator("[part=message]")).to_have_count(14)
    read_at(page, 60)
    server.say("One more")
    pill = page.locator("[part=pill]")
    expect(pill).to_be_visible()
    page.locator("[part=scroller]").focus()
    for _ in range(30):
        page.keyboard.press("Tab")
        assert page.locator("chatbot-widget").evaluate(HIDDEN_FOCUS) is False


def test_the_focus_on_the_panel_itself_can_be_seen(show: Show) -> None:
    page, server = show()
    conversation(page, server)
    page.keyboard.press("Tab")
    page.locator("[part=panel]").focus()

    expect(page.locator("[part=panel]")).to_have_css("outline-style", "solid")
