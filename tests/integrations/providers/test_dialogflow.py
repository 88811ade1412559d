import asyncio
import dataclasses
import json
import logging
import subprocess
import sys
from typing import Any

import grpc
import msgspec
import pytest
from pytest_mock import MockerFixture

from integrations import (
    AuthenticationFailed,
    ConfigurationError,
    InvalidResponse,
    ProviderTimeout,
    Rejected,
    Text,
    Unavailable,
    Utterance,
)
from integrations.google.channel import endpoint
from integrations.providers.dialogflow import (
    DialogflowAdapter,
    DialogflowOptions,
    agent_path,
    request_for,
    session_path,
    understand,
)
from tests.fakes import dialogflow
from tests.fakes.dialogflow import Answer, FakeDialogflow, says

HELLO = Utterance(session="5d1f2a30-8f0e-4c8e-9b1e-0c6a4f1b2d3e", language="en", text="hello")


def options(**environ: str) -> DialogflowOptions:
    return DialogflowOptions.from_environ({"DIALOGFLOW_PROJECT_ID": "example-project", **environ})


def adapter(fake: FakeDialogflow, **environ: str) -> DialogflowAdapter:
    return DialogflowAdapter(options(DIALOGFLOW_EMULATOR_HOST=fake.host, **environ))


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({}, "projects/example-project/agent/sessions/s"),
        ({"DIALOGFLOW_LOCATION": "global"}, "projects/example-project/agent/sessions/s"),
        ({"DIALOGFLOW_LOCATION": "europe-west1"}, "projects/example-project/locations/europe-west1/agent/sessions/s"),
        ({"DIALOGFLOW_ENVIRONMENT": "live"}, "projects/example-project/agent/environments/live/users/-/sessions/s"),
        ({"DIALOGFLOW_ENVIRONMENT": "draft"}, "projects/example-project/agent/sessions/s"),
        (
            {"DIALOGFLOW_LOCATION": "europe-west1", "DIALOGFLOW_ENVIRONMENT": "live"},
            "projects/example-project/locations/europe-west1/agent/environments/live/users/-/sessions/s",
        ),
    ],
)
def test_a_session_s_path_names_location_and_environment(environ: dict[str, str], path: str) -> None:
    assert session_path(options(**environ), "s") == path


def test_an_agent_s_path_names_location_and_environment() -> None:
    named = options(DIALOGFLOW_LOCATION="asia-northeast1", DIALOGFLOW_ENVIRONMENT="live")

    assert agent_path(named) == "projects/example-project/locations/asia-northeast1/agent/environments/live"


def test_a_region_has_its_own_endpoint() -> None:
    assert endpoint("global") == "dialogflow.googleapis.com"
    assert endpoint("europe-west1") == "europe-west1-dialogflow.googleapis.com"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DIALOGFLOW_PROJECT_ID", "projects/secret-thing"),
        ("DIALOGFLOW_LOCATION", "Europe West secret-thing"),
        ("DIALOGFLOW_ENVIRONMENT", "secret-thing/users"),
        ("DIALOGFLOW_MIN_CONFIDENCE", "secret-thing"),
        ("DIALOGFLOW_MIN_CONFIDENCE", "1.5"),
        ("DIALOGFLOW_PLATFORM", "secret-thing"),
        ("DIALOGFLOW_HANDOFF_PAYLOAD", "secret-thing"),
        ("DIALOGFLOW_HANDOFF_PAYLOAD", "=secret-thing"),
        ("DIALOGFLOW_EMULATOR_HOST", "http://secret-thing:8500"),
        ("DIALOGFLOW_EMULATOR_HOST", "secret-thing"),
    ],
)
def test_a_wrong_variable_is_named_and_not_repeated(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        options(**{name: value})

    assert [problem.variable for problem in caught.value.problems] == [name]
    assert "secret-thing" not in str(caught.value)
    assert f"Example: {name}=" in str(caught.value)


def test_credentials_are_not_in_the_options_repr() -> None:
    assert "secret-thing" not in repr(options(DIALOGFLOW_CREDENTIALS="secret-thing"))


def test_missing_credentials_are_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="DIALOGFLOW_CREDENTIALS"):
        DialogflowAdapter(options(DIALOGFLOW_CREDENTIALS="/no/such/key.json"))


@pytest.mark.parametrize(
    "utterance",
    [
        msgspec.structs.replace(HELLO, text="x" * 257),
        msgspec.structs.replace(HELLO, text=""),
        msgspec.structs.replace(HELLO, text="half \ud83d"),
        msgspec.structs.replace(HELLO, text="", event="E" * 151),
        msgspec.structs.replace(HELLO, session="s" * 37),
        msgspec.structs.replace(HELLO, session=""),
    ],
)
def test_what_dialogflow_would_refuse_is_rejected_before_the_call(utterance: Utterance) -> None:
    with pytest.raises(Rejected):
        request_for(utterance, options())


def test_256_characters_are_counted_in_code_points() -> None:
    assert request_for(msgspec.structs.replace(HELLO, text="🙂" * 256), options())


@pytest.mark.parametrize("response", [None, b"", object()])
def test_what_is_no_response_is_an_invalid_response(response: Any) -> None:
    with pytest.raises(InvalidResponse):
        understand(response, options())


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"queryResult": {"fulfillmentText": "x" * 300_000}},
        {"queryResult": {"intent": {"displayName": "a"}, "intentDetectionConfidence": 7}},
        {"queryResult": {"intent": {"displayName": "a"}, "intentDetectionConfidence": "NaN"}},
    ],
)
def test_a_response_without_sense_is_an_invalid_response(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidResponse):
        understand(dialogflow.response(body), options())


def test_a_failed_webhook_is_logged_without_a_word_of_the_conversation(caplog: pytest.LogCaptureFixture) -> None:
    body = {"queryResult": {"queryText": "secret"}, "webhookStatus": {"code": 4, "message": "secret"}}

    understand(dialogflow.response(body), options())

    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "webhook" in caplog.text
    assert "secret" not in caplog.text


# Over the network


async def test_a_text_reaches_dialogflow_with_session_language_and_routing() -> None:
    async with FakeDialogflow() as fake:
        bot = adapter(fake, DIALOGFLOW_LOCATION="europe-west1", DIALOGFLOW_ENVIRONMENT="live")
        reply = await bot.detect_intent(
            Utterance(session=HELLO.session, language="pt-BR", text="olá & até #1", time_zone="Europe/Lisbon")
        )
        await bot.aclose()

    (call,) = fake.calls
    session = f"projects/example-project/locations/europe-west1/agent/environments/live/users/-/sessions/{HELLO.session}"
    assert reply.parts == (Text("olá & até #1"),)
    assert call.request.session == session
    assert call.request.query_input.text.text == "olá & até #1"
    assert call.request.query_input.text.language_code == "pt-BR"
    assert call.request.query_params.time_zone == "Europe/Lisbon"
    assert call.metadata["x-goog-request-params"] == f"session={session}"
    assert "authorization" not in call.metadata


async def test_the_time_zone_is_left_to_the_bot_where_the_site_has_none() -> None:
    async with FakeDialogflow() as fake:
        bot = adapter(fake)
        await bot.detect_intent(HELLO)
        await bot.aclose()

    assert fake.calls[0].request.query_params.time_zone == ""


async def test_an_event_reaches_dialogflow_as_an_event() -> None:
    async with FakeDialogflow() as fake:
        bot = adapter(fake)
        await bot.detect_intent(Utterance(session="s", language="de", event="WELCOME"))
        await bot.aclose()

    query = fake.calls[0].request.query_input
    assert (query.event.name, query.event.language_code, query.text.text) == ("WELCOME", "de", "")


async def test_a_call_carries_our_deadline_and_not_the_library_s() -> None:
    async with FakeDialogflow() as fake:
        bot = adapter(fake)
        await bot.detect_intent(HELLO)
        await bot.aclose()

    seconds = fake.calls[0].seconds
    assert seconds is not None
    assert 15 < seconds < 21


async def test_two_visitors_have_two_sessions() -> None:
    async with FakeDialogflow(lambda call: says(call.request.session[-1])) as fake:
        bot = adapter(fake)
        replies = await asyncio.gather(
            *(bot.detect_intent(msgspec.structs.replace(HELLO, session=session)) for session in ("a", "b", "a"))
        )
        await bot.aclose()

    assert [reply.parts for reply in replies] == [(Text("a"),), (Text("b"),), (Text("a"),)]
    assert sorted(call.request.session[-2:] for call in fake.calls) == ["/a", "/a", "/b"]


async def test_a_failing_call_is_made_once() -> None:
    async with FakeDialogflow(Answer(status=grpc.StatusCode.UNAVAILABLE)) as fake:
        bot = adapter(fake)
        with pytest.raises(Unavailable):
            await bot.detect_intent(HELLO)
        await bot.aclose()

    assert len(fake.calls) == 1


async def test_a_deadline_of_our_own_ends_the_call_at_dialogflow_too() -> None:
    async with FakeDialogflow(Answer(delay=60)) as fake:
        bot = adapter(fake)
        arrived = asyncio.Event()
        fake.on_call = lambda call: arrived.set()
        asking = asyncio.create_task(bot.detect_intent(HELLO))
        await arrived.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.wait_for(fake.cancelled.wait(), 30)
        fake.answer = says("Still here")
        reply = await bot.detect_intent(HELLO)
        await bot.aclose()

    assert reply.parts == (Text("Still here"),)


async def test_a_deadline_on_the_wire_is_a_timeout() -> None:
    async with FakeDialogflow(Answer(delay=60)) as fake:
        bot = adapter(fake)
        with pytest.raises(ProviderTimeout):
            await bot.detect_intent(msgspec.structs.replace(HELLO, seconds=0.05))
        await bot.aclose()


async def test_a_call_cut_off_by_closing_is_unavailable(mocker: MockerFixture) -> None:
    mocker.patch("integrations.google.channel.CLOSING_SECONDS", 0.01)
    async with FakeDialogflow(Answer(delay=60)) as fake:
        bot = adapter(fake)
        arrived = asyncio.Event()
        fake.on_call = lambda call: arrived.set()
        asking = asyncio.create_task(bot.detect_intent(HELLO))
        await arrived.wait()
        await bot.aclose()
        with pytest.raises(Unavailable):
            await asking


async def test_closing_lets_a_call_end(mocker: MockerFixture) -> None:
    async with FakeDialogflow(dataclasses.replace(says("Just in time"), delay=0.05)) as fake:
        bot = adapter(fake)
        arrived = asyncio.Event()
        fake.on_call = lambda call: arrived.set()
        asking = asyncio.create_task(bot.detect_intent(HELLO))
        await arrived.wait()
        await bot.aclose()

        assert (await asking).parts == (Text("Just in time"),)


def nested(levels: int) -> bytes:
    """A raw response whose parameters are nested too deep for any decoder."""

    def field(number: int, content: bytes) -> bytes:
        length, encoded = len(content), b""
        while length > 127:
            encoded, length = encoded + bytes([length & 127 | 128]), length >> 7
        return bytes([number << 3 | 2]) + encoded + bytes([length]) + content

    value = field(3, b"x")
    for _ in range(levels):
        value = field(6, field(1, value))
    return field(2, field(4, field(1, field(1, b"k") + field(2, value))))


@pytest.mark.parametrize("garbage", [b"\xff\xff\xff", b"", nested(300), b"x" * 100, b"\x12\x05ab"])
async def test_garbage_on_the_wire_is_an_invalid_response(garbage: bytes) -> None:
    async with FakeDialogflow(Answer(garbage)) as fake:
        bot = adapter(fake)
        with pytest.raises(InvalidResponse):
            await bot.detect_intent(HELLO)
        await bot.aclose()


async def test_an_enormous_answer_is_an_invalid_response() -> None:
    async with FakeDialogflow(Answer({"queryResult": {"fulfillmentText": "x" * 5_000_000}})) as fake:
        bot = adapter(fake)
        with pytest.raises(InvalidResponse):
            await bot.detect_intent(HELLO)
        await bot.aclose()


async def test_a_recording_that_comes_with_the_answer_does_not_spoil_it() -> None:
    spoken = {"queryResult": {"fulfillmentText": "Hello"}, "outputAudio": "A" * 2_000_000}
    async with FakeDialogflow(Answer(spoken)) as fake:
        bot = adapter(fake)
        reply = await bot.detect_intent(HELLO)
        await bot.aclose()

    assert reply.parts == (Text("Hello"),)


async def test_a_server_that_is_not_there_is_unavailable_at_once() -> None:
    bot = DialogflowAdapter(options(DIALOGFLOW_EMULATOR_HOST="127.0.0.1:1"))

    with pytest.raises(Unavailable):
        await bot.detect_intent(HELLO)
    await bot.aclose()


async def test_a_server_that_speaks_something_else_is_an_invalid_response() -> None:
    async def speak_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(speak_http, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    bot = DialogflowAdapter(options(DIALOGFLOW_EMULATOR_HOST=f"127.0.0.1:{port}"))
    with pytest.raises(InvalidResponse):
        await bot.detect_intent(HELLO)
    await bot.aclose()
    server.close()
    await server.wait_closed()


async def test_intents_are_listed_over_all_pages() -> None:
    async with FakeDialogflow(intents=("room.book", "bye", "room.cancel", "", "about")) as fake:
        bot = adapter(fake, DIALOGFLOW_LOCATION="europe-west1")
        names = await bot.list_intents()

    assert names == ["about", "bye", "room.book", "room.cancel"]
    assert len(fake.listings) == 3
    assert {call.request.parent for call in fake.listings} == {"projects/example-project/locations/europe-west1/agent"}
    assert all(call.seconds is not None and call.seconds < 21 for call in fake.listings)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(status=grpc.StatusCode.PERMISSION_DENIED), AuthenticationFailed),
        (Answer(status=grpc.StatusCode.UNAVAILABLE), Unavailable),
        (Answer(b"\xff\xff\xff"), InvalidResponse),
    ],
)
async def test_intents_that_can_t_be_listed_say_why(answer: Answer, error: type[Exception]) -> None:
    async with FakeDialogflow(answer) as fake:
        with pytest.raises(error):
            await adapter(fake).list_intents()


async def test_listing_intents_ends_in_time(mocker: MockerFixture) -> None:
    mocker.patch("integrations.google.channel.SECONDS", 0.05)
    async with FakeDialogflow(Answer(delay=60)) as fake:
        with pytest.raises(ProviderTimeout):
            await adapter(fake).list_intents()


# Towards Google itself


async def test_google_is_called_at_the_region_s_endpoint_with_its_credentials(mocker: MockerFixture, key_text: str) -> None:
    open_channel = mocker.spy(grpc.aio, "secure_channel")
    bot = DialogflowAdapter(options(DIALOGFLOW_LOCATION="europe-west1", DIALOGFLOW_CREDENTIALS=key_text))

    client = bot._sessions.current()
    await bot.aclose()

    assert client.api_endpoint == "europe-west1-dialogflow.googleapis.com"
    assert open_channel.call_args.args[0] == "europe-west1-dialogflow.googleapis.com:443"
    assert isinstance(open_channel.call_args.args[1], grpc.ChannelCredentials)
    assert ("grpc.max_reconnect_backoff_ms", 5_000) in open_channel.call_args.kwargs["options"]


def test_google_s_library_is_not_imported_where_another_provider_is_selected() -> None:
    script = "import sys, integrations; integrations.create('echo', {}); print('google.cloud.dialogflow_v2' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_google_s_library_is_imported_when_the_provider_is_constructed() -> None:
    script = (
        "import sys, integrations; integrations.create('dialogflow', "
        "{'DIALOGFLOW_PROJECT_ID': 'p', 'DIALOGFLOW_EMULATOR_HOST': 'localhost:1'}); "
        "print('google.cloud.dialogflow_v2' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "True"


async def test_the_local_server_runs_as_a_program(unused_tcp_port: int) -> None:
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fakes.dialogflow", "--port", str(unused_tcp_port)),
        *("--body", str(dialogflow.__file__).replace("fakes/dialogflow.py", "fixtures/dialogflow/quick_replies.json")),
        stdout=asyncio.subprocess.PIPE,
    )
    bot = DialogflowAdapter(options(DIALOGFLOW_EMULATOR_HOST=f"127.0.0.1:{unused_tcp_port}"))
    try:
        async with asyncio.timeout(30):
            while True:
                try:
                    reply = await bot.detect_intent(HELLO)
                    break
                except Unavailable:
                    await bot.aclose()  # a new channel tries at once
                    await asyncio.sleep(0.2)
            assert program.stdout is not None
            noted = json.loads(await program.stdout.readline())
    finally:
        program.terminate()
        await program.wait()
        await bot.aclose()

    assert reply.parts[0] == Text("We have several rooms.")
    assert noted["request"]["session"].endswith(HELLO.session)


# What the variables say of the project and the region


def adapter_for(key: dict[str, Any], **environ: str) -> DialogflowAdapter:
    return DialogflowAdapter(DialogflowOptions.from_environ({"DIALOGFLOW_CREDENTIALS": json.dumps(key), **environ}))


def test_the_project_is_the_key_s_if_none_is_named(key: dict[str, Any]) -> None:
    bot = adapter_for(key)

    assert agent_path(bot._options) == f"projects/{key['project_id']}/agent"
    assert bot.warnings() == []


def test_a_project_that_isn_t_the_key_s_is_used_and_told(key: dict[str, Any]) -> None:
    bot = adapter_for(key, DIALOGFLOW_PROJECT_ID="another-project")

    assert agent_path(bot._options) == "projects/another-project/agent"
    [told] = bot.warnings()
    assert str(told).startswith("DIALOGFLOW_PROJECT_ID is another project than the key's.")


@pytest.mark.parametrize("environ", [{}, {"DIALOGFLOW_EMULATOR_HOST": "127.0.0.1:1"}])
def test_without_any_project_the_variable_is_named(environ: dict[str, str], key: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="DIALOGFLOW_PROJECT_ID is not set"):
        DialogflowAdapter(DialogflowOptions.from_environ(environ))
    with pytest.raises(ConfigurationError, match="DIALOGFLOW_PROJECT_ID is not set, and the key names none"):
        adapter_for({name: value for name, value in key.items() if name != "project_id"})


@pytest.mark.parametrize("region", ["us-central1", "europe-west3", "eu"])
def test_a_region_that_google_doesn_t_list_is_told_with_the_list(region: str, key: dict[str, Any]) -> None:
    [told] = adapter_for(key, DIALOGFLOW_LOCATION=region).warnings()

    assert "DIALOGFLOW_LOCATION is none of the regions" in str(told)
    assert "europe-west1, europe-west2, australia-southeast1, asia-northeast1" in str(told)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"DIALOGFLOW_LOCATION": "europe-west1-b"}, "DIALOGFLOW_LOCATION names a zone"),
        ({"DIALOGFLOW_PROJECT_ID": "YOUR-PROJECT-ID"}, "DIALOGFLOW_PROJECT_ID still holds the placeholder"),
        ({"DIALOGFLOW_PROJECT_ID": "<project>"}, "DIALOGFLOW_PROJECT_ID still holds the placeholder"),
        ({"DIALOGFLOW_LOCATION": "your_region"}, "DIALOGFLOW_LOCATION still holds the placeholder"),
        ({"DIALOGFLOW_ENVIRONMENT": "YOUR-ENVIRONMENT"}, "DIALOGFLOW_ENVIRONMENT still holds the placeholder"),
    ],
)
def test_a_zone_or_a_placeholder_is_refused(environ: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        options(**environ)


def test_the_sign_of_a_hand_over_loses_its_quotation_marks() -> None:
    assert options(DIALOGFLOW_HANDOFF_PAYLOAD='"action=handoff"').handoff_payload == ("action", "handoff")
