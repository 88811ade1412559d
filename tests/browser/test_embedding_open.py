"""How the page that holds the chat opens it, by a method, a property or an attribute, and who keeps it open."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.foreign import CHAT, ELEMENT, Website, converse, launcher, replies, visit
from tests.support.servers import Site
from tests.support.visit import say

OPEN = "<chatbot-widget open></chatbot-widget>"


def test_a_framework_opens_and_closes_the_chat_by_a_property(served: Site, web: Website, page: Page) -> None:
    visit(page, web, served)
    expect(launcher(page)).to_be_visible()
    chat = page.locator("chatbot-widget")
    chat.evaluate("(chat) => { chat.open = true; }")
    expect(page.locator("[part=panel]")).to_be_visible()
    assert chat.evaluate("(chat) => chat.isOpen")

    page.locator("[part=close]").click()
    expect(page.locator("[part=panel]")).to_be_hidden()
    launcher(page).click()
    expect(page.locator("[part=panel]")).to_be_visible()
    chat.evaluate("(chat) => { chat.open = false; }")
    expect(page.locator("[part=panel]")).to_be_hidden()

    for shown, hidden in (("''", "null"), ("true", "undefined")):
        chat.evaluate(f"(chat) => {{ chat.open = {shown}; }}")
        expect(page.locator("[part=panel]")).to_be_visible()
        chat.evaluate(f"(chat) => {{ chat.open = {hidden}; }}")
        expect(page.locator("[part=panel]")).to_be_hidden()

    chat.evaluate("(chat) => chat.open()")
    expect(page.locator("[part=field]")).to_be_focused()
    chat.evaluate("(chat) => chat.close()")
    expect(page.locator("[part=panel]")).to_be_hidden()


@pytest.mark.parametrize("when", ["before", "as soon as", "in place of"])
def test_a_property_that_is_set_before_the_chat_is_there_opens_it(when: str, served: Site, web: Website, page: Page) -> None:
    script = {
        "before": "document.querySelector('chatbot-widget').open = true;",
        "as soon as": """customElements.whenDefined("chatbot-widget").then(() => {
            const chat = document.querySelector("chatbot-widget");
            if ("open" in chat) chat.open = true;
            else chat.setAttribute("open", "");
        });""",
        "in place of": """customElements.whenDefined("chatbot-widget").then(() => {
            const chat = document.createElement("chatbot-widget");
            chat.open = true;
            document.querySelector("chatbot-widget").replaceWith(chat);
        });""",
    }[when]
    web.put("/early.js", script)
    visit(page, web, served, f'{ELEMENT}<script src="/early.js"></script>{CHAT}')

    expect(page.locator("[part=panel]")).to_be_visible()
    page.locator("[part=close]").click()
    expect(page.locator("[part=panel]")).to_be_hidden()


def test_a_wish_that_the_page_takes_back_before_the_chat_is_there_opens_nothing(
    served: Site, web: Website, page: Page
) -> None:
    take_back = "Object.assign(document.querySelector('chatbot-widget'), { open: true }).open = false;"
    web.put("/early.js", f"customElements.whenDefined('chatbot-widget').then(() => {{ {take_back} }});")
    visit(page, web, served, f'{ELEMENT}<script src="/early.js"></script>{CHAT}')

    expect(launcher(page)).to_be_visible()
    expect(page.locator("[part=panel]")).to_be_hidden()


def test_the_chat_works_whatever_the_page_puts_in_the_place_of_its_methods(served: Site, web: Website, page: Page) -> None:
    visit(page, web, served)
    expect(launcher(page)).to_be_visible()
    page.locator("chatbot-widget").evaluate("""(chat) => {
        for (const name of ["open", "close", "send", "isOpen", "language", "theme", "position", "title", "greeting"]) {
            Object.defineProperty(chat, name, { value: "the page's" });
        }
    }""")
    converse(page, "hi")
    page.locator("[part=close]").click()
    expect(page.locator("[part=panel]")).to_be_hidden()
    launcher(page).click()
    page.keyboard.press("Escape")
    expect(page.locator("[part=panel]")).to_be_hidden()


def test_a_page_that_is_morphed_or_owns_the_attributes_leaves_the_chat_open(served: Site, web: Website, page: Page) -> None:
    visit(page, web, served, CHAT + OPEN)
    expect(page.locator("[part=panel]")).to_be_visible()
    page.locator("[part=field]").fill("in the middle of a")
    page.evaluate("document.querySelector('chatbot-widget').removeAttribute('open')")
    expect(page.locator("[part=panel]")).to_be_visible()
    page.locator("[part=field]").press_sequentially(" sentence")

    page.locator("[part=close]").click()
    launcher(page).click()
    page.evaluate("""() => {
        const chat = document.querySelector("chatbot-widget");
        for (const { name } of [...chat.attributes]) chat.removeAttribute(name);
    }""")
    expect(page.locator("[part=panel]")).to_be_visible()
    expect(page.locator("[part=field]")).to_have_value("in the middle of a sentence")
    page.locator("[part=field]").press("Enter")
    expect(replies(page)).to_have_text("in the middle of a sentence")
    assert page.evaluate("document.querySelector('chatbot-widget').outerHTML") == ELEMENT


def test_an_open_chat_that_is_moved_on_the_page_stays_open(served: Site, web: Website, page: Page) -> None:
    visit(page, web, served)
    converse(page, "hi")
    page.evaluate("document.body.prepend(document.querySelector('chatbot-widget'))")

    expect(page.locator("[part=panel]")).to_be_visible()
    say(page, "still here")
    expect(replies(page)).to_have_text(["hi", "still here"])


def test_the_attribute_opens_nothing_on_a_phone(served: Site, web: Website, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 700})
    visit(page, web, served, CHAT + OPEN)
    expect(launcher(page)).to_be_visible()
    expect(page.locator("[part=panel]")).to_be_hidden()
    page.evaluate("""() => {
        const chat = document.querySelector("chatbot-widget");
        chat.removeAttribute("open");
        chat.setAttribute("open", "");
    }""")
    expect(page.locator("[part=panel]")).to_be_hidden()

    launcher(page).click()
    expect(page.locator("[part=panel]")).to_be_visible()


@pytest.mark.parametrize("field", ["<input>", "<div contenteditable>a note</div>", '<iframe src="/field"></iframe>'])
def test_the_attribute_opens_nothing_while_the_visitor_types_into_the_page(
    field: str, served: Site, web: Website, page: Page
) -> None:
    web.put_page("<input autofocus>", path="/field")
    held: list[object] = []
    page.route("**/site.json", lambda route: held.append(route))
    visit(page, web, served, f"{field}{CHAT}{OPEN}")
    (page.frame_locator("iframe").locator("input") if "iframe" in field else page.locator("body > *").first).focus()
    with page.expect_response("**/site.json"):
        held[0].continue_()  # type: ignore[attr-defined]
    expect(launcher(page)).to_be_visible()
    page.keyboard.type("my words")

    expect(page.locator("[part=panel]")).to_be_hidden()
    typed = "(node) => (node.contentDocument?.body.firstChild.value ?? node.value ?? node.textContent)"
    assert "my words" in page.locator("body > *").first.evaluate(typed)


@pytest.mark.parametrize("how", ["close", "Escape"])
def test_a_chat_that_the_visitor_closed_stays_closed_on_the_next_page(
    how: str, served: Site, web: Website, page: Page
) -> None:
    visit(page, web, served, CHAT + OPEN)
    expect(page.locator("[part=panel]")).to_be_visible()
    if how == "Escape":
        page.keyboard.press("Escape")
    else:
        page.locator(f"[part={how}]").click()
    page.reload()
    expect(launcher(page)).to_be_visible()
    expect(page.locator("[part=panel]")).to_be_hidden()

    launcher(page).click()
    expect(page.locator("[part=panel]")).to_be_visible()
    page.reload()
    expect(page.locator("[part=panel]")).to_be_visible()


def test_a_chat_that_the_page_closed_opens_on_the_next_page(served: Site, web: Website, page: Page) -> None:
    visit(page, web, served, CHAT + OPEN)
    expect(page.locator("[part=panel]")).to_be_visible()
    page.evaluate("document.querySelector('chatbot-widget').close()")
    expect(page.locator("[part=panel]")).to_be_hidden()
    page.reload()

    expect(page.locator("[part=panel]")).to_be_visible()
