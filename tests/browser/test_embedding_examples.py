"""The examples, the options and the policy of docs/embedding.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from chat.sites.strings import strings
from tests.support.foreign import CHAT, Website, converse, launcher, mine, placed, visit
from tests.support.servers import ROOT, Site
from tests.support.visit import come_back_soon, rating, say

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
    """The chat's attributes in an example, on any element."""
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


INSTEAD = "mailto:help@example.com"


def addresses(page: Page) -> Locator:
    return page.locator("a[href^='mailto:'], a[href^='tel:']")


def cut_off(page: Page, site: Site, kind: str) -> None:
    """Block all requests of this kind ("script" or "fetch") to the chat's server."""
    page.route(f"{site.url}/**", lambda route: route.abort() if route.request.resource_type == kind else route.continue_())


@pytest.fixture
def without_javascript(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_without_javascript_the_example_says_how_else_one_is_reached(
    served: Site, web: Website, without_javascript: Page
) -> None:
    visit_example(without_javascript, web, served, the_example_with(INSTEAD))

    expect(addresses(without_javascript)).to_have_text(["help@example.com", "+49 30 1234567"])
    for link in addresses(without_javascript).all():
        expect(link).to_be_visible()


def test_where_there_is_a_chat_the_example_says_nothing_else(served: Site, web: Website, page: Page) -> None:
    visit_example(page, web, served, the_example_with(INSTEAD))

    expect(launcher(page)).to_be_visible()
    expect(addresses(page)).to_have_count(2)
    for link in addresses(page).all():
        expect(link).to_be_hidden()


@pytest.mark.parametrize(("host", "missing"), [("shop", "script"), ("shop", "fetch"), ("stranger", "nothing")])
def test_where_there_is_no_chat_the_example_says_how_else_one_is_reached_as_the_page_would(
    served: Site, web: Website, watched: Page, host: str, missing: str
) -> None:
    cut_off(watched, served, missing)
    head = '<link rel="stylesheet" href="/page.css">'
    web.put("/page.css", "body { color: rgb(1, 2, 3); font: italic 20px serif; background: ivory; }")
    visit_example(watched, web, served, "<p>A shop</p>" + the_example_with(INSTEAD), host=host, head=head)

    expect(addresses(watched).first).to_be_visible()
    expect(launcher(watched)).to_have_count(0)
    looks = "(node) => ['color', 'font', 'margin', 'lineHeight'].map((name) => getComputedStyle(node)[name])"
    assert watched.locator("chatbot-widget p").evaluate(looks) == watched.locator("body > p").evaluate(looks)


def test_what_is_said_instead_goes_when_the_chat_comes(served: Site, web: Website, watched: Page) -> None:
    come_back_soon(watched)
    cut_off(watched, served, "fetch")
    visit_example(watched, web, served, the_example_with(INSTEAD))
    expect(addresses(watched).first).to_be_visible()

    watched.unroute_all()
    expect(launcher(watched)).to_be_visible()
    expect(addresses(watched).first).to_be_hidden()


def test_words_in_noscript_are_for_who_has_no_javascript(
    served: Site, web: Website, watched: Page, without_javascript: Page
) -> None:
    words = CHAT + "<chatbot-widget><noscript><p>Call us.</p></noscript></chatbot-widget>"
    visit(without_javascript, web, served, words)
    expect(without_javascript.locator("noscript p")).to_be_visible()

    with watched.expect_console_message():
        visit(watched, web, served, words, host="stranger")
    expect(watched.locator("noscript")).to_be_hidden()


def test_the_chat_s_own_page_says_without_javascript_that_it_needs_it(
    served: Site, page: Page, without_javascript: Page
) -> None:
    without_javascript.goto(served.url)
    expect(without_javascript.locator("noscript p")).to_contain_text("The chat needs JavaScript.")
    expect(without_javascript.locator("noscript p")).to_be_visible()

    page.goto(served.url)
    expect(launcher(page)).to_be_visible()
    expect(page.locator("noscript")).to_be_hidden()
