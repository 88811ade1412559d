"""How the chat gets into a page of another website, and that neither disturbs the other."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Response, expect

from tests.support.foreign import CHAT, ELEMENT, Website, converse, launcher, placed, visit
from tests.support.servers import ROOT, Site
from tests.support.visit import come_back_soon

ALWAYS_NEEDED = sum(path.parent.name not in ("later", "desk", "staff") for path in (ROOT / "chat" / "static").rglob("*.js"))
"""How many modules every page loads."""
NOTE_THE_PAGE = """
  const note = () => {
    window.names = Object.getOwnPropertyNames(window);
    window.before = document.documentElement.outerHTML;
  };
  window.names = window.before = null;
  document.addEventListener("readystatechange", () => document.readyState === "interactive" && note());
"""
LOOKS = """(names) => names.map((name) => {
  const node = document.querySelector("chatbot-widget").shadowRoot.querySelector(name);
  return Object.fromEntries([...getComputedStyle(node)].map((property) => [property, getComputedStyle(node)[property]]));
})"""
AGGRESSIVE = """
  * { color: red !important; font-size: 3px !important; font-family: fantasy !important; background: lime !important;
      margin: 40px !important; padding: 40px !important; border: 9px solid lime !important; }
  * { text-align: center !important; text-transform: uppercase !important; text-indent: 3em !important;
      word-break: break-all !important; white-space: pre !important; text-shadow: 0 0 9px red !important;
      user-select: none !important; cursor: wait !important; pointer-events: none !important; line-height: 3 !important; }
  button, textarea, svg, h2, ol, li, p, section, header, form, dialog, [part], .root { display: none !important; }
"""


@pytest.mark.parametrize("body", [CHAT + ELEMENT, CHAT], ids=["the element is there", "the script adds it"])
def test_the_chat_adds_nothing_to_the_page_but_its_element(served: Site, web: Website, page: Page, body: str) -> None:
    page.add_init_script(NOTE_THE_PAGE)  # before module scripts run
    visit(page, web, served, f"<main>A shop</main>{body}")
    expect(launcher(page)).to_be_visible()
    styles = "[document.styleSheets.length, document.adoptedStyleSheets.length]"

    before, after = page.evaluate("before"), page.evaluate("document.documentElement.outerHTML")

    expected = before if ELEMENT in body else before.replace("</body>", f"{ELEMENT}</body>")
    assert after == expected
    assert page.evaluate("Object.getOwnPropertyNames(window).filter((name) => !names.includes(name))") == []
    assert page.evaluate(styles) == [0, 0]
    converse(page, "hi")
    page.keyboard.press("Escape")
    assert page.evaluate("document.documentElement.outerHTML") == expected


def test_the_page_s_styles_don_t_reach_into_the_chat_and_the_chat_s_not_into_the_page(
    served: Site, web: Website, page: Page
) -> None:
    parts = [f"[part={part}]" for part in ("launcher", "panel", "header", "scroller", "empty", "field", "send", "close")]
    parts += [".root", "h2", ".subtitle", ".face svg"]

    def looks(head: str) -> Any:
        visit(page, web, served, head=head, body="<main>A <b>shop</b> <textarea></textarea></main>" + CHAT + ELEMENT)
        launcher(page).click()
        expect(page.locator("[part=empty]")).to_be_visible()
        page.wait_for_function("document.querySelector('chatbot-widget').shadowRoot.getAnimations().length === 0")
        return page.evaluate(LOOKS, parts)

    page.emulate_media(reduced_motion="reduce")
    plain = looks("")
    own = "[...document.querySelectorAll('main, main *')].map((node) => ({...getComputedStyle(node)}))"
    with_chat = page.evaluate(own)
    web.put_page("<main>A <b>shop</b> <textarea></textarea></main>")
    page.goto(web.origin("shop"))
    assert page.evaluate(own) == with_chat

    web.put("/loud.css", AGGRESSIVE)
    loud = looks('<link rel="stylesheet" href="/loud.css">')
    for part, quiet_look, loud_look in zip(parts, plain, loud, strict=True):
        differing = {name: (quiet_look[name], loud_look[name]) for name in quiet_look if quiet_look[name] != loud_look[name]}
        assert differing == {}, part


def test_a_sandboxed_frame_is_told_what_it_lacks(served: Site, web: Website, watched: Page) -> None:
    web.put_page(placed(CHAT + ELEMENT, served), path="/inside")
    with watched.expect_console_message(lambda message: message.text.startswith("chatbot-widget:")) as spoken:
        visit(watched, web, served, '<iframe sandbox="allow-scripts" src="/inside"></iframe>')

    assert "allow-same-origin" in spoken.value.text
    assert web.origin("shop") not in spoken.value.text


@pytest.mark.parametrize("second", [CHAT, CHAT.replace("widget.js", "widget.js?again")], ids=["same", "other address"])
def test_two_scripts_give_one_chat(served: Site, web: Website, page: Page, second: str) -> None:
    visit(page, web, served, CHAT + second)

    expect(launcher(page)).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.locator("chatbot-widget")).to_have_count(1)
    converse(page, "hi")


def test_any_page_may_import_the_modules_and_browsers_keep_them(served: Site, web: Website, page: Page) -> None:
    answers: list[Response] = []
    page.on("response", lambda response: answers.append(response) if response.url.startswith(served.url) else None)
    visit(page, web, served)
    expect(launcher(page)).to_be_visible()

    modules = {answer.url: answer.all_headers() for answer in answers if answer.request.resource_type == "script"}
    entry = modules.pop(f"{served.url}/widget.js")
    assert "immutable" not in entry["cache-control"]
    assert len(modules) == ALWAYS_NEEDED
    for url, headers in modules.items():
        assert re.search(r"\.[0-9a-f]{12}\.js$", url)
        assert headers["access-control-allow-origin"] == "*"
        assert "immutable" in headers["cache-control"]


def test_a_second_page_takes_the_modules_from_the_cache(served: Site, web: Website, page: Page) -> None:
    visit(page, web, served)
    expect(launcher(page)).to_be_visible()
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    requested: dict[str, str] = {}
    kept: set[str] = set()
    devtools.on("Network.requestWillBeSent", lambda event: requested.update({event["requestId"]: event["request"]["url"]}))
    devtools.on("Network.requestServedFromCache", lambda event: kept.add(requested[event["requestId"]]))
    web.put_page(placed(CHAT + ELEMENT, served), path="/second")
    page.goto(web.origin("shop") + "/second")
    expect(launcher(page)).to_be_visible()

    modules = {url for url in requested.values() if url.startswith(served.url) and url.endswith(".js")}
    assert len(modules) == 1 + ALWAYS_NEEDED
    assert modules <= kept


def test_a_chat_whose_server_is_away_appears_by_itself_once_the_server_is_there(
    site: Site, web: Website, page: Page
) -> None:
    come_back_soon(page)
    own = Site(site.folder, DATABASE_URL=site.environ["DATABASE_URL"])
    with own.serving():
        visit(page, web, own)
        expect(launcher(page)).to_be_visible()

    with page.expect_event("requestfailed", lambda request: request.url == f"{own.url}/site.json"):
        page.goto(web.origin("shop"))  # the modules are in the browser's cache
    expect(launcher(page)).to_have_count(0)
    with own.serving():
        expect(launcher(page)).to_be_visible()
        converse(page, "back")


@pytest.mark.parametrize(
    "bring",
    [
        "document.body.append(document.createElement('chatbot-widget'))",
        """const host = document.body.appendChild(document.createElement("div"));
        host.attachShadow({ mode: "open" }).append(document.createElement("chatbot-widget"));""",
    ],
    ids=["late", "in a shadow root"],
)
def test_an_element_that_the_page_brings_later_takes_the_place_of_the_script_s(
    bring: str, served: Site, web: Website, page: Page
) -> None:
    visit(page, web, served, CHAT)
    expect(launcher(page)).to_be_visible()
    page.evaluate(f"() => {{ {bring} }}")

    expect(page.locator("chatbot-widget")).to_have_count(1)
    converse(page, "hi")


def test_what_is_typed_in_the_chat_sets_off_no_shortcut_of_the_page(served: Site, web: Website, page: Page) -> None:
    visit(page, web, served)
    page.evaluate("""() => {
        window.keys = [];
        for (const type of ["keydown", "keypress", "keyup"]) addEventListener(type, ({ key }) => keys.push(key));
    }""")
    launcher(page).click()
    page.locator("[part=field]").press_sequentially("is nice")

    assert page.evaluate("keys") == []


def test_the_page_s_own_words_in_the_place_of_the_chat_work_as_anywhere(served: Site, web: Website, watched: Page) -> None:
    watched.route("**/site.json", lambda route: route.abort())
    own = '<button id="own" onclick="window.presses = (window.presses ?? 0) + 1">Call me</button><textarea></textarea>'
    visit(watched, web, served, CHAT + ELEMENT.replace("><", f">{own}<"))
    expect(watched.locator("#own")).to_be_visible()
    watched.evaluate("() => { window.keys = []; addEventListener('keydown', ({ key }) => keys.push(key)); }")
    watched.locator("#own").dblclick()
    watched.locator("textarea").press_sequentially("ab")

    assert watched.evaluate("[presses, ...keys]") == [2, "a", "b"]
