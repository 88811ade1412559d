"""The chat on pages of other websites: as docs/embedding.md shows it, and as a page's author has to be able to trust it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response, WebSocket, expect

from chat.strings import strings
from tests.browser.conftest import PASSWORD
from tests.browser.foreign import Website, website
from tests.browser.visit import come_back_soon, rating, say, stop_the_clock
from tests.browser.wire import Wire, elsewhere, token_of
from tests.servers import ROOT, Site

DOCUMENT = (ROOT / "docs" / "embedding.md").read_text()
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w*)\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
EXAMPLES = [text for kind, text in BLOCKS if kind == "html"]
FILES = {re.split(r"\W+", text, maxsplit=3)[1] + "." + kind: text for kind, text in BLOCKS if kind in ("js", "css")}
POLICY = next(text.strip() for _, text in BLOCKS if text.startswith("default-src"))
OPTIONS = ("language", "theme", "position", "title", "greeting")

CHAT = '<script type="module" src="https://chat.example.com/widget.js"></script>'
ELEMENT = "<chatbot-widget></chatbot-widget>"

ORIGINS = {
    "Shop": "shop",
    "News": "news",
    "Closed": "closed",
    "Closing": "closing",
    "Closing in the background": "unread",
    "Closing while away": "away",
    "Dressed": "dressed",
}
"""The origins of the sites, by their names."""


@pytest.fixture(scope="module")
def web(served: Site) -> Iterator[Website]:
    """Foreign pages, whose origins, but for one, belong to sites of the chat."""
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


@pytest.fixture
def watched(browser: Browser) -> Iterator[Page]:
    """A page of a new visitor whose console may hold words: what a page that is refused has to say stands there."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def placed(text: str, site: Site) -> str:
    """What the document shows, with the chat's real address."""
    return text.replace("https://chat.example.com", site.url).replace(
        "wss://chat.example.com", f"ws://127.0.0.1:{site.port}"
    )


def visit(page: Page, web: Website, site: Site, body: str = CHAT + ELEMENT, host: str = "shop", **page_options: Any) -> None:
    """Open a foreign page with this body."""
    web.put_page(placed(body, site), **page_options)
    page.goto(web.origin(host))


def visit_example(page: Page, web: Website, site: Site, example: str, **page_options: Any) -> None:
    for name, text in FILES.items():
        web.put(f"/{name}", placed(text, site))
    visit(page, web, site, example, **page_options)


def the_example_with(words: str) -> str:
    return next(example for example in EXAMPLES if words in example)


def attributes_of(example: str) -> dict[str, str]:
    """The chat's attributes in an example, wherever they stand."""
    found: dict[str, str] = {}

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag in ("script", "chatbot-widget"):
                found.update({name.removeprefix("data-"): value or "" for name, value in attrs})

    Reader().feed(example)
    return {name: value for name, value in found.items() if name in OPTIONS}


def launcher(page: Page) -> Any:
    return page.locator("[part=launcher]")


def mine(page: Page) -> Any:
    return page.locator("[part=message][data-sender=visitor]")


def replies(page: Page) -> Any:
    return page.locator("[part=message][data-sender=bot] [part=bubble]")


def converse(page: Page, text: str) -> None:
    """Open the chat, say something, and be answered."""
    launcher(page).click()
    say(page, text)
    expect(replies(page).filter(has_text=text)).to_have_count(1)


def storage(page: Page) -> dict[str, str]:
    """What the browser keeps for the page's origin."""
    stored: dict[str, str] = page.evaluate("() => ({...localStorage})")
    return stored


@pytest.fixture(scope="module")
def staff(served: Site, browser: Browser) -> Page:
    """A page of the staff's, logged in."""
    page = browser.new_page(base_url=f"{served.url}/admin/chat/site/")
    page.goto("")
    page.fill("#id_username", "staff")
    page.fill("#id_password", PASSWORD)
    page.click("[type=submit]")
    expect(page.get_by_role("link", name="Shop", exact=True)).to_be_visible()
    return page


@contextlib.contextmanager
def edited(staff: Page, name: str) -> Iterator[None]:
    """Within the block staff change a site's form; after it the changes are saved."""
    staff.goto("")
    staff.get_by_role("link", name=name, exact=True).click()
    yield
    staff.click("[name=_save]")
    expect(staff.locator(".messagelist .success")).to_be_visible()


def switch_off(staff: Page, name: str) -> None:
    with edited(staff, name):
        staff.get_by_role("checkbox", name="Active").uncheck()


def test_the_document_s_examples_are_read() -> None:
    assert len(EXAMPLES) >= 5
    assert sorted(FILES) == ["chat.css", "help.js"]
    assert all("chat.example.com" in example for example in [*EXAMPLES, POLICY])


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_the_document_shows_a_chat_that_answers(
    served: Site, web: Website, page: Page, example: str
) -> None:
    visit_example(page, web, served, example)

    expect(launcher(page)).to_have_count(1)
    converse(page, "Is this a chat?")


@pytest.mark.parametrize("example", [example for example in EXAMPLES if attributes_of(example)])
def test_the_attributes_of_the_examples_have_their_effect(served: Site, web: Website, page: Page, example: str) -> None:
    visit_example(page, web, served, example)
    attributes = attributes_of(example)
    words: dict[str, Any] = strings(attributes.get("language", "en"))
    expect(page.get_by_role("button", name=words["open"], exact=True)).to_be_visible()
    launcher(page).click()

    expect(page.locator("[part=field]")).to_have_attribute("placeholder", words["placeholder"])
    expect(page.locator("h2")).to_have_text(attributes.get("title", words["title"]))
    expect(page.locator("[part=empty]")).to_have_text(attributes.get("greeting", words["greeting"]))
    scheme = page.locator("[part=panel]").evaluate("(panel) => getComputedStyle(panel).colorScheme")
    assert scheme == attributes.get("theme", "light dark")
    box, viewport = page.locator("[part=panel]").bounding_box(), page.viewport_size
    assert box and viewport
    is_left = box["x"] + box["width"] / 2 < viewport["width"] / 2
    assert is_left == (attributes.get("position", "right") == "left")


def test_the_example_of_methods_and_events_asks_for_help_and_shows_what_was_said_last(
    served: Site, web: Website, page: Page
) -> None:
    visit_example(page, web, served, the_example_with("help.js"))

    expect(page.locator("#last")).to_have_text("bot: I need help")
    expect(page.locator("[part=panel]")).to_be_hidden()
    page.get_by_role("button", name="Help", exact=True).click()
    expect(page.locator("[part=field]")).to_be_focused()
    expect(mine(page)).to_have_text(re.compile("I need help"))


def test_the_example_of_colours_and_shape_shows_them(served: Site, web: Website, page: Page) -> None:
    visit_example(page, web, served, the_example_with("chat.css"))
    expect(launcher(page)).to_have_css("background-color", "rgb(122, 31, 92)")
    expect(launcher(page)).to_have_css("color", "rgb(255, 255, 255)")
    expect(launcher(page)).to_have_css("border-radius", "8px")

    launcher(page).click()
    expect(page.locator("[part=panel]")).to_have_css("border-radius", "8px")


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


@pytest.mark.parametrize("text", ["'   '", "'x'.repeat(2001)"], ids=["empty", "too long"])
def test_a_page_that_sends_what_can_t_be_sent_is_told(served: Site, web: Website, page: Page, text: str) -> None:
    visit(page, web, served)
    expect(launcher(page)).to_be_visible()

    told = page.evaluate(f"document.querySelector('chatbot-widget').send({text}).catch(({{ name }}) => name)")

    assert told == "RangeError"
    expect(mine(page)).to_have_count(0)


def test_under_the_strict_policy_of_the_document_everything_works(served: Site, web: Website, page: Page) -> None:
    page.add_init_script(
        "document.addEventListener('securitypolicyviolation', (event) => console.error(event.violatedDirective))"
    )
    policy = placed(POLICY, served).replace("https:", "http:")
    assert "style-src" not in policy
    visit(page, web, served, policy=policy)
    with page.expect_websocket() as socket:
        launcher(page).click()
    say(page, "/parts")

    picture = page.locator("[part=image]").first
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("(image) => image.naturalWidth") > 0
    page.set_viewport_size({"width": 400, "height": 700})
    page.get_by_role("button", name="More", exact=True).click()
    with page.expect_download():
        page.get_by_role("button", name="Download the conversation").click()
    with rating(socket.value):
        page.locator("[part=message]").last.get_by_role("button", name="This helped").click()
    page.reload()
    launcher(page).click()
    expect(page.locator("[part=message]")).to_have_count(2)
    expect(page.get_by_role("button", name="This helped")).to_have_attribute("aria-pressed", "true")


def test_a_page_with_a_policy_of_its_own_only_adds_the_chat_s_address(served: Site, web: Website, page: Page) -> None:
    policy = f"script-src 'self' {served.url}; style-src 'self'"
    example = (
        the_example_with("chat.css")
        + '<p id="last"></p><button id="help"></button><script type="module" src="help.js"></script>'
    )
    visit_example(page, web, served, example, policy=policy)

    expect(page.locator("#last")).to_have_text("bot: I need help")
    expect(launcher(page)).to_have_css("background-color", "rgb(122, 31, 92)")


NOTE_THE_PAGE = """
  const note = () => {
    window.names = Object.getOwnPropertyNames(window);
    window.before = document.documentElement.outerHTML;
  };
  window.names = window.before = null;
  document.addEventListener("readystatechange", () => document.readyState === "interactive" && note());
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


LOOKS = """(names) => names.map((name) => {
  const node = document.querySelector("chatbot-widget").shadowRoot.querySelector(name);
  return Object.fromEntries([...getComputedStyle(node)].map((property) => [property, getComputedStyle(node)[property]]));
})"""
AGGRESSIVE = """
  * { color: red !important; font-size: 3px !important; font-family: fantasy !important; background: lime !important;
      margin: 40px !important; padding: 40px !important; border: 9px solid lime !important; }
  button, textarea, svg, h2, ol, li, p, section, header, form, [part], .root { display: none !important; }
"""


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


@pytest.mark.parametrize("host", ["stranger", "closed"])
def test_a_page_that_may_not_hold_the_chat_shows_none_and_its_console_says_what_to_do(
    served: Site, web: Website, watched: Page, host: str
) -> None:
    words: list[str] = []
    sockets: list[WebSocket] = []
    watched.on("console", lambda message: words.append(message.text))
    watched.on("websocket", lambda socket: sockets.append(socket))
    web.put(
        "/listen.js",
        "document.querySelector('chatbot-widget').addEventListener('error', ({ detail }) => { window.told = detail; })",
    )
    body = CHAT + '<chatbot-widget open></chatbot-widget><script src="/listen.js"></script>'
    with watched.expect_console_message(lambda message: message.text.startswith("chatbot-widget:")) as spoken:
        visit(watched, web, served, body, host=host)

    assert spoken.value.type == "error"
    sentence = spoken.value.text.removeprefix("chatbot-widget: ")
    assert web.origin(host) in sentence
    assert "Sites" in sentence
    assert "active" in sentence
    assert watched.evaluate("told") == {"code": "origin_not_allowed", "message": sentence, "temporary": False}
    expect(launcher(watched)).to_have_count(0)
    expect(watched.locator("[part=panel]")).to_have_count(0)
    assert sockets == []


def test_a_chat_whose_site_is_made_inactive_goes_away_once_the_connection_is_lost(
    served: Site, web: Website, staff: Page, watched: Page
) -> None:
    stop_the_clock(watched)
    wire = Wire(watched)
    visit(watched, web, served, host="closing")
    converse(watched, "hi")
    switch_off(staff, "Closing")
    expect(watched.locator("[part=panel]")).to_be_visible()

    with watched.expect_console_message(lambda message: message.text.startswith("chatbot-widget:")) as spoken:
        wire.interrupt()
        watched.clock.run_for(1_000)
    assert web.origin("closing") in spoken.value.text
    expect(launcher(watched)).to_have_count(0)
    expect(watched.locator("[part=panel]")).to_have_count(0)
    tried = wire.sockets
    watched.clock.run_for(120_000)
    assert wire.sockets == tried


def test_a_chat_whose_site_is_made_inactive_while_the_server_is_away_goes_once_the_server_is_back(
    served: Site, web: Website, staff: Page, watched: Page
) -> None:
    come_back_soon(watched)
    wire = Wire(watched)
    visit(watched, web, served, host="away")
    converse(watched, "hi")
    switch_off(staff, "Closing while away")
    for address in ("site.json", "widget.js"):
        watched.route(f"{served.url}/{address}", lambda route: route.abort())
    with watched.expect_event("requestfailed", lambda request: request.url.endswith("/widget.js")):
        wire.interrupt()
    expect(watched.locator("[part=banner]")).to_be_visible()

    watched.unroute_all()
    expect(launcher(watched)).to_have_count(0)


def test_a_chat_that_goes_away_takes_its_count_from_the_page_s_title(
    served: Site, web: Website, staff: Page, watched: Page
) -> None:
    wire = Wire(watched)
    visit(watched, web, served, host="unread")
    converse(watched, "hi")
    watched.keyboard.press("Escape")
    with elsewhere(served, token_of(watched, served), web.origin("unread")) as client:
        client.say("while nobody looks")
    expect(watched).to_have_title("(1) A shop")
    switch_off(staff, "Closing in the background")

    wire.interrupt()
    expect(launcher(watched)).to_have_count(0)
    expect(watched).to_have_title("A shop")


def test_any_page_may_import_the_modules_and_browsers_keep_them(served: Site, web: Website, page: Page) -> None:
    answers: list[Response] = []
    page.on("response", lambda response: answers.append(response) if response.url.startswith(served.url) else None)
    visit(page, web, served)
    expect(launcher(page)).to_be_visible()

    modules = {answer.url: answer.all_headers() for answer in answers if answer.request.resource_type == "script"}
    entry = modules.pop(f"{served.url}/widget.js")
    assert "immutable" not in entry["cache-control"]
    assert len(modules) == len(list((ROOT / "chat" / "static").rglob("*.js")))
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
    assert len(modules) == 1 + len(list((ROOT / "chat" / "static").rglob("*.js")))
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


def test_two_sites_of_one_server_have_conversations_of_their_own(served: Site, web: Website, page: Page) -> None:
    visit(page, web, served, host="shop")
    converse(page, "said in the shop")
    visit(page, web, served, host="news")
    launcher(page).click()
    expect(page.locator("[part=empty]")).to_be_visible()
    expect(page.locator("[part=message]")).to_have_count(0)
    say(page, "said in the news")

    page.goto(web.origin("shop"))
    launcher(page).click()
    expect(mine(page)).to_have_text(re.compile("said in the shop"))


def test_a_token_of_one_site_begins_a_new_conversation_on_another(served: Site, web: Website, page: Page) -> None:
    visit(page, web, served, host="shop")
    converse(page, "said in the shop")
    stolen = storage(page)
    (key,) = (name for name in stolen if "token" in name)

    visit(page, web, served, "A page without a chat.", host="news")
    page.evaluate("(stored) => Object.assign(localStorage, stored)", stolen)
    visit(page, web, served, host="news")
    launcher(page).click()
    expect(page.locator("[part=empty]")).to_be_visible()
    expect(page.locator("[part=message]")).to_have_count(0)
    say(page, "said in the news")
    expect(replies(page)).to_have_text("said in the news")
    assert storage(page)[key] != stolen[key]


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


@pytest.mark.parametrize("second", [CHAT, CHAT.replace("widget.js", "widget.js?again")], ids=["same", "other address"])
def test_two_scripts_give_one_chat(served: Site, web: Website, page: Page, second: str) -> None:
    visit(page, web, served, CHAT + second)

    expect(launcher(page)).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.locator("chatbot-widget")).to_have_count(1)
    converse(page, "hi")


def test_what_staff_set_for_a_site_shows_on_its_pages_unless_the_page_says_otherwise(
    served: Site, web: Website, staff: Page, page: Page
) -> None:
    with edited(staff, "Dressed"):
        staff.fill("[name=title]", "Haus am See")
        staff.fill("[name=greeting]", "Grüß Gott!")
        staff.select_option("[name=language]", "de")
        staff.select_option("[name=theme]", "dark")

    def shown(body: str) -> tuple[str, str, str, str]:
        visit(page, web, served, body, host="dressed")
        launcher(page).click()
        expect(page.locator("[part=empty]")).to_be_visible()
        return (
            page.locator("h2").inner_text(),
            page.locator("[part=empty]").inner_text(),
            page.locator("[part=field]").get_attribute("placeholder") or "",
            page.locator("[part=panel]").evaluate("(panel) => getComputedStyle(panel).colorScheme"),
        )

    assert shown(CHAT + ELEMENT) == ("Haus am See", "Grüß Gott!", strings("de")["placeholder"], "dark")
    own = '<chatbot-widget title="Bonjour" greeting="Entrez !" language="fr" theme="light"></chatbot-widget>'
    assert shown(CHAT + own) == ("Bonjour", "Entrez !", strings("fr")["placeholder"], "light")
