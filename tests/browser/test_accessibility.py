"""What axe finds in the chat, in each state and theme. How large its targets are. Forced colours and reduced motion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.support.fake_server import FakeServer
from tests.support.servers import Site
from tests.support.states import STATES
from tests.support.visit import visit

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def open_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of a browser with the test's options. Motion is reduced, or axe would measure elements on their way."""
    context = browser.new_context(reduced_motion="reduce", **getattr(request, "param", {}))
    yield context.new_page()
    context.close()


def findings(page: Page) -> list[str]:
    """A sentence for each problem that axe calls serious or critical."""
    violations = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{violation['id']} ({violation['impact']}): {violation['help']}: {node['html'][:200]} {node['failureSummary']}"
        for violation in violations
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


SMALL_TARGETS = """(widget) => [...widget.shadowRoot.querySelectorAll("a, button, summary, textarea, [tabindex='0']")]
    .filter((node) => node.checkVisibility() && !(node.localName === "a" && node.matches(".text > a:not([part])")))
    .map((node) => [node, node.getBoundingClientRect()])
    .filter(([, { width, height }]) => width < 43.99 || height < 43.99)
    .map(([node, { width, height }]) => `${node.outerHTML.slice(0, 80)} ${width} x ${height}`)"""


def small_targets(page: Page) -> Any:
    """Targets smaller than 44 by 44 pixels, except links within a text."""
    return page.locator("chatbot-widget").evaluate(SMALL_TARGETS)


def enter(page: Page, site: Site, state: str, **options: str) -> None:
    server = FakeServer(page)
    visit(page, site, **options)
    page.locator("[part=launcher]").click()
    expect(page.locator("[part=empty]")).to_be_visible()
    STATES[state](page, server)


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_and_targets_are_large_in_every_state_and_theme(served: Site, open_page: Page, state: str) -> None:
    enter(open_page, served, state)

    assert findings(open_page) == []
    assert small_targets(open_page) == []
    open_page.emulate_media(color_scheme="dark")
    assert findings(open_page) == []


@pytest.mark.parametrize("open_page", [PHONE], indirect=True, ids=["phone"])
@pytest.mark.parametrize("state", ["all_parts", "menu", "failed", "lost", "ended"])
def test_axe_finds_nothing_and_targets_are_large_on_an_arabic_phone(served: Site, open_page: Page, state: str) -> None:
    enter(open_page, served, state, widget='language="ar"', html='lang="ar" dir="rtl"')

    assert findings(open_page) == []
    assert small_targets(open_page) == []
