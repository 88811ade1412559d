"""What screen readers are told, and when."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.fake_server import FakeServer
from tests.support.peers import eventually
from tests.support.servers import Site, free_port
from tests.support.states import ALL_PARTS, conversation
from tests.support.visit import say, stop_the_clock, visit

# All that appears in the two regions, as "role: text", from the beginning.
LISTEN = """
    window.heard = [];
    const attach = Element.prototype.attachShadow;
    Element.prototype.attachShadow = function (options) {
        const root = attach.call(this, options);
        new MutationObserver((changes) => {
            for (const { target, addedNodes } of changes) {
                const region = target.closest?.("[aria-live], [role=status], [role=alert], [role=log]");
                for (const node of addedNodes) if (region) window.heard.push(`${region.role}: ${node.textContent}`);
            }
        }).observe(root, { subtree: true, childList: true });
        return root;
    };
"""


@pytest.fixture
def server(page: Page, served: Site) -> FakeServer:
    page.add_init_script(LISTEN)
    stop_the_clock(page)
    return FakeServer(page)


def heard(page: Page) -> list[str]:
    words: list[str] = page.evaluate("window.heard.splice(0)")
    return words


def attributes(nodes: Locator, name: str) -> set[str | None]:
    found: list[str | None] = nodes.evaluate_all("(nodes, name) => nodes.map((node) => node.getAttribute(name))", name)
    return set(found)


def open_chat(page: Page, site: Site, widget: str = "") -> None:
    visit(page, site, widget=widget)
    page.locator("[part=launcher]").click()
    expect(page.locator("[part=empty]")).to_be_visible()  # the server has greeted


def test_a_new_message_is_said_once_and_taken_away_after_a_second(served: Site, page: Page, server: FakeServer) -> None:
    open_chat(page, served)
    server.say("Breakfast is at seven.")
    expect(page.locator("[role=log]")).to_have_text("Assistant: Breakfast is at seven.")
    server.say("I am here, too.", sender="operator")
    expect(page.locator("[role=log] p")).to_have_count(2)
    page.clock.run_for(900)
    expect(page.locator("[role=log] p")).to_have_count(2)
    page.clock.run_for(200)
    expect(page.locator("[role=log] p")).to_have_count(0)

    assert heard(page) == ["log: Assistant: Breakfast is at seven.", "log: Team member: I am here, too."]


def test_what_was_restored_and_what_one_says_oneself_is_not_said(served: Site, page: Page, server: FakeServer) -> None:
    open_chat(page, served)
    conversation(page, server)
    page.reload()
    page.locator("[part=launcher]").click()
    expect(page.locator("[part=message]")).to_have_count(4)
    say(page, "And breakfast?")
    expect(page.locator("[data-state=sent]").last).to_contain_text("And breakfast?")

    assert heard(page) == []


def test_only_the_two_hidden_regions_are_live(served: Site, page: Page, server: FakeServer) -> None:
    open_chat(page, served)
    conversation(page, server)
    server.leave()
    page.clock.run_for(1_000)
    expect(page.locator("[part=banner]")).to_be_visible()

    regions = page.locator("chatbot-widget").locator("[aria-live], [role=status], [role=alert], [role=log], output")
    assert regions.evaluate_all("(nodes) => nodes.map((node) => [node.role, node.className])") == [
        ["log", "unseen"],
        ["status", "unseen"],
    ]
    assert page.locator("[role=log] [part], [role=status] [part]").count() == 0


def test_typing_is_said_once_and_does_not_stay(served: Site, page: Page, server: FakeServer) -> None:
    open_chat(page, served)
    server.type("operator")
    expect(page.locator("[role=status]")).to_have_text("Team member is typing")
    server.type("operator")
    page.clock.run_for(1100)
    expect(page.locator("[role=status]")).to_be_empty()

    assert heard(page) == ["status: Team member is typing"]


def test_a_loss_and_a_return_are_said_and_the_countdown_is_not(served: Site, page: Page, server: FakeServer) -> None:
    open_chat(page, served)
    server.leave()
    expect(page.locator("[part=banner]")).to_be_hidden()
    page.clock.run_for(20_000)
    expect(page.locator("[part=banner]")).to_contain_text("Connection lost.")
    assert heard(page) == ["status: Connection lost."]

    server.return_()
    page.locator("[part=now]").click()
    expect(page.locator("[role=status]")).to_have_text("Connected again")
    assert heard(page) == ["status: Connected again"]


def test_copying_is_said(served: Site, page: Page, server: FakeServer) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_chat(page, served)
    server.say("Breakfast is at seven.")
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.locator("[role=status]")).to_have_text("Copied")

    assert page.evaluate("navigator.clipboard.readText()") == "Breakfast is at seven."


def test_what_is_said_is_marked_with_the_language_that_it_is_in(served: Site, page: Page, server: FakeServer) -> None:
    open_chat(page, served, widget='language="de"')

    for role in ("log", "status"):
        assert page.locator(f"[role={role}]").evaluate("(node) => node.closest('[lang]').lang") == "de"


@pytest.mark.parametrize(("language", "marked"), [("fr", "fr"), ("de", None)], ids=["another", "the chat's own"])
def test_messages_are_marked_with_the_language_of_the_conversation(
    served: Site, page: Page, server: FakeServer, language: str, marked: str | None
) -> None:
    server.language = language
    open_chat(page, served, widget='language="de"')
    expect(page.locator("[part=empty]")).to_be_visible()
    say(page, "Good morning")
    expect(page.locator("[data-state=sent]")).to_be_visible()
    server.say("Bonjour", *ALL_PARTS)
    server.say("Bienvenue", sender="operator")
    expect(page.locator("[part=bubble]").last).to_have_text("Bienvenue")

    said = page.locator("[data-sender=bot], [data-sender=operator]")
    assert attributes(said.locator("[part=bubble], [part=chips]"), "lang") == {marked}
    assert attributes(page.locator("[data-sender=visitor] [part=bubble]"), "lang") == {None}
    assert attributes(page.locator("[role=log] p > span"), "lang") == {marked}
    # The chat's own texts in, above and below a message stay in its own language.
    for own in (".unseen", "time", "[part=action]"):
        assert {node.evaluate("(node) => node.closest('[lang]').lang") for node in said.locator(own).all()} == {"de"}, own


def test_the_words_of_a_picture_that_can_t_be_had_keep_their_language(served: Site, page: Page, server: FakeServer) -> None:
    server.language = "fr"
    open_chat(page, served)
    expect(page.locator("[part=empty]")).to_be_visible()
    server.say("Bonjour", {"type": "image", "url": f"http://127.0.0.1:{free_port()}/room.png", "alt": "Une chambre"})

    expect(page.locator("[part=bubble]")).to_have_text("Une chambre")
    expect(page.locator("[part=bubble]")).to_have_attribute("lang", "fr")
    expect(page.locator("[part=image]")).to_have_count(0)


def test_another_language_leaves_what_was_said_before_as_it_is(served: Site, page: Page, server: FakeServer) -> None:
    server.language = "fr"
    open_chat(page, served)
    expect(page.locator("[part=empty]")).to_be_visible()
    server.say("Bonjour")
    expect(page.locator("[part=bubble]")).to_have_text("Bonjour")
    server.language = "de"
    page.locator("chatbot-widget").evaluate("(chat) => { chat.language = 'de'; }")
    expect(page.locator("[part=close]")).to_have_accessible_name("Chat schließen")
    eventually(
        lambda: bool(page.evaluate("document.querySelector('chatbot-widget').shadowRoot.querySelector('[part=bubble]')"))
    )
    server.say("Guten Tag")

    expect(page.locator("[part=bubble]")).to_have_count(2)
    languages = [bubble.evaluate("(node) => node.closest('[lang]').lang") for bubble in page.locator("[part=bubble]").all()]
    assert languages == ["fr", "de"]


def test_every_control_has_a_name_in_the_language(served: Site, page: Page, server: FakeServer) -> None:
    visit(page, served, widget='language="fr"')
    words = page.evaluate("fetch('/site.json?language=fr').then((answer) => answer.json())")["strings"]
    page.get_by_role("button", name=words["open"], exact=True).click()
    conversation(page, server)

    panel = page.get_by_role("region", name=words["title"], exact=True)
    expect(panel.get_by_role("region", name=words["conversation"], exact=True)).to_be_visible()
    expect(panel.get_by_role("textbox", name=words["field"], exact=True)).to_be_visible()
    expect(panel.get_by_role("button", name=words["helpful"], exact=True).first).to_be_visible()
    expect(panel.get_by_role("button", name=words["unhelpful"], exact=True).first).to_be_visible()
    for name in ("menu", "send", "close"):
        expect(panel.get_by_role("button", name=words[name], exact=True)).to_be_visible()
    panel.get_by_role("button", name=words["menu"], exact=True).click()
    for name in ("sound", "download", "end"):
        expect(panel.get_by_role("button", name=words[name], exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    server.say("Bonjour")
    expect(page.locator("[part=launcher]")).to_have_accessible_name(words["open_unread"]["one"].replace("{n}", "1"))


def test_beside_a_page_the_chat_is_no_dialog(served: Site, page: Page, server: FakeServer) -> None:
    def roles() -> set[str]:
        devtools = page.context.new_cdp_session(page)
        nodes = devtools.send("Accessibility.getFullAXTree")["nodes"]
        devtools.detach()
        return {node["role"]["value"] for node in nodes if not node["ignored"]}

    visit(page, served)
    assert "dialog" not in roles()
    page.locator("[part=launcher]").click()
    expect(page.locator("[part=empty]")).to_be_visible()
    assert "dialog" not in roles()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.get_by_role("dialog")).to_be_visible()
    assert "dialog" in roles()


def test_who_answers_from_now_on_is_said(served: Site, page: Page, server: FakeServer) -> None:
    open_chat(page, served)
    for status in ("waiting", "operator", "bot"):
        server.become(status)
    expect(page.locator(".subtitle")).to_have_text("You are talking with the assistant")

    assert heard(page) == [
        "status: A colleague will join you soon",
        "status: You are talking with a person",
        "status: You are talking with the assistant",
    ]


def test_that_nothing_could_be_copied_is_said_and_seen(served: Site, page: Page, server: FakeServer) -> None:
    page.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new DOMException('', 'NotAllowedError'));")
    open_chat(page, served)
    server.say("Breakfast is at seven.")
    page.locator("[data-action=copy]").click()

    expect(page.locator("[role=status]")).to_have_text("The browser does not allow copying here")
    expect(page.locator("[part=state]")).to_have_text("The browser does not allow copying here")


def test_what_keeps_a_text_from_being_sent_belongs_to_the_field_and_is_said_at_each_try(
    served: Site, page: Page, server: FakeServer
) -> None:
    open_chat(page, served)
    page.locator("[part=field]").fill("x" * 2001)
    reason = "Too long by 1. Shorten the message to send it."
    page.keyboard.press("Enter")
    expect(page.locator("[part=field]")).to_have_accessible_description(reason)
    page.clock.run_for(2_000)
    page.keyboard.press("Enter")
    expect(page.locator("[role=status]")).to_have_text(reason)

    server.leave()
    for number in range(21):
        say(page, f"Hello {number}")
    expect(page.locator("[part=field]")).to_have_accessible_description(re.compile("Too many unsent messages"))
