"""What docs/embedding.md shows: its examples, its options, its policy."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from chat.strings import strings
from tests.browser.foreign import Website, converse, launcher, mine, placed, visit
from tests.browser.visit import rating, say
from tests.servers import ROOT, Site

DOCUMENT = (ROOT / "docs" / "embedding.md").read_text()
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w*)\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
EXAMPLES = [text for kind, text in BLOCKS if kind == "html"]
FILES = {re.split(r"\W+", text, maxsplit=3)[1] + "." + kind: text for kind, text in BLOCKS if kind in ("js", "css")}
POLICY = next(text.strip() for _, text in BLOCKS if text.startswith("default-src"))
OPTIONS = ("language", "theme", "position", "title", "greeting")


def visit_example(page: Page, web: Website, site: Site, example: str, **page_options: Any) -> None:
    for name, text in FILES.items():
        web.put(f"/{name}", placed(text, site))
    visit(page, web, site, example, **page_options)


def the_example_with(words: str) -> str:
    return next(example for example in EXAMPLES if words in example)


def attributes_of(example: str) -> dict[str, str]:
    """The chat's attributes in an example, wherever they stand."""
    found: dict[str, str] = {}

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag in ("script", "chatbot-widget"):
                found.update({name.removeprefix("data-"): value or "" for name, value in attrs})

    Reader().feed(example)
    return {name: value for name, value in found.items() if name in OPTIONS}


def test_the_document_s_examples_are_read() -> None:
    assert len(EXAMPLES) >= 5
    assert sorted(FILES) == ["chat.css", "help.js"]
    assert all("chat.example.com" in example for example in [*EXAMPLES, POLICY])


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_the_document_shows_a_chat_that_answers(
    served: Site, web: Website, page: Page, example: str
) -> None:
    visit_example(page, web, served, example)

    expect(launcher(page)).to_have_count(1)
    converse(page, "Is this a chat?")


@pytest.mark.parametrize("example", [example for example in EXAMPLES if attributes_of(example)])
def test_the_attributes_of_the_examples_have_their_effect(served: Site, web: Website, page: Page, example: str) -> None:
    visit_example(page, web, served, example)
    attributes = attributes_of(example)
    words: dict[str, Any] = strings(attributes.get("language", "en"))
    expect(page.get_by_role("button", name=words["open"], exact=True)).to_be_visible()
    launcher(page).click()

    expect(page.locator("[part=field]")).to_have_attribute("placeholder", words["placeholder"])
    expect(page.locator("h2")).to_have_text(attributes.get("title", words["title"]))
    expect(page.locator("[part=empty]")).to_have_text(attributes.get("greeting", words["greeting"]))
    scheme = page.locator("[part=panel]").evaluate("(panel) => getComputedStyle(panel).colorScheme")
    assert scheme == attributes.get("theme", "light dark")
    box, viewport = page.locator("[part=panel]").bounding_box(), page.viewport_size
    assert box and viewport
    is_left = box["x"] + box["width"] / 2 < viewport["width"] / 2
    assert is_left == (attributes.get("position", "right") == "left")


def test_the_example_of_methods_and_events_asks_for_help_and_shows_what_was_said_last(
    served: Site, web: Website, page: Page
) -> None:
    visit_example(page, web, served, the_example_with("help.js"))

    expect(page.locator("#last")).to_have_text("bot: I need help")
    expect(page.locator("[part=panel]")).to_be_hidden()
    page.get_by_role("button", name="Help", exact=True).click()
    expect(page.locator("[part=field]")).to_be_focused()
    expect(mine(page)).to_have_text(re.compile("I need help"))


def test_the_example_of_colours_and_shape_shows_them(served: Site, web: Website, page: Page) -> None:
    visit_example(page, web, served, the_example_with("chat.css"))
    expect(launcher(page)).to_have_css("background-color", "rgb(122, 31, 92)")
    expect(launcher(page)).to_have_css("color", "rgb(255, 255, 255)")
    expect(launcher(page)).to_have_css("border-radius", "8px")

    launcher(page).click()
    expect(page.locator("[part=panel]")).to_have_css("border-radius", "8px")


def test_under_the_strict_policy_of_the_document_everything_works(served: Site, web: Website, page: Page) -> None:
    page.add_init_script(
        "document.addEventListener('securitypolicyviolation', (event) => console.error(event.violatedDirective))"
    )
    policy = placed(POLICY, served).replace("https:", "http:")
    assert "style-src" not in policy
    visit(page, web, served, policy=policy)
    with page.expect_websocket() as socket:
        launcher(page).click()
    say(page, "/parts")

    picture = page.locator("[part=image]").first
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("(image) => image.naturalWidth") > 0
    page.set_viewport_size({"width": 400, "height": 700})
    page.get_by_role("button", name="More", exact=True).click()
    with page.expect_download():
        page.get_by_role("button", name="Download the conversation").click()
    with rating(socket.value):
        page.locator("[part=message]").last.get_by_role("button", name="This helped").click()
    page.reload()
    launcher(page).click()
    expect(page.locator("[part=message]")).to_have_count(2)
    expect(page.get_by_role("button", name="This helped")).to_have_attribute("aria-pressed", "true")


def test_a_page_with_a_policy_of_its_own_only_adds_the_chat_s_address(served: Site, web: Website, page: Page) -> None:
    policy = f"script-src 'self' {served.url}; style-src 'self'"
    example = (
        the_example_with("chat.css")
        + '<p id="last"></p><button id="help"></button><script type="module" src="help.js"></script>'
    )
    visit_example(page, web, served, example, policy=policy)

    expect(page.locator("#last")).to_have_text("bot: I need help")
    expect(launcher(page)).to_have_css("background-color", "rgb(122, 31, 92)")
