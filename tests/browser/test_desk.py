"""Visitors and operators side by side, each in a browser of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_accessibility import findings
from tests.support.cookies import cookies_of_site
from tests.support.desk_page import desk_page, messages, open_conversation, row, write
from tests.support.servers import Site
from tests.support.visit import bubbles, open_chat, say


@pytest.fixture(scope="module")
def cookies(served: Site) -> dict[str, str]:
    return cookies_of_site(served, ana="Ana", ben="Ben")


@pytest.fixture(scope="module")
def words(served: Site) -> None:
    """What staff have prepared."""
    command = (
        "from chat.models import ReadyAnswer; from django.contrib.auth.models import Group, User\n"
        "ReadyAnswer.objects.create(name='parcel', text='Your parcel comes tomorrow.', language='en', "
        "parts=[{'type': 'link', 'label': 'Track it', 'url': 'https://www.example.com/parcel'}])\n"
        "ReadyAnswer.objects.create(name='bye', text='Goodbye!')\n"
        "group = Group.objects.get(name='Chat: operators')\n"
        "[user.groups.add(group) for user in User.objects.filter(username__in=['ana', 'ben'])]"
    )
    assert served.manage("shell", "-c", command).returncode == 0


@pytest.fixture
def ana(browser: Browser, served: Site, cookies: dict[str, str]) -> Iterator[Page]:
    with desk_page(browser, served, cookies["ana"]) as page:
        yield page


@pytest.fixture
def ben(browser: Browser, served: Site, cookies: dict[str, str]) -> Iterator[Page]:
    with desk_page(browser, served, cookies["ben"]) as page:
        yield page


def begin(page: Page, site: Site, words: str) -> None:
    open_chat(page, site)
    say(page, words)
    expect(bubbles(page, "bot")).to_have_count(1)


def test_an_operator_takes_a_conversation_and_both_talk(page: Page, ana: Page, served: Site) -> None:
    begin(page, served, "Where is my parcel?")
    open_conversation(ana, "Where is my parcel?")
    expect(messages(ana, "visitor")).to_have_text(["Where is my parcel?"])
    expect(messages(ana, "bot")).to_have_count(1)

    write(ana, "I look it up.")
    expect(page.locator("[part=message][data-sender=system]")).to_contain_text("Ana has joined the conversation.")
    expect(bubbles(page, "operator")).to_have_text("I look it up.")
    expect(row(ana, "Where is my parcel?", "mine")).to_have_count(1)
    expect(ana.locator(".desk-status")).to_contain_text("You have it.")

    page.locator("[part=field]").press_sequentially("Th")
    expect(ana.locator(".desk-typing")).to_have_text("Visitor is typing")
    say(page, "Thank you")
    expect(messages(ana, "visitor")).to_have_text(["Where is my parcel?", "Thank you"])
    expect(ana.locator(".desk-typing")).to_be_hidden()
    expect(bubbles(page, "bot")).to_have_count(1)
    expect(page.locator("[part=name]")).to_have_text("Ana")

    ana.locator("#desk-field").press_sequentially("On")
    expect(page.locator("[part=typing]")).to_be_visible()
    write(ana, "It comes tomorrow.")
    expect(bubbles(page, "operator")).to_have_text(["I look it up.", "It comes tomorrow."])

    ana.get_by_role("button", name="Give back to the bot").click()
    expect(page.locator("[part=message][data-sender=system]").last).to_contain_text("Ana has left")
    expect(row(ana, "Where is my parcel?", "mine")).to_have_count(0)
    say(page, "and you?")
    expect(bubbles(page, "bot")).to_have_count(2)


def test_a_colleague_sees_who_has_it(page: Page, ana: Page, ben: Page, served: Site) -> None:
    begin(page, served, "Is anybody there?")
    open_conversation(ana, "Is anybody there?")
    ana.get_by_role("button", name="Take", exact=True).click()
    expect(row(ben, "Is anybody there?", "others")).to_contain_text("Ana")
    open_conversation(ben, "Is anybody there?")
    expect(ben.locator(".desk-status")).to_contain_text("Ana has it.")
    expect(ben.locator("#desk-field")).to_be_hidden()
    expect(ben.get_by_role("button", name="Take", exact=True)).to_be_hidden()
    write(ana, "Yes")
    expect(messages(ben, "operator")).to_have_text("Yes")


def test_two_tabs_of_an_operator_are_in_step(
    page: Page, ana: Page, browser: Browser, served: Site, cookies: dict[str, str]
) -> None:
    begin(page, served, "Two tabs, please")
    with desk_page(browser, served, cookies["ana"]) as other:
        open_conversation(ana, "Two tabs, please")
        write(ana, "One answer")
        expect(row(other, "Two tabs, please", "mine")).to_have_count(1)
        open_conversation(other, "Two tabs, please")
        write(other, "and another")
        expect(messages(ana, "operator")).to_have_text(["One answer", "and another"])


def test_the_title_counts_what_is_unread(page: Page, ana: Page, served: Site) -> None:
    begin(page, served, "Count me")
    open_conversation(ana, "Count me")
    write(ana, "Hello")
    expect(messages(ana, "operator")).to_have_text("Hello")
    ana.keyboard.press("Escape")
    before = ana.title()
    say(page, "Are you there?")
    expect(row(ana, "Count me", "mine").locator(".desk-unread")).to_have_text("1")
    assert ana.title() != before
    open_conversation(ana, "Count me")
    expect(row(ana, "Count me", "mine").locator(".desk-unread")).to_be_hidden()
    expect(ana).to_have_title(before)


def test_a_connection_that_comes_back_has_everything_once(page: Page, ana: Page, served: Site) -> None:
    begin(page, served, "Cut me off")
    open_conversation(ana, "Cut me off")
    write(ana, "Hello")
    expect(bubbles(page, "operator")).to_have_text("Hello")
    ana.context.set_offline(True)
    expect(ana.locator(".desk-banner")).to_contain_text("Connection lost")
    write(ana, "Said while away")
    say(page, "Said meanwhile")
    ana.context.set_offline(False)
    expect(messages(ana, "visitor")).to_have_text(["Cut me off", "Said meanwhile"])
    expect(messages(ana, "operator")).to_have_text(["Hello", "Said while away"])
    expect(bubbles(page, "operator")).to_have_text(["Hello", "Said while away"])
    expect(ana.locator(".desk-banner")).to_be_hidden()


def test_the_keyboard_alone_is_enough(page: Page, ana: Page, served: Site) -> None:
    begin(page, served, "By keyboard")
    open_conversation(ana, "By keyboard")
    expect(ana.locator("#desk-field")).to_be_focused()
    ana.keyboard.type("Typed")
    ana.keyboard.press("Enter")
    expect(bubbles(page, "operator")).to_have_text("Typed")
    ana.keyboard.press("Escape")
    expect(row(ana, "By keyboard")).to_be_focused()
    ana.keyboard.press("Enter")
    expect(ana.locator("#desk-field")).to_be_focused()
    ana.get_by_role("button", name="Give back to the bot").press("Enter")
    expect(ana.get_by_role("button", name="Take", exact=True)).to_be_visible()
    expect(ana.locator("#desk-field")).to_be_focused()


def test_who_asks_for_a_person_waits_and_is_passed_on(page: Page, ana: Page, ben: Page, served: Site) -> None:
    begin(page, served, "I need a person")
    page.locator("[part=more]").click()
    page.get_by_role("button", name="Talk to a person").click()
    expect(bubbles(page, "bot").last).to_contain_text("I have asked for a colleague")
    expect(page.locator(".subtitle")).to_have_text("A colleague will join you soon")
    for desk in (ana, ben):
        expect(row(desk, "I need a person", "waiting")).to_contain_text("waits less than a minute")
    open_conversation(ana, "I need a person")
    ana.get_by_role("button", name="Take", exact=True).click()
    expect(row(ben, "I need a person", "others")).to_contain_text("Ana")

    ana.locator(".desk-pass summary").click()
    ana.get_by_role("button", name="Ben", exact=True).click()
    expect(page.locator("[part=message][data-sender=system]").last).to_contain_text("Ben takes over from Ana.")
    open_conversation(ben, "I need a person")
    write(ben, "Now me")
    expect(bubbles(page, "operator")).to_have_text("Now me")
    expect(ana.locator("#desk-field")).to_be_hidden()
    ben.locator(".desk-pass summary").click()
    ben.get_by_role("button", name="Back to the queue").click()
    expect(row(ana, "I need a person", "waiting")).to_have_count(1)
    say(page, "meanwhile")
    expect(bubbles(page, "bot").last).to_have_text("meanwhile")


def test_the_transcript_grows_while_one_reads_it(page: Page, ana: Page, served: Site) -> None:
    begin(page, served, "Read me")
    open_conversation(ana, "Read me")
    ana.get_by_role("link", name="Transcript").click()
    expect(ana.locator(".chat-message")).to_have_count(2)
    say(page, "one more")
    expect(ana.locator(".chat-message .chat-bubble")).to_have_text(["Read me", "Read me", "one more", "one more"])
    expect(ana.locator(".chat-facts")).to_contain_text("Messages4")


def test_ready_made_answers_open_with_a_slash(words: None, page: Page, ana: Page, served: Site) -> None:
    begin(page, served, "Use a ready-made answer")
    open_conversation(ana, "Use a ready-made answer")
    ana.locator("#desk-field").press_sequentially("/")
    expect(ana.locator(".desk-suggestions li")).to_have_count(2)
    ana.locator("#desk-field").press_sequentially("par")
    expect(ana.locator(".desk-suggestions li")).to_have_count(1)
    ana.keyboard.press("Enter")
    expect(ana.locator("#desk-field")).to_have_value("Your parcel comes tomorrow.")
    expect(ana.locator(".desk-below")).to_contain_text("Sent with it: a link")
    ana.keyboard.press("Enter")
    expect(bubbles(page, "operator")).to_have_text(["Your parcel comes tomorrow.", re.compile("Track it")])
    expect(page.get_by_role("link", name="Track it")).to_have_attribute("href", "https://www.example.com/parcel")


def test_notes_are_shown_to_colleagues_alone(words: None, page: Page, ana: Page, ben: Page, served: Site) -> None:
    begin(page, served, "Notes about me")
    for desk in (ana, ben):
        desk.reload()
        open_conversation(desk, "Notes about me")
    ana.get_by_label("A note for colleagues").fill("Knows the boss")
    ana.get_by_role("button", name="Add note").click()
    for desk in (ana, ben):
        expect(desk.locator(".desk-note-text")).to_have_text("Knows the boss")
    page.reload()
    expect(page.locator("chatbot-widget")).not_to_contain_text("Knows the boss")


@pytest.mark.parametrize(
    "options",
    [
        {"viewport": {"width": 1280, "height": 800}},
        {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
        {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    ],
    ids=["light", "dark", "phone"],
)
def test_axe_finds_nothing_serious(
    page: Page, browser: Browser, served: Site, cookies: dict[str, str], options: dict[str, object]
) -> None:
    words = f"Axe {options}"[:60]
    begin(page, served, words)
    with desk_page(browser, served, cookies["ana"], **options) as desk:
        open_conversation(desk, words)
        write(desk, "Hello")
        expect(messages(desk, "operator")).to_have_text("Hello")
        assert findings(desk) == []
        assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_session_that_is_over_leads_to_the_log_in(browser: Browser, served: Site) -> None:
    cookie = cookies_of_site(served, carl="Carl")["carl"]
    context = browser.new_context()
    context.add_cookies([{"name": "sessionid", "value": cookie.partition("=")[2], "url": served.url}])
    desk = context.new_page()
    desk.goto(f"{served.url}/admin/chat/desk/")
    expect(desk.locator(".desk-lists")).to_be_visible()
    other = context.new_page()
    other.goto(f"{served.url}/admin/")
    other.get_by_role("button", name="Log out").click()
    expect(desk.get_by_role("link", name="Log in again")).to_be_visible()
    context.close()
