"""What a page of another website gets: its site's settings, a socket, and its own tokens."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.core.signing import TimestampSigner
from django.db import OperationalError

from chat import runtime
from chat.cache import MAX_AGE, READ_WITHIN
from chat.models import Site
from chat.sites.colours import shades
from chat.sites.strings import strings
from chat.storage import reader
from chatbot.asgi import django_application
from tests.support.scripted import ScriptedAdapter
from tests.support.visitor import Visitor

Script = Callable[..., ScriptedAdapter]

SHOP, NEWS, OWN = "https://shop.example.com", "https://news.example.com", "http://localhost"


@pytest_asyncio.fixture
async def served(scripted: Script) -> AsyncIterator[None]:
    scripted()
    yield


@pytest.fixture
def configure(settings: Any) -> Callable[..., None]:
    def configure(**variables: str) -> None:
        settings.SECRET_ENVIRONMENT = {**settings.SECRET_ENVIRONMENT, **variables}

    return configure


async def add(origins: str = SHOP, **fields: Any) -> Site:
    return await Site.objects.acreate(name="Shop", origins=origins, **fields)


async def ask(origin: str | None = SHOP, query: str = "", method: str = "GET", **headers: str) -> httpx.Response:
    """Ask as a browser does. Django's test client can't, since it sets its own Host and skips the CSRF check."""
    sent = {**headers, **({"origin": origin} if origin is not None else {})}
    transport = httpx.ASGITransport(app=django_application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=OWN) as client:
        return await client.request(method, f"/site.json{query}", headers=sent)


async def told(*args: Any, **headers: str) -> dict[str, Any]:
    response = await ask(*args, **headers)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def refusal(origin: str | None = SHOP) -> str:
    """The sentence that a page gets if it may not show the chat."""
    response = await ask(origin)
    assert response.status_code == 403
    assert "Access-Control-Allow-Origin" not in response.headers
    error = response.json()["error"]
    assert error["code"] == "origin_not_allowed"
    sentence: str = error["message"]
    return sentence


async def connects(origin: str = SHOP) -> bool:
    visitor = Visitor(origin=origin.encode())
    try:
        return await visitor.connect()
    finally:
        await visitor.leave()


# site.json


async def test_a_page_of_a_site_is_told_what_the_site_has_set(served: None) -> None:
    looks = {"starters": "Was kostet ein Zimmer?\nWo parke ich?", "avatar": "chat/favicon.svg", "accent": "#ffd700"}
    await add(title="Frag uns", greeting="Moin!", language="de", theme="dark", **looks)

    assert await told() == {
        "title": "Frag uns",
        "greeting": "Moin!",
        "language": "de",
        "direction": "ltr",
        "theme": "dark",
        "starters": ["Was kostet ein Zimmer?", "Wo parke ich?"],
        "avatar": "/static/chat/favicon.svg",
        "colours": shades("#ffd700"),
        "person": False,
        "limits": {"message_characters": 2000, "frame_bytes": 65536},
        "strings": strings("de"),
    }


async def test_the_limits_are_those_of_ready(served: None) -> None:
    visitor = Visitor()
    await visitor.connect()

    assert (await told(OWN))["limits"] == (await visitor.hello())["limits"]
    await visitor.leave()


async def test_a_site_without_words_of_its_own_has_those_of_the_language(served: None) -> None:
    await add()

    body = await told(SHOP, "?language=de")

    assert (body["title"], body["greeting"]) == (strings("de")["title"], strings("de")["greeting"])
    assert body["theme"] == "auto"


@pytest.mark.parametrize("origin", [SHOP, OWN])
async def test_the_answer_is_for_the_page_s_origin_alone(served: None, origin: str) -> None:
    await add()

    response = await ask(origin)

    assert response.headers["Access-Control-Allow-Origin"] == origin
    assert {"Origin", "Accept-Language"} <= set(response.headers["Vary"].split(", "))
    assert response.headers["Cache-Control"] == "no-cache"
    assert "Access-Control-Allow-Credentials" not in response.headers
    assert not response.cookies


async def test_a_page_of_our_own_sends_no_origin(served: None) -> None:
    assert (await ask(None)).headers["Access-Control-Allow-Origin"] == OWN
    assert (await told(None))["theme"] == "auto"


async def test_our_own_address_may_be_a_site_too(served: None) -> None:
    await add(OWN, title="At home")

    assert (await told(None))["title"] == "At home"


async def test_each_of_a_site_s_origins_counts(served: None) -> None:
    await add(f"{SHOP}\r\n{NEWS}", title="Ask us")

    assert (await told(NEWS))["title"] == (await told(SHOP))["title"] == "Ask us"


async def test_a_configured_origin_is_a_site_without_words_of_its_own(served: None, configure: Callable[..., None]) -> None:
    configure(CHATBOT_ALLOWED_ORIGINS=NEWS)
    await add(title="Ask the shop")

    assert (await told(NEWS))["title"] == "Chat with us"


@pytest.mark.parametrize(
    ("asked", "site", "browser", "language"),
    [
        ("de", "fr", "es", "de"),
        ("de-AT", "fr", "es", "de"),
        ("DE", "fr", "es", "de"),
        ("pt-BR", "", "", "pt"),
        ("xx", "fr", "es", "fr"),
        ("%00" + "x" * 600, "fr", "es", "fr"),
        ("", "fr-CH", "es", "fr"),
        ("", "xx", "es", "es"),
        ("", "", "xx, ja;q=0.5, es;q=0.3", "ja"),
        ("", "", "xx", "en"),
        ("", "", "", "en"),
    ],
)
async def test_the_language_is_the_page_s_else_the_site_s_else_the_browser_s(
    served: None, asked: str, site: str, browser: str, language: str
) -> None:
    await add(language=site)

    response = await ask(SHOP, f"?language={asked}", **{"accept-language": browser})

    assert response.json()["language"] == response.headers["Content-Language"] == language
    assert response.json()["strings"] == strings(language)


async def test_arabic_runs_from_right_to_left(served: None) -> None:
    assert (await told(OWN, "?language=ar"))["direction"] == "rtl"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_it_is_only_read(served: None, method: str) -> None:
    assert (await ask(OWN, method=method)).status_code == 405


async def test_a_host_that_is_not_ours_is_refused(served: None) -> None:
    assert (await ask(None, host="evil.example")).status_code == 400
    assert (await ask("http://evil.example", host="evil.example")).status_code == 400


async def test_the_page_of_an_unknown_origin_reads_what_to_do(served: None) -> None:
    assert await refusal(NEWS) == (
        "Pages of https://news.example.com may not show this chat. Ask the site's staff to add https://news.example.com in "
        "the administration, under Sites. Then try again."
    )


async def test_the_page_of_an_inactive_site_reads_what_to_do(served: None) -> None:
    await add(active=False)

    assert await refusal() == (
        "The chat is switched off for pages of https://shop.example.com, because their site isn't active. Ask the site's "
        "staff to make it active in the administration, under Sites. Then try again."
    )


@pytest.mark.parametrize("origin", ["null", "", f"{SHOP},{SHOP}", f"{SHOP}/"])
async def test_a_page_without_an_address_can_t_hold_the_chat(
    served: None, configure: Callable[..., None], origin: str
) -> None:
    configure(CHATBOT_ALLOWED_ORIGINS=SHOP, CHATBOT_ALLOW_MISSING_ORIGIN="on")
    await add()

    assert f'The page has the origin "{origin}", which is not a web address' in await refusal(origin)


async def test_an_inactive_site_s_pages_may_not_whatever_the_setting_says(
    served: None, configure: Callable[..., None]
) -> None:
    configure(CHATBOT_ALLOWED_ORIGINS=SHOP)
    await add(f"{SHOP}\n{OWN}", active=False)

    for origin in (SHOP, OWN, None):
        await refusal(origin)
    assert not await connects(SHOP)
    assert not await connects(OWN)


# The list in memory


async def test_an_edit_counts_at_once_for_the_settings_and_the_door(served: None) -> None:
    await refusal()
    assert not await connects()

    site = await add(title="One")
    assert (await told())["title"] == "One"
    assert await connects()

    site.title = "Two"
    await site.asave()
    assert (await told())["title"] == "Two"

    site.active = False
    await site.asave()
    await refusal()
    assert not await connects()

    await sync_to_async(site.delete)()
    assert "may not show this chat" in await refusal()


async def test_the_list_is_read_once_a_second_at_most(served: None, mocker: Any) -> None:
    await add()
    reads = mocker.patch("chat.storage.reader._sites", wraps=reader._sites)
    started = time.monotonic()

    for _ in range(20):
        await told()
        assert await connects()

    assert reads.call_count <= 1 + (time.monotonic() - started) / MAX_AGE


@pytest.fixture(params=["fails", "hangs"])
def database_away(request: Any, mocker: Any) -> Iterator[Callable[[], None]]:
    """A function that makes the list of sites unreadable."""
    over = threading.Event()

    def read() -> Any:
        if request.param == "hangs":
            over.wait()
        raise OperationalError

    def go() -> None:
        mocker.patch("chat.storage.reader._sites", read)
        runtime.read_anew()

    yield go
    over.set()


async def test_the_last_known_list_holds_while_the_database_is_away(served: None, database_away: Callable[[], None]) -> None:
    await add(title="Ask us")
    await told()
    database_away()
    started = time.monotonic()

    assert (await told())["title"] == "Ask us"
    for _ in range(10):
        assert await connects()
        assert not await connects(NEWS)
    assert time.monotonic() - started < 10 * READ_WITHIN


async def test_where_no_list_was_ever_read_the_setting_and_our_own_pages_count(
    served: None, configure: Callable[..., None], database_away: Callable[[], None]
) -> None:
    configure(CHATBOT_ALLOWED_ORIGINS=NEWS)
    await add()
    database_away()

    assert await connects(OWN)
    assert await connects(NEWS)
    assert not await connects(SHOP)

    unknown = await ask(SHOP)  # not refused, so the widget asks again
    assert unknown.status_code == 503
    assert unknown.headers["Access-Control-Allow-Origin"] == "*"
    assert unknown.json()["error"]["code"] == "try_again"


# The socket: tokens and language


async def hello(origin: str, **fields: Any) -> dict[str, Any]:
    """The `ready` that a page of an origin gets."""
    visitor = Visitor(origin=origin.encode())
    assert await visitor.connect()
    try:
        return await visitor.hello(**fields)
    finally:
        await visitor.leave()


async def resumes(origin: str, token: str) -> bool:
    resumed: bool = (await hello(origin, token=token))["resumed"]
    return resumed


async def test_a_token_is_good_on_its_own_site_alone(served: None, configure: Callable[..., None]) -> None:
    other = "https://other.example.com"
    configure(CHATBOT_ALLOWED_ORIGINS=NEWS)
    await add(f"{SHOP}\nhttps://shop.example.org")
    await add(other)
    tokens = {origin: (await hello(origin))["token"] for origin in (OWN, SHOP, other)}

    assert await resumes(SHOP, tokens[SHOP])
    assert await resumes("https://shop.example.org", tokens[SHOP])
    assert await resumes(OWN, tokens[OWN])
    assert await resumes(NEWS, tokens[OWN])
    for origin, token in [(OWN, SHOP), (NEWS, SHOP), (other, SHOP), (SHOP, OWN), (SHOP, other)]:
        assert not await resumes(origin, tokens[token])


async def test_a_token_of_another_site_shows_nothing_of_its_conversation(served: None) -> None:
    await add()
    visitor = Visitor()
    await visitor.connect()
    there = await visitor.hello()
    await visitor.say("my secret")
    await visitor.leave()

    here = await hello(SHOP, token=there["token"], after=0)

    assert (here["resumed"], here["messages"], here["seq"]) == (False, [], 0)
    assert here["conversation"] != there["conversation"]


async def test_the_token_of_a_later_ready_is_the_site_s_too(served: None) -> None:
    await add()
    visitor = Visitor(origin=SHOP.encode())
    await visitor.connect()
    await visitor.hello()
    token = (await visitor.hello(after=0))["token"]
    await visitor.leave()

    assert await resumes(SHOP, token)
    assert not await resumes(OWN, token)


async def test_a_token_of_the_default_site_is_what_it_always_was(served: None) -> None:
    token = TimestampSigner(salt="chat.visitor").sign("00000000-0000-4000-8000-000000000001")

    assert await resumes(OWN, token)


@pytest.mark.parametrize(
    ("asked", "before", "site", "language"),
    [
        ("de-AT", "es", "fr", "de"),
        ("xx", "es", "fr", "es"),
        (None, "es", "fr", "es"),
        (None, None, "fr-CH", "fr"),
        ("xx", None, "fr", "fr"),
        (None, None, "", "es"),
        (None, None, "ar", "es"),
    ],
)
async def test_a_conversation_s_language_is_the_hello_s_else_its_own_else_the_site_s_else_the_browser_s(
    scripted: Script, asked: str | None, before: str | None, site: str, language: str
) -> None:
    adapter = scripted()
    await add(language=site)

    async def say(**fields: Any) -> str:
        """Say something after a hello, and return the token."""
        visitor = Visitor((b"accept-language", b"es"), origin=SHOP.encode())
        await visitor.connect()
        token: str = (await visitor.hello(**fields))["token"]
        await visitor.say("hi")
        await visitor.leave()
        return token

    token = await say(language=before) if before else None
    await say(token=token, language=asked)

    assert adapter.asked[-1].language == language
