"""What axe finds in the chat, state by state, in both themes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.visit import open_chat, say, say_while_the_server_is_away
from tests.servers import Site

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(color_scheme=request.param, bypass_csp=True)  # axe is put in as a script
    yield context.new_page()
    context.close()


def findings(page: Page) -> list[str]:
    """A sentence for each thing that axe calls serious or critical."""
    violations = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{violation['id']} ({violation['impact']}): {violation['help']}: {node['html'][:200]} {node['failureSummary']}"
        for violation in violations
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


def test_the_closed_chat(served: Site, page: Page) -> None:
    page.goto(served.url)
    expect(page.locator("[part=launcher]")).to_be_visible()

    assert findings(page) == []


def test_the_open_chat(served: Site, page: Page) -> None:
    open_chat(page, served)
    expect(page.locator("[part=field]")).to_be_focused()

    assert findings(page) == []


def test_a_reply_of_every_part(served: Site, page: Page) -> None:
    open_chat(page, served)
    say(page, "/parts")
    expect(page.locator("[part=chip]").first).to_be_visible()

    assert findings(page) == []


def test_a_message_that_is_too_long(served: Site, page: Page) -> None:
    open_chat(page, served)
    say(page, "hi")
    expect(page.locator("[part=message][data-sender=bot]")).to_have_count(1)
    page.locator("[part=field]").fill("x" * 2001)
    expect(page.locator("[part=count]")).to_be_visible()

    assert findings(page) == []


def test_a_lost_connection_and_a_message_that_waits(site: Site, page: Page) -> None:
    say_while_the_server_is_away(site, page)

    assert findings(page) == []
