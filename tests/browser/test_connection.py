"""What a visitor sees of a lost connection. No message is lost, doubled, or out of order."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.servers import Site
from tests.support.visit import bubbles, come_back_soon, converse, open_chat, say, stop_the_clock
from tests.support.wire import Wire

MINE = "[part=message][data-sender=visitor]"
BANNER = "[part=banner]"
WAITS = "Will be sent when the connection is back"
FULL = "Too many unsent messages. Send this one when you are back online."

# What is shown or announced when a connection is lost or comes back, even for a moment.
WATCH = """(widget) => {
    const [banner, status] = ["[part=banner]", "[role=status]"].map((name) => widget.shadowRoot.querySelector(name));
    window.noticed = [];
    const noted = (node) => node.checkVisibility() && node.innerText;
    const observer = new MutationObserver(() => window.noticed.push(...[banner, status].map(noted).filter(Boolean)));
    for (const node of [banner, status]) observer.observe(node, { attributes: true, childList: true, subtree: true });
}"""


@pytest.fixture
def wire(page: Page) -> Wire:
    return Wire(page)


@pytest.fixture
def waiting(served: Site, page: Page, wire: Wire) -> None:
    """A conversation whose connection is lost. The clock stands still, so it does not come back by itself."""
    stop_the_clock(page)
    open_chat(page, served)
    converse(page, "before")
    wire.cut()
    page.clock.run_for(1_000)
    expect(page.locator(BANNER)).to_be_visible()


def expect_each_once(page: Page, *texts: str) -> None:
    """Each text is said and answered once, in order, before and after a reload."""
    for sender in ("visitor", "bot"):
        expect(bubbles(page, sender)).to_have_text(list(texts))
    expect(page.locator(f"{MINE}:not([data-state=sent])")).to_have_count(0)
    page.reload()
    for sender in ("visitor", "bot"):
        expect(bubbles(page, sender)).to_have_text(list(texts))


@pytest.mark.usefixtures("waiting")
def test_what_is_said_meanwhile_is_sent_in_order_and_once(page: Page, wire: Wire) -> None:
    for text in ("one", "two", "three"):
        say(page, text)
    expect(page.locator(MINE, has_text=WAITS)).to_have_count(3)

    wire.mend()
    page.get_by_role("button", name="Try now").click()

    expect_each_once(page, "before", "one", "two", "three")


@pytest.mark.usefixtures("waiting")
def test_what_waits_survives_a_reload(page: Page, wire: Wire) -> None:
    say(page, "one")
    say(page, "two")
    page.reload()
    page.locator("[part=launcher]").click()
    expect(bubbles(page, "visitor")).to_have_text(["one", "two"])
    say(page, "three")
    while page.locator(BANNER).is_hidden():
        page.clock.run_for(1_000)
    expect(page.locator(MINE, has_text=WAITS)).to_have_count(3)

    wire.mend()
    page.get_by_role("button", name="Try now").click()

    expect_each_once(page, "before", "one", "two", "three")


@pytest.mark.usefixtures("waiting")
def test_the_twenty_first_that_waits_stays_in_the_field(page: Page, wire: Wire) -> None:
    texts = [f"message {number}" for number in range(20)]
    for text in texts:
        say(page, text)
    say(page, "one too many")

    expect(page.locator("[part=field]")).to_have_value("one too many")
    expect(page.locator("[part=count]")).to_have_text(FULL)
    expect(page.get_by_role("status")).to_have_text(FULL)
    expect(page.locator(MINE, has_text=WAITS)).to_have_count(20)

    wire.mend()
    page.get_by_role("button", name="Try now").click()
    expect(page.locator(f"{MINE}:not([data-state=sent])")).to_have_count(0)
    expect(page.locator("[part=count]")).to_be_hidden()
    page.locator("[part=field]").press("Enter")
    expect_each_once(page, "before", *texts, "one too many")


@pytest.mark.usefixtures("waiting")
@pytest.mark.parametrize("wish", ["rate", "end"])
def test_what_needs_the_connection_says_so_until_it_is_back(wish: str, page: Page, wire: Wire) -> None:
    if wish == "rate":
        page.locator("[data-action=up]").click()
    else:
        page.locator("[part=more]").click()
        page.get_by_role("button", name="End the conversation").click()
        page.get_by_role("button", name="Yes, end it").click()
    expect(page.locator("[part=count]")).to_have_text("Connection lost.")
    expect(page.get_by_role("status")).to_have_text("Connection lost.")

    wire.mend()
    page.get_by_role("button", name="Try now").click()
    expect(page.locator("[part=count]")).to_be_hidden()


def test_the_banner_comes_after_a_second_counts_down_and_is_said_once(served: Site, page: Page, wire: Wire) -> None:
    page.add_init_script("Math.random = () => 0.999")
    stop_the_clock(page)
    open_chat(page, served)
    converse(page, "hello")
    wire.cut()
    page.clock.run_for(990)
    expect(page.locator(BANNER)).to_be_hidden()

    page.clock.run_for(20)
    expect(page.locator(BANNER)).to_contain_text("Connection lost.")
    expect(page.get_by_role("status")).to_have_text("Connection lost.")
    wire.wait_until(lambda: wire.sockets == 2)
    page.clock.run_for(2_000)
    wire.wait_until(lambda: wire.sockets == 3)
    for seconds in (4, 3, 2):
        expect(page.locator(BANNER)).to_contain_text(f"Trying again in {seconds} s")
        page.clock.run_for(1_000)
    expect(page.get_by_role("status")).to_be_empty()


@pytest.mark.usefixtures("waiting")
def test_try_now_connects_at_once_and_the_return_is_said(page: Page, wire: Wire) -> None:
    wire.mend()
    page.get_by_role("button", name="Try now").click()

    expect(page.locator(BANNER)).to_have_text("Connected again", use_inner_text=True)
    expect(page.get_by_role("status")).to_have_text("Connected again")


@pytest.mark.usefixtures("waiting")
def test_a_banner_stays_long_enough_to_be_read(page: Page, wire: Wire) -> None:
    wire.mend()
    page.get_by_role("button", name="Try now").click()
    expect(page.locator(BANNER)).to_have_text("Connected again", use_inner_text=True)

    page.clock.run_for(1_900)
    expect(page.locator(BANNER)).to_be_visible()
    page.clock.run_for(200)
    expect(page.locator(BANNER)).to_be_hidden()


@pytest.mark.usefixtures("waiting")
def test_a_banner_that_says_the_return_says_the_next_loss(page: Page, wire: Wire) -> None:
    wire.mend()
    page.get_by_role("button", name="Try now").click()
    expect(page.locator(BANNER)).to_have_text("Connected again", use_inner_text=True)

    wire.cut()
    page.clock.run_for(1_000)
    expect(page.locator(BANNER)).to_contain_text("Connection lost.")
    page.clock.run_for(2_000)
    expect(page.locator(BANNER)).to_contain_text("Connection lost.")


@pytest.mark.usefixtures("waiting")
def test_a_network_that_is_back_connects_at_once(page: Page, wire: Wire) -> None:
    page.context.set_offline(True)
    expect(page.locator(BANNER)).to_contain_text("You are offline. What you write is sent when the network is back.")

    wire.mend()
    page.context.set_offline(False)

    expect(page.locator(BANNER)).to_have_text("Connected again", use_inner_text=True)
    expect(page.get_by_role("status")).to_have_text("Connected again")


def test_a_connection_that_is_back_within_a_second_was_never_away(served: Site, page: Page, wire: Wire) -> None:
    come_back_soon(page)
    stop_the_clock(page)
    open_chat(page, served)
    converse(page, "hello")
    page.locator("chatbot-widget").evaluate(WATCH)
    wire.interrupt()
    page.clock.run_for(600)
    converse(page, "still here")
    page.clock.run_for(2_000)

    assert wire.sockets == 2
    assert page.evaluate("noticed") == []


def test_a_server_that_says_nothing_any_more_is_given_up_and_asked_again(served: Site, page: Page, wire: Wire) -> None:
    stop_the_clock(page)
    open_chat(page, served)
    converse(page, "hello")
    wire.deaf = True
    say(page, "anybody?")
    wire.wait_until(lambda: "anybody?" in wire.said)
    page.clock.run_for(10_000)
    expect(page.locator(MINE).last).to_contain_text("Not sent: the server gave no answer.")
    page.clock.run_for(10_000)
    wire.deaf = False
    page.clock.run_for(1_000)

    expect_each_once(page, "hello", "anybody?")
    assert wire.sockets == 3  # with the one after the reload


def test_a_server_that_is_killed_in_the_middle_costs_nothing(site: Site, page: Page) -> None:
    own = Site(site.folder, DATABASE_URL=site.environ["DATABASE_URL"])
    come_back_soon(page)
    with own.serving() as process:
        open_chat(page, own)
        converse(page, "one")
        say(page, "/slow")
        expect(page.locator(MINE).last).to_have_attribute("data-state", "sent")
        say(page, "three")
        process.kill()
        process.wait()
        say(page, "four")
        expect(page.locator(BANNER)).to_be_visible()

    with own.serving():
        expect(bubbles(page, "visitor")).to_have_text(["one", "/slow", "three", "four"])
        expect(page.locator(f"{MINE}:not([data-state=sent])")).to_have_count(0)
        expect(bubbles(page, "bot")).to_have_count(4)
        shown = page.locator("[part=bubble]").all_inner_texts()
        page.reload()
        expect(page.locator("[part=bubble]")).to_have_text(shown)
    assert sorted(shown) == sorted(["one", "/slow", "three", "four"] * 2)


def test_a_network_that_the_browser_knows_to_be_away_is_waited_for_at_once(served: Site, page: Page) -> None:
    come_back_soon(page)
    open_chat(page, served)
    converse(page, "before")
    page.context.set_offline(True)
    say(page, "meanwhile")

    expect(page.locator(MINE).last).to_contain_text(WAITS, timeout=5_000)  # a socket that looks open is waited for longer
    expect(page.locator(BANNER)).to_contain_text("You are offline.")
    page.context.set_offline(False)
    expect_each_once(page, "before", "meanwhile")


def test_a_visitor_whose_conversation_is_deleted_meanwhile_goes_on_in_a_new_one(served: Site, page: Page) -> None:
    come_back_soon(page)
    open_chat(page, served)
    converse(page, "before", "before that")
    deleted = "from chat.models import Conversation; Conversation.objects.filter(messages__text='before that').delete()"
    assert served.manage("shell", "-c", deleted).returncode == 0

    say(page, "after")
    expect(bubbles(page, "bot")).to_have_text(["after"])

    expect_each_once(page, "after")
