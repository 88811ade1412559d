"""The chat on pages of React 19 and Turbo 8, as they come from npm."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from tests import packages
from tests.support.foreign import CHAT, ELEMENT, Website, launcher, placed, replies, visit
from tests.support.servers import Site
from tests.support.visit import converse, say

MODULES = {
    "react": "react/cjs/react.production.js",
    "scheduler": "scheduler/cjs/scheduler.production.js",
    "react-dom": "react-dom/cjs/react-dom.production.js",
    "react-dom/client": "react-dom/cjs/react-dom-client.production.js",
}
APPLICATION = """
const { createElement, useState } = require("react");
function Application() {
  const [open, setOpen] = useState(window.opens ?? false);
  const [theme, setTheme] = useState("light");
  const [count, setCount] = useState(0);
  return createElement("main", null,
    createElement("button", { id: "turn", onClick: () => setOpen(!open) }, "Help"),
    createElement("button", { id: "dress", onClick: () => setTheme("dark") }, "Dark"),
    createElement("button", { id: "render", onClick: () => setCount(count + 1) }, `Rendered ${count} times`),
    createElement("chatbot-widget", { open, theme, language: "de", title: "Laden", greeting: "Guten Tag" }),
  );
}
const { createRoot } = require("react-dom/client");
const start = () => createRoot(document.querySelector("#root")).render(createElement(Application));
"""


@pytest.fixture(scope="module")
def react() -> str:
    """A script with `require` for React's modules, which are made for Node."""
    folder = packages.installed()
    texts = {name: (folder / path).read_text() for name, path in MODULES.items()}
    functions = ",".join(f"{json.dumps(name)}: (module, exports, require) => {{ {text} }}" for name, text in texts.items())
    return f"""
    const functions = {{ {functions} }};
    const made = {{}};
    const process = {{ env: {{ NODE_ENV: "production" }} }};
    function require(name) {{
      if (made[name]) return made[name].exports;
      made[name] = {{ exports: {{}} }};
      functions[name](made[name], made[name].exports, require);
      return made[name].exports;
    }}
    """


@pytest.fixture(scope="module")
def turbo() -> str:
    return (packages.installed() / "@hotwired" / "turbo" / "dist" / "turbo.es2017-umd.js").read_text()


@pytest.mark.parametrize("first", ["React", "the chat"])
@pytest.mark.parametrize("opens", [False, True], ids=["closed", "open"])
def test_react_opens_closes_and_dresses_the_chat(
    first: str, opens: bool, served: Site, web: Website, page: Page, react: str
) -> None:
    start = "start();" if first == "React" else "customElements.whenDefined('chatbot-widget').then(start);"
    web.put("/application.js", f"window.opens = {json.dumps(opens)};{react}{APPLICATION}{start}")
    visit(page, web, served, f'<div id="root"></div><script src="/application.js"></script>{CHAT}')
    panel = page.locator("[part=panel]")
    expect(launcher(page)).to_have_count(1)
    expect(panel).to_be_visible() if opens else expect(panel).to_be_hidden()

    if not opens:
        page.locator("#turn").click()
        expect(panel).to_be_visible()
    expect(page.locator("h2")).to_have_text("Laden")
    expect(page.locator("[part=empty]")).to_have_text("Guten Tag")
    page.locator("[part=field]").fill("mitten im")
    for button in ("#render", "#dress"):
        page.locator(button).click()
    expect(panel).to_have_css("color-scheme", "dark")
    expect(panel).to_be_visible()
    page.locator("[part=field]").press_sequentially(" Satz")
    page.locator("[part=field]").press("Enter")
    expect(replies(page)).to_have_text("mitten im Satz")

    page.locator("#turn").click()
    expect(panel).to_be_hidden()
    launcher(page).click()
    expect(panel).to_be_visible()


def put_page(web: Website, site: Site, path: str, words: str) -> None:
    head = """<script src="/turbo.js"></script>
    <meta name="turbo-refresh-method" content="morph"><meta name="turbo-refresh-scroll" content="preserve">"""
    links = '<a href="/one">One</a> <a href="/two">Two</a>'
    web.put_page(f"<main>{words} {links}</main>{ELEMENT}", path=path, head=head + placed(CHAT, site))


def test_turbo_refreshes_a_page_by_morphing_and_leaves_the_chat_open(
    served: Site, web: Website, page: Page, turbo: str
) -> None:
    web.put("/turbo.js", turbo)
    put_page(web, served, "/one", "before")
    page.goto(f"{web.origin('shop')}/one")
    launcher(page).click()
    converse(page, "hello")
    page.locator("[part=field]").fill("in the middle of a")
    chat = page.locator("chatbot-widget").element_handle()
    put_page(web, served, "/one", "after")
    page.evaluate("Turbo.session.refresh(location.href)")
    expect(page.locator("main")).to_contain_text("after")

    assert page.evaluate("(chat) => chat === document.querySelector('chatbot-widget')", chat)
    expect(page.locator("[part=panel]")).to_be_visible()
    expect(page.locator("[part=field]")).to_be_focused()
    page.keyboard.type(" sentence")
    page.keyboard.press("Enter")
    expect(replies(page)).to_have_text(["hello", "in the middle of a sentence"])


def test_turbo_exchanges_the_body_and_the_conversation_goes_on(served: Site, web: Website, page: Page, turbo: str) -> None:
    web.put("/turbo.js", turbo)
    put_page(web, served, "/one", "Page one")
    put_page(web, served, "/two", "Page two")
    page.goto(f"{web.origin('shop')}/one")
    launcher(page).click()
    converse(page, "hello")
    page.evaluate("window.stays = true")
    page.get_by_role("link", name="Two").click()
    expect(page.locator("main")).to_contain_text("Page two")

    expect(launcher(page)).to_have_count(1)
    launcher(page).click()
    expect(replies(page)).to_have_text("hello")
    say(page, "on page two")
    expect(replies(page)).to_have_text(["hello", "on page two"])
    page.go_back()
    expect(page.locator("main")).to_contain_text("Page one")
    expect(launcher(page)).to_have_count(1)
    launcher(page).click()
    expect(replies(page)).to_have_text(["hello", "on page two"])
    assert page.evaluate("window.stays")
