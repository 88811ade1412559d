"""What a visitor can do with a conversation as a whole: rate it, save it, end it, turn its sound on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD
from tests.support.fake_server import FakeServer
from tests.support.peers import eventually
from tests.support.servers import Site
from tests.support.visit import bubbles, converse, open_chat, rating, stop_the_clock, visit
from tests.support.wire import elsewhere, keep_token, stored_conversation, token_of

COUNT_SOUNDS = """
    window.sounds = 0;
    const play = AudioContext.prototype.createGain;
    AudioContext.prototype.createGain = function () { window.sounds += 1; return play.call(this); };
"""


def choose(page: Page, item: str) -> None:
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name=item).click()


def as_staff_see_it(page: Page, site: Site, words: str) -> Page:
    """The admin's page of the conversation in which this was said."""
    admin = page.context.new_page()
    admin.goto(f"{site.url}/admin/chat/conversation/?q={words}")
    admin.fill("#id_username", "staff")
    admin.fill("#id_password", PASSWORD)
    admin.click("[type=submit]")
    admin.locator("#result_list tbody th a").first.click()
    return admin


def copied(page: Page) -> str:
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def test_a_rating_is_stored_switched_and_taken_back_and_the_focus_stays(served: Site, page: Page) -> None:
    stop_the_clock(page)  # otherwise the announcement would be gone after a second
    with page.expect_websocket() as socket:
        open_chat(page, served)
    converse(page, "platypus")
    helped = page.get_by_role("button", name="This helped")
    failed = page.get_by_role("button", name="This did not help")

    helped.focus()
    with rating(socket.value):
        page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Thank you")
    expect(helped).to_have_attribute("aria-pressed", "true")
    expect(helped).to_be_focused()
    expect(as_staff_see_it(page, served, "platypus").locator(".chat-feedback-up")).to_contain_text("Helpful")
    page.bring_to_front()
    page.reload()
    page.locator("[part=launcher]").click()
    expect(helped).to_have_attribute("aria-pressed", "true")

    failed.click()
    expect(helped).to_have_attribute("aria-pressed", "false")
    expect(failed).to_have_attribute("aria-pressed", "true")
    expect(failed).to_be_focused()

    failed.click()
    expect(failed).to_have_attribute("aria-pressed", "false")
    converse(page, "so that the rating has arrived")
    page.reload()
    page.locator("[part=launcher]").click()
    expect(failed.first).to_have_attribute("aria-pressed", "false")
    expect(helped.first).to_have_attribute("aria-pressed", "false")


def test_a_rating_that_the_server_refuses_does_not_stay(served: Site, page: Page) -> None:
    server = FakeServer(page)
    visit(page, served, widget="open")
    expect(page.locator("[part=empty]")).to_be_visible()
    server.say("Breakfast is at seven.")
    helped, failed = page.get_by_role("button", name="This helped"), page.get_by_role("button", name="This did not help")
    helped.click()
    expect(helped).to_have_attribute("aria-pressed", "true")

    server.refuses = "rate_limited"
    failed.click()

    expect(page.locator("[part=note]")).to_have_text("The chat is busy. Try again in a moment.")
    expect(failed).to_have_attribute("aria-pressed", "false")
    expect(failed).to_be_focused()
    expect(helped).to_have_attribute("aria-pressed", "true")


def test_a_reply_is_copied(served: Site, page: Page) -> None:
    stop_the_clock(page)  # otherwise "Copied" would be gone after a while
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_chat(page, served)
    converse(page, "one", "two")

    page.get_by_role("button", name="Copy").first.click()

    expect(page.locator("[part=message][data-sender=bot] [part=state]").first).to_have_text("Copied")
    expect(page.get_by_role("status")).to_have_text("Copied")
    assert copied(page) == "one"


def test_the_conversation_is_copied(served: Site, page: Page) -> None:
    stop_the_clock(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_chat(page, served)
    converse(page, "one", "two")

    choose(page, "Copy the conversation")

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    lines = copied(page).splitlines()
    assert [line.split("] ")[1] for line in lines] == ["You: one", "Assistant: one", "You: two", "Assistant: two"]
    assert all(line.startswith("[") and str(datetime.now(UTC).year) in line for line in lines)


def test_the_whole_conversation_is_downloaded_also_what_was_not_loaded(served: Site, page: Page) -> None:
    said = [("bot", f"message {number}", datetime.now(UTC)) for number in range(120)]
    keep_token(page, served, stored_conversation(served, *said))
    open_chat(page, served)
    expect(page.locator("[part=message]")).to_have_count(50)

    with page.expect_download() as waiting:
        choose(page, "Download the conversation")

    assert waiting.value.suggested_filename == "Conversation.txt"
    lines = Path(waiting.value.path()).read_text().splitlines()
    assert [line.split("] ")[1] for line in lines] == [f"Assistant: message {number}" for number in range(120)]


def test_a_conversation_is_ended_and_a_new_one_begins_empty(served: Site, page: Page) -> None:
    open_chat(page, served)
    converse(page, "wombat")
    before = token_of(page, served)
    begin = page.get_by_role("button", name="Start a new conversation")

    choose(page, "End the conversation")
    page.get_by_role("button", name="Yes, end it").click()
    expect(bubbles(page, "system")).to_have_text("The conversation has ended.")
    expect(page.locator("[part=header]")).to_contain_text("This conversation has ended")
    expect(page.locator("[part=field]")).to_be_hidden()
    expect(begin).to_be_focused()
    expect(as_staff_see_it(page, served, "wombat").locator(".chat-facts")).to_contain_text("Closed")
    page.bring_to_front()
    page.reload()
    page.locator("[part=launcher]").click()
    expect(begin).to_be_visible()
    expect(page.locator("[part=field]")).to_be_hidden()

    begin.click()
    expect(page.locator("[part=message]")).to_have_count(0)
    expect(page.locator("[part=empty]")).to_have_text("Hello! What can we do for you?")
    expect(page.locator("[part=field]")).to_be_focused()
    converse(page, "afresh")
    page.reload()
    expect(page.locator("[part=bubble]")).to_have_text(["afresh", "afresh"])
    assert token_of(page, served) != before


def test_the_menu_is_used_and_left_by_keyboard(served: Site, page: Page) -> None:
    open_chat(page, served)
    converse(page, "hello")
    more = page.get_by_role("button", name="More")
    first, last = (
        page.get_by_role("button", name="Talk to a person"),
        page.get_by_role("button", name="End the conversation"),
    )
    more.focus()
    page.keyboard.press("Enter")
    expect(more).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Tab")
    expect(first).to_be_focused()

    page.keyboard.press("Escape")
    expect(first).to_be_hidden()
    expect(more).to_be_focused()
    page.keyboard.press("Enter")
    last.focus()
    page.keyboard.press("Tab")
    expect(first).to_be_hidden()
    expect(page.get_by_role("region", name="Chat with us")).to_be_visible()

    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="Chat with us")).to_be_hidden()
    expect(page.locator("[part=launcher]")).to_be_focused()


def test_an_empty_conversation_has_nothing_to_take_away_or_to_end(served: Site, page: Page) -> None:
    open_chat(page, served)
    page.get_by_role("button", name="More").click()

    expect(page.locator("[part=menu-item]:visible")).to_have_text(["Talk to a person", "Sound for new messages"])


def test_nothing_sounds_until_it_is_switched_on_and_then_it_is_remembered(served: Site, page: Page) -> None:
    page.add_init_script(COUNT_SOUNDS)
    open_chat(page, served)
    converse(page, "quiet")
    assert page.evaluate("sounds") == 0

    choose(page, "Sound for new messages")
    expect(page.get_by_role("button", name="Sound for new messages", pressed=True)).to_be_visible()
    # Both notes: the visitor hears at once what it will be. The page's policy forbids the eval of `wait_for_function`.
    eventually(lambda: page.evaluate("sounds") == 2)
    converse(page, "loud")
    eventually(lambda: page.evaluate("sounds") == 4)

    page.reload()
    page.locator("[part=launcher]").click()
    expect(bubbles(page, "bot")).to_have_count(2)
    assert page.evaluate("sounds") == 0
    converse(page, "loud again")
    eventually(lambda: page.evaluate("sounds") == 2)


def test_a_message_that_comes_before_the_visitor_has_touched_the_page_complains_of_no_sound(
    served: Site, page: Page
) -> None:
    open_chat(page, served)
    converse(page, "hello")
    choose(page, "Sound for new messages")
    token = token_of(page, served)
    page.reload()
    expect(page.locator("[part=message]")).to_have_count(2)

    with elsewhere(served, token) as client:
        client.say("from elsewhere")
    expect(page.locator("[part=badge]")).to_have_text("1")


def test_what_is_seldom_needed_is_loaded_when_it_is(served: Site, page: Page) -> None:
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url) if "/later/" in request.url else None)
    open_chat(page, served)
    converse(page, "one")
    assert not [address for address in loaded if "/later/items." in address]
    page.locator("[part=more]").click()
    expect(page.locator("[part=menu]")).to_be_visible()

    assert [address for address in loaded if "/later/items." in address]


def test_a_menu_that_can_t_be_loaded_says_so_and_comes_later(served: Site, watched: Page) -> None:
    page = watched  # the browser's console tells of the module
    open_chat(page, served)
    converse(page, "one")
    page.route("**/later/*", lambda route: route.abort())
    page.locator("[part=more]").click()
    expect(page.locator("[part=count]")).to_have_text("Connection lost.")
    page.unroute("**/later/*")

    page.locator("[part=more]").click()
    expect(page.locator("[part=menu]")).to_be_visible()
