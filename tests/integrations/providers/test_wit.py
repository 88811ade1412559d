import asyncio
import contextlib
import json
import logging
import subprocess
import sys
from typing import Any

import msgspec
import pytest
from pytest_mock import MockerFixture

from integrations import (
    AdapterError,
    AuthenticationFailed,
    ConfigurationError,
    InvalidResponse,
    ProviderTimeout,
    RateLimited,
    Rejected,
    Unavailable,
    Utterance,
)
from integrations.providers.wit.adapter import BUSY_CALLS, WitAdapter, WitOptions, params_for
from tests.fakes import wit
from tests.fakes.wit import Answer, FakeWit, Request
from tests.support import fixtures

TOKEN = "LOCALTOKENLOCALTOKEN"
HELLO = Utterance(session="5d1f2a30-8f0e-4c8e-9b1e-0c6a4f1b2d3e", language="en", text="hello")


def options(**environ: str) -> WitOptions:
    return WitOptions.from_environ({"WIT_ACCESS_TOKEN": TOKEN, **environ})


def adapter(fake: FakeWit, **environ: str) -> WitAdapter:
    return WitAdapter(options(WIT_URL=fake.url, **environ))


def test_the_message_about_a_token_states_the_rule() -> None:
    with pytest.raises(ConfigurationError, match="at least 8 characters, without spaces"):
        options(WIT_ACCESS_TOKEN="short")
    with pytest.raises(ConfigurationError, match="WIT_ACCESS_TOKEN still holds the placeholder"):
        options(WIT_ACCESS_TOKEN="YOUR-SERVER-ACCESS-TOKEN")
    assert options(WIT_ACCESS_TOKEN=f'"{TOKEN}"').access_token == TOKEN


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WIT_ACCESS_TOKEN", ""),
        ("WIT_ACCESS_TOKEN", "Bearer secret-thing"),
        ("WIT_ACCESS_TOKEN", "secret\nthing"),
        ("WIT_ACCESS_TOKEN", "sécret-thing"),
        ("WIT_ACCESS_TOKEN", "short"),
        ("WIT_API_VERSION", "20200512"),
        ("WIT_API_VERSION", "2020-05-13"),
        ("WIT_API_VERSION", "20201399"),
        ("WIT_API_VERSION", "latest"),
        ("WIT_MIN_CONFIDENCE", "70"),
        ("WIT_URL", "api.secret-thing"),
        ("WIT_URL", "https://user:secret-thing@api.wit.ai"),
    ],
)
def test_a_wrong_variable_is_named_and_not_repeated(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        options(**{name: value})

    assert [problem.variable for problem in caught.value.problems] == [name]
    assert "thing" not in str(caught.value)
    assert f"Example: {name}=" in str(caught.value)


def test_defaults_are_the_documented_ones() -> None:
    chosen = options()

    assert (chosen.api_version, chosen.min_confidence, chosen.url) == ("20240304", 0.7, "https://api.wit.ai")
    assert WitAdapter(chosen).min_confidence == 0.7
    assert (WitAdapter.max_characters, WitAdapter.has_events) == (280, False)


def test_the_token_is_not_in_the_options_repr() -> None:
    assert TOKEN not in repr(options())


@pytest.mark.parametrize(
    "utterance",
    [
        msgspec.structs.replace(HELLO, text=""),
        msgspec.structs.replace(HELLO, text="x" * 281),
        msgspec.structs.replace(HELLO, text="half \ud83d"),
        msgspec.structs.replace(HELLO, text="", event="WELCOME"),
    ],
)
async def test_what_wit_would_refuse_is_rejected_before_the_call(utterance: Utterance) -> None:
    async with FakeWit() as fake:
        bot = adapter(fake)
        with pytest.raises(Rejected):
            await bot.detect_intent(utterance)
        await bot.aclose()

    assert fake.requests == []


@pytest.mark.parametrize(
    ("language", "time_zone", "context"),
    [
        ("en", "UTC", None),
        ("de", "Europe/Berlin", {"timezone": "Europe/Berlin"}),
        ("pt-BR", "UTC", {"locale": "pt_BR"}),
        ("zh-Hans-CN", "UTC", {"locale": "zh_CN"}),
        ("iw_IL", "UTC", {"locale": "he_IL"}),
        ("es-419", "UTC", None),
    ],
)
def test_the_context_says_what_is_known_of_the_visitor(language: str, time_zone: str, context: Any) -> None:
    params = params_for(msgspec.structs.replace(HELLO, language=language, time_zone=time_zone), options())

    assert (json.loads(params["context"]) if "context" in params else None) == context


# Over the network


async def test_a_text_reaches_wit_whole_with_version_and_token() -> None:
    text = "bed & breakfast #1? 100% für 🙂 + more"
    async with FakeWit() as fake:
        bot = adapter(fake, WIT_API_VERSION="20240304")
        reply = await bot.detect_intent(msgspec.structs.replace(HELLO, text=text))
        await bot.aclose()

    (request,) = fake.requests
    assert (reply.intent, reply.confidence, reply.parts) == ("greeting", 0.98, ())
    assert (request.method, request.path) == ("GET", "/message")
    assert request.query == {"v": "20240304", "q": text}
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


async def test_an_address_with_a_path_is_kept() -> None:
    async with FakeWit() as fake:
        bot = WitAdapter(options(WIT_URL=f"{fake.url}/proxy/wit/"))
        await bot.detect_intent(HELLO)
        await bot.aclose()

    assert fake.requests[0].path == "/proxy/wit/message"


@pytest.mark.parametrize("name", fixtures.names("wit", errors=True))
async def test_an_error_on_the_wire_has_its_outcome(name: str) -> None:
    async with FakeWit(Answer.from_file(fixtures.path("wit", name))) as fake:
        bot = adapter(fake)
        with pytest.raises(fixtures.error_class(fixtures.load("wit", name))):
            await bot.detect_intent(HELLO)
        await bot.aclose()

    assert len(fake.requests) == 1


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (b"", Unavailable),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", InvalidResponse),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{", Unavailable),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", InvalidResponse),
    ],
)
async def test_a_connection_that_breaks_has_its_outcome(raw: bytes, error: type[AdapterError]) -> None:
    async with FakeWit(Answer(raw=raw)) as fake:
        bot = adapter(fake)
        with pytest.raises(AdapterError) as caught:
            await bot.detect_intent(HELLO)
        await bot.aclose()

    assert type(caught.value) is error


async def test_an_enormous_answer_is_an_invalid_response() -> None:
    async with FakeWit(Answer({"text": "x" * 1_000_000, "intents": []})) as fake:
        bot = adapter(fake)
        with pytest.raises(InvalidResponse):
            await bot.detect_intent(HELLO)
        await bot.aclose()


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    bot = WitAdapter(options(WIT_URL="http://127.0.0.1:1"))

    with pytest.raises(Unavailable):
        await bot.detect_intent(HELLO)
    await bot.aclose()


async def test_a_call_ends_in_time_by_itself(mocker: MockerFixture) -> None:
    mocker.patch("integrations.providers.wit.adapter.SECONDS", 0.05)
    async with FakeWit(Answer(delay=60)) as fake:
        bot = adapter(fake)
        with pytest.raises(ProviderTimeout):
            await bot.detect_intent(HELLO)
        await bot.aclose()


async def test_a_redirect_is_not_followed() -> None:
    async with FakeWit() as other, FakeWit(Answer(status=302, headers={"Location": f"{other.url}/message"})) as fake:
        bot = adapter(fake)
        with pytest.raises(InvalidResponse):
            await bot.detect_intent(HELLO)
        await bot.aclose()

    assert other.requests == []


async def test_a_connection_serves_many_calls() -> None:
    async with FakeWit() as fake:
        bot = adapter(fake)
        for _ in range(3):
            await bot.detect_intent(HELLO)
        await bot.aclose()

    assert (len(fake.requests), fake.connections) == (3, 1)


async def hanging(bot: WitAdapter, fake: FakeWit, calls: int) -> list[asyncio.Task[Any]]:
    """This many calls, which have all arrived and wait for an answer."""
    arrived = asyncio.Semaphore(0)
    fake.answer = Answer(delay=60)
    fake.on_request = lambda request: arrived.release()
    tasks = [asyncio.create_task(bot.detect_intent(HELLO)) for _ in range(calls)]
    async with asyncio.timeout(30):
        for _ in range(calls):
            await arrived.acquire()
    return tasks


async def cancelled(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_cancelled_calls_leave_the_client_healthy(mocker: MockerFixture) -> None:
    mocker.patch("integrations.providers.wit.adapter.BUSY_CALLS", 100)
    async with FakeWit() as fake:
        bot = adapter(fake)
        await cancelled(await hanging(bot, fake, 100))
        fake.answer = wit.as_wit

        async with asyncio.timeout(30):
            replies = await asyncio.gather(*(bot.detect_intent(HELLO) for _ in range(50)))
        await bot.aclose()

    assert [reply.intent for reply in replies] == ["greeting"] * 50


async def test_calls_cancelled_on_their_way_leave_the_client_healthy() -> None:
    async with FakeWit() as fake:
        bot = adapter(fake)
        for steps in range(20):
            tasks = [asyncio.create_task(bot.detect_intent(HELLO)) for _ in range(BUSY_CALLS)]
            for _ in range(steps):
                await asyncio.sleep(0)
            await cancelled(tasks)

        async with asyncio.timeout(30):
            replies = await asyncio.gather(*(bot.detect_intent(HELLO) for _ in range(BUSY_CALLS)))
        await bot.aclose()

    assert [reply.intent for reply in replies] == ["greeting"] * BUSY_CALLS


async def test_a_call_cut_off_by_closing_is_unavailable() -> None:
    async with FakeWit() as fake:
        bot = adapter(fake)
        (asking,) = await hanging(bot, fake, 1)
        await bot.aclose()
        async with asyncio.timeout(30):
            with pytest.raises(Unavailable):
                await asking


async def test_two_visitors_get_their_own_answers() -> None:
    async def answer(bot: WitAdapter, name: str) -> str:
        return (await bot.detect_intent(msgspec.structs.replace(HELLO, session=name, text=name))).intent

    def by_text(request: Request) -> Answer:
        return Answer({"text": "", "intents": [{"name": request.query["q"], "confidence": 0.9}]})

    async with FakeWit(by_text) as fake:
        bot = adapter(fake)
        answers = await asyncio.gather(answer(bot, "a"), answer(bot, "b"))
        await bot.aclose()

    assert list(answers) == ["a", "b"]


# The list of intents, which comes through the SDK


async def test_intents_are_listed_from_the_configured_server_and_version() -> None:
    async with FakeWit() as fake:
        names = await adapter(fake, WIT_API_VERSION="20240304").list_intents()

    (request,) = fake.requests
    assert names == ["booking", "greeting"]
    assert (request.method, request.path) == ("GET", "/intents")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["accept"] == "application/vnd.wit.20240304+json"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer({"error": "Bad auth", "code": "no-auth"}, 401), AuthenticationFailed),
        (Answer({"error": "Bad auth", "code": "no-auth"}, 400), AuthenticationFailed),
        (Answer({"error": "Slow down"}, 429), RateLimited),
        (Answer({"error": "Timed out"}, 408), ProviderTimeout),
        (Answer("<html>", 503, "text/html"), Unavailable),
        (Answer({"error": "Something went wrong"}), Unavailable),
        (Answer({"error": {"inner": 1}}), InvalidResponse),
        (Answer("<html>", 200, "text/html"), InvalidResponse),
        (Answer({"intents": []}), InvalidResponse),
        (Answer(7), InvalidResponse),
        (Answer(raw=b""), Unavailable),
    ],
)
async def test_intents_that_can_t_be_listed_say_why(answer: Answer, error: type[AdapterError]) -> None:
    async with FakeWit(answer) as fake:
        with pytest.raises(AdapterError) as caught:
            await adapter(fake).list_intents()

    assert type(caught.value) is error


async def test_listing_intents_ends_in_time(mocker: MockerFixture) -> None:
    mocker.patch("integrations.providers.wit.adapter.SECONDS", 0.05)
    async with FakeWit(Answer(delay=1)) as fake:
        with pytest.raises(ProviderTimeout):
            await adapter(fake).list_intents()


def test_the_sdk_s_own_call_ends_in_time_too(mocker: MockerFixture) -> None:
    request = mocker.patch("requests.request", side_effect=RuntimeError)

    with contextlib.suppress(RuntimeError):
        WitAdapter(options())._list_intents()

    assert request.call_args.kwargs["timeout"] == (5, 20)


def test_the_sdk_prints_nothing() -> None:
    logger = logging.getLogger("wit.wit")

    assert logging.getLogger("wit").handlers == []
    assert not logger.isEnabledFor(logging.DEBUG)


def test_the_sdk_is_not_imported_where_another_provider_is_selected() -> None:
    script = "import sys, integrations; integrations.create('echo', {}); print('wit' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


async def test_the_local_server_runs_as_a_program(unused_tcp_port: int) -> None:
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fakes.wit", "--port", str(unused_tcp_port)),
        *("--body", str(fixtures.path("wit", "low_confidence"))),
        stdout=asyncio.subprocess.PIPE,
    )
    bot = WitAdapter(options(WIT_URL=f"http://127.0.0.1:{unused_tcp_port}"))
    try:
        async with asyncio.timeout(30):
            while True:
                try:
                    reply = await bot.detect_intent(HELLO)
                    break
                except Unavailable:
                    await asyncio.sleep(0.1)
            assert program.stdout is not None
            noted = json.loads(await program.stdout.readline())
    finally:
        program.terminate()
        await program.wait()
        await bot.aclose()

    assert (reply.intent, reply.confidence) == ("cancel", 0.52)
    assert noted["query"]["q"] == "hello"


async def check(fake: FakeWit) -> None:
    checked = adapter(fake)
    try:
        await checked.check()
    finally:
        await checked.aclose()


def sick(request: wit.Request) -> Answer:
    """A newer app: it knows its sentences and finds no intent in them."""
    nothing = Answer({"text": "hello there", "intents": [], "entities": {}, "traits": {}})
    return wit.UTTERANCES if request.path == "/utterances" else nothing


async def test_the_check_asks_a_sentence_that_the_app_was_trained_with() -> None:
    async with FakeWit() as fake:
        await check(fake)

    assert [(request.path, request.query.get("q")) for request in fake.requests] == [
        ("/utterances", None),
        ("/message", "hello there"),
    ]


async def test_the_check_names_an_app_that_does_not_know_its_own_sentences() -> None:
    async with FakeWit(sick) as fake:
        with pytest.raises(Unavailable, match=r"the token and the settings are right.*issues 2809") as caught:
            await check(fake)

    assert "hello there" not in str(caught.value)


@pytest.mark.parametrize(
    "body", [[], [{"text": "hi"}], [{"text": "x" * 281, "intent": {"name": "a"}}], {"error": "?"}, "text"]
)
async def test_an_app_without_sentences_is_asked_another_question(body: Any) -> None:
    def bare(request: wit.Request) -> Answer:
        return Answer(body) if request.path == "/utterances" else wit.understood("hello")

    async with FakeWit(bare) as fake:
        await check(fake)

    assert fake.requests[-1].query["q"] == "hello"
