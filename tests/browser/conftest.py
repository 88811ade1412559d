"""A site, a browser and a page for the tests in this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, expect, sync_playwright

from tests.support.foreign import ORIGINS, Website, website
from tests.support.servers import CHROMIUM_OPTIONS, Site, headless_chromium

expect.set_options(timeout=20_000)  # the machine may be busy

PASSWORD = "staff-password"
NETWORK_IS_AWAY = ("ERR_CONNECTION_REFUSED", "ERR_INTERNET_DISCONNECTED")
ADMIN = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD, "DJANGO_SUPERUSER_EMAIL": "staff@example.com"}


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site(tmp_path_factory.mktemp("site"))
    site.prepare()
    assert site.manage("createsuperuser", "--noinput", "--username", "staff", **ADMIN).returncode == 0
    return site


@pytest.fixture(scope="package")
def served(site: Site) -> Iterator[Site]:
    with site.serving():
        yield site


@pytest.fixture(scope="package")
def web(served: Site) -> Iterator[Website]:
    """Foreign pages. All their origins except one belong to sites of the chat."""
    with website() as web:
        sites = {name: web.origin(host) for name, host in ORIGINS.items()}
        command = (
            "from chat.models import Site\n"
            f"for name, origin in {sites!r}.items():\n"
            "    Site.objects.create(name=name, origins=origin, active=name != 'Closed')"
        )
        added = served.manage("shell", "-c", command)
        assert added.returncode == 0, added.stderr
        yield web


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium without a window system, which takes half the time of the full one. test_conversation.py runs in that."""
    with playwright.chromium.launch(executable_path=headless_chromium(), args=CHROMIUM_OPTIONS) as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A new visitor's page. Any text in its console fails the test, except the browser's own about the network."""
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [text for text in complaints if not any(reason in text for reason in NETWORK_IS_AWAY)] == []


@pytest.fixture
def watched(browser: Browser) -> Iterator[Page]:
    """A new visitor's page whose console may contain text, such as why a page was refused."""
    context = browser.new_context()
    yield context.new_page()
    context.close()
