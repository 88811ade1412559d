"""What a page can do with the chat's element, and which events it gets from it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from chat.sites.strings import strings
from tests.support.foreign import CHAT, ELEMENT, Website, converse, launcher, mine, replies, visit
from tests.support.servers import Site
from tests.support.visit import say


def test_the_page_hears_what_happens_in_the_chat(served: Site, web: Website, page: Page) -> None:
    listen = """
      const chat = document.querySelector("chatbot-widget");
      window.heard = [];
      for (const type of ["open", "close", "message"]) {
        chat.addEventListener(type, ({ detail }) => heard.push([type, detail, chat.isOpen]));
        window.addEventListener(type, () => heard.push("bubbled"));
      }"""
    web.put("/listen.js", listen)
    visit(page, web, served, CHAT + ELEMENT + '<script src="/listen.js"></script>')
    converse(page, "hi")
    page.keyboard.press("Escape")
    expect(launcher(page)).to_be_focused()

    assert page.evaluate("heard") == [
        ["open", None, True],
        ["message", {"sender": "visitor", "text": "hi"}, True],
        ["message", {"sender": "bot", "text": "hi", "seq": 2}, True],
        ["close", None, False],
    ]
    page.reload()
    launcher(page).click()
    expect(replies(page)).to_have_count(1)
    assert page.evaluate("heard") == [["open", None, True]]


@pytest.mark.parametrize("text", ["'   '", "'\\u200b\\u2060'", "'x'.repeat(2001)"], ids=["empty", "invisible", "too long"])
def test_a_page_that_sends_what_can_t_be_sent_is_told(served: Site, web: Website, page: Page, text: str) -> None:
    visit(page, web, served)
    expect(launcher(page)).to_be_visible()

    told = page.evaluate(f"document.querySelector('chatbot-widget').send({text}).catch(({{ name }}) => name)")

    assert told == "RangeError"
    expect(mine(page)).to_have_count(0)


def test_properties_reflect_attributes_and_attributes_properties(served: Site, web: Website, page: Page) -> None:
    visit(page, web, served)
    expect(launcher(page)).to_be_visible()
    wishes = {"language": "de", "theme": "dark", "position": "left", "title": "Laden", "greeting": "Guten Tag"}
    chat = page.locator("chatbot-widget")

    for name, value in wishes.items():
        chat.evaluate("(chat, [name, value]) => { chat[name] = value; }", [name, value])
        expect(chat).to_have_attribute(name, value)
    expect(page.get_by_role("button", name="Chat öffnen")).to_be_visible()
    launcher(page).click()
    expect(page.locator("h2")).to_have_text("Laden")
    expect(page.locator("[part=empty]")).to_have_text("Guten Tag")

    for name in wishes:
        chat.evaluate("(chat, name) => chat.setAttribute(name, 'fr')", name)
        assert chat.evaluate("(chat, name) => chat[name]", name) == "fr"
    chat.evaluate("(chat) => { chat.greeting = null; }")
    expect(page.locator("[part=empty]")).to_have_text(str(strings("fr")["greeting"]))


def test_a_property_that_was_set_before_the_chat_s_script_came_counts(served: Site, web: Website, page: Page) -> None:
    web.put("/early.js", "document.querySelector('chatbot-widget').language = 'de';")
    visit(page, web, served, f'{ELEMENT}<script src="/early.js"></script>{CHAT}')

    expect(page.get_by_role("button", name="Chat öffnen")).to_be_visible()


def test_another_language_changes_the_words_and_keeps_the_conversation_and_the_draft(
    served: Site, web: Website, page: Page
) -> None:
    visit(page, web, served)
    converse(page, "hi")
    page.locator("[part=field]").fill("a draft")
    page.locator("chatbot-widget").evaluate("(chat) => { chat.language = 'de'; }")

    expect(page.locator("[part=field]")).to_have_attribute("placeholder", str(strings("de")["placeholder"]))
    expect(page.locator("[part=field]")).to_have_value("a draft")
    expect(page.locator("[part=message]")).to_have_count(2)
    page.locator("[part=field]").press("Enter")
    expect(replies(page)).to_have_text(["hi", "a draft"])


def test_another_language_keeps_the_draft_where_the_browser_forbids_storage(served: Site, web: Website, page: Page) -> None:
    page.add_init_script("Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('forbidden'); } });")
    visit(page, web, served)
    launcher(page).click()
    page.locator("[part=field]").fill("a draft")
    page.locator("chatbot-widget").evaluate("(chat) => { chat.language = 'de'; }")

    expect(page.locator("[part=field]")).to_have_attribute("placeholder", str(strings("de")["placeholder"]))
    expect(page.locator("[part=field]")).to_have_value("a draft")


def test_an_element_that_is_removed_closes_its_socket_and_works_when_it_is_put_back(
    served: Site, web: Website, page: Page
) -> None:
    visit(page, web, served)
    with page.expect_websocket() as opened:
        converse(page, "hi")
    with opened.value.expect_event("close"):
        page.evaluate("() => { window.chat = document.querySelector('chatbot-widget'); chat.remove(); }")

    with page.expect_websocket():
        page.evaluate("() => document.body.append(window.chat)")
    say(page, "back again")
    expect(replies(page)).to_have_text(["hi", "back again"])


def test_an_element_that_was_removed_stays_silent_whatever_it_is_told(served: Site, web: Website, page: Page) -> None:
    visit(page, web, served)
    converse(page, "hi")
    page.evaluate("() => { window.chat = document.querySelector('chatbot-widget'); chat.remove(); }")
    sockets: list[object] = []
    page.on("websocket", lambda socket: sockets.append(socket))
    page.evaluate("() => { chat.language = 'de'; chat.theme = 'dark'; }")
    page.evaluate("(address) => fetch(address)", f"{served.url}/widget.js")  # gives other requests time to be made

    assert sockets == []
    page.evaluate("() => document.body.append(window.chat)")
    expect(page.locator("[part=field]")).to_have_attribute("placeholder", str(strings("de")["placeholder"]))


@pytest.mark.parametrize(
    "other",
    ["document.querySelector('iframe').contentDocument.body", "document.implementation.createHTMLDocument().body"],
    ids=["one that is shown", "one that nobody sees"],
)
def test_an_element_that_was_moved_to_another_document_and_back_keeps_its_looks(
    other: str, served: Site, web: Website, page: Page
) -> None:
    visit(page, web, served, CHAT + ELEMENT + "<iframe></iframe>")
    launcher(page).click()
    expect(page.locator("[part=empty]")).to_be_visible()
    looks = "(chat) => getComputedStyle(chat.shadowRoot.querySelector('[part=launcher]')).inlineSize"
    page.evaluate(f"() => {{ window.chat = document.querySelector('chatbot-widget'); {other}.append(chat); }}")
    if "iframe" in other:
        frame = page.frame_locator("iframe").locator("chatbot-widget")
        expect(frame).to_be_attached()
        assert frame.evaluate(looks) == "60px"

    page.evaluate("() => document.body.append(chat)")
    assert page.locator("chatbot-widget").evaluate(looks) == "60px"
    say(page, "back again")
    expect(replies(page)).to_have_text("back again")
