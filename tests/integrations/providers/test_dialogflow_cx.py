"""Dialogflow CX, through its real client."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import warnings
from typing import Any

import grpc
import pytest

from integrations import (
    AuthenticationFailed,
    Card,
    ConfigurationError,
    InvalidResponse,
    Payload,
    ProviderTimeout,
    RateLimited,
    Rejected,
    Text,
    Unavailable,
    Utterance,
)
from integrations.providers.dialogflow_cx import (
    DialogflowCXAdapter,
    DialogflowCXOptions,
    request_for,
    session_path,
    understand,
)
from tests.fakes import dialogflow_cx as cx
from tests.fakes.dialogflow_cx import Answer, FakeDialogflowCX, says, text

HELLO = Utterance(session="5d1f2a30-8f0e-4c8e-9b1e-0c6a4f1b2d3e", language="de-AT", text="hello")
AGENT = {"DIALOGFLOW_CX_PROJECT_ID": "example-project", "DIALOGFLOW_CX_AGENT_ID": "1e2d3c4b"}


def options(**environ: str) -> DialogflowCXOptions:
    return DialogflowCXOptions.from_environ({**AGENT, **environ})


def adapter(fake: FakeDialogflowCX, **environ: str) -> DialogflowCXAdapter:
    return DialogflowCXAdapter(options(DIALOGFLOW_EMULATOR_HOST=fake.host, **environ))


def understood(answer: Answer, **environ: str) -> Any:
    return understand(cx.response(answer.body), options(**environ))


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({}, "projects/example-project/locations/global/agents/1e2d3c4b/sessions/s"),
        (
            {"DIALOGFLOW_CX_LOCATION": "europe-west1", "DIALOGFLOW_CX_ENVIRONMENT": "live"},
            "projects/example-project/locations/europe-west1/agents/1e2d3c4b/environments/live/sessions/s",
        ),
        ({"DIALOGFLOW_CX_ENVIRONMENT": "draft"}, "projects/example-project/locations/global/agents/1e2d3c4b/sessions/s"),
    ],
)
def test_a_session_s_path_names_location_agent_and_environment(environ: dict[str, str], path: str) -> None:
    assert session_path(options(**environ), "s") == path


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DIALOGFLOW_CX_PROJECT_ID", ""),
        ("DIALOGFLOW_CX_PROJECT_ID", "projects/secret-thing"),
        ("DIALOGFLOW_CX_AGENT_ID", ""),
        ("DIALOGFLOW_CX_AGENT_ID", "projects/p/agents/secret-thing"),
        ("DIALOGFLOW_CX_LOCATION", "Secret thing"),
        ("DIALOGFLOW_CX_ENVIRONMENT", "secret/thing"),
        ("DIALOGFLOW_CX_MIN_CONFIDENCE", "2"),
    ],
)
def test_a_wrong_variable_is_named_without_its_value(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        options(**{name: value})

    assert [problem.variable for problem in caught.value.problems] == [name]
    assert "ecret" not in str(caught.value)


def test_a_question_carries_language_and_time_zone_and_an_event_its_name() -> None:
    asked = request_for(HELLO, options())
    event = Utterance(session="s", language="en", event="WELCOME", time_zone="Europe/Berlin")

    assert asked["query_input"] == {"text": {"text": "hello"}, "language_code": "de-AT"}
    assert "query_params" not in asked
    assert request_for(event, options())["query_input"]["event"] == {"event": "WELCOME"}
    assert request_for(event, options())["query_params"] == {"time_zone": "Europe/Berlin"}


@pytest.mark.parametrize("text", ["", "x" * 257, "\ud800"])
def test_what_google_would_refuse_is_not_sent(text: str) -> None:
    with pytest.raises(Rejected):
        request_for(Utterance(session="s", language="en", text=text), options())


def test_all_messages_are_read_in_order() -> None:
    reply = understood(
        says(
            text("One."),
            {},
            text("", "Two."),
            {"payload": {"richContent": [[{"type": "info", "title": "Room", "subtitle": "Two beds"}]]}},
            {"knowledgeInfoCard": {}},
            {"payload": {"site": "widget"}},
            {"conversationSuccess": {}},
            {"outputAudioText": {"text": "spoken"}},
            {"playAudio": {"audioUri": "https://example.com/a.mp3"}},
            text(" "),
            text("Three."),
            parameters={"nights": 2, "city": "Rome"},
        )
    )

    assert reply.parts == (
        Text("One."),
        Text("Two."),
        Card(title="Room", text="Two beds"),
        Payload({"site": "widget"}),
        Text("Three."),
    )
    assert (reply.intent, reply.confidence, reply.is_fallback) == ("greeting", 0.9, False)
    assert reply.entities == {"nights": 2, "city": "Rome"}
    assert not (reply.handoff or reply.end)
    assert json.dumps([part.as_json() for part in reply.parts])


@pytest.mark.parametrize("match_type", ["NO_MATCH", "NO_INPUT"])
def test_no_match_and_no_input_are_not_understood(match_type: str) -> None:
    reply = understood(says(text("Pardon?"), match_type=match_type, intent=""))

    assert reply.is_fallback
    assert reply.parts == (Text("Pardon?"),)


@pytest.mark.parametrize("match_type", ["PLAYBOOK", "KNOWLEDGE_CONNECTOR", "EVENT", "PARAMETER_FILLING", "DIRECT_INTENT"])
def test_an_answer_without_an_intent_is_a_good_one(match_type: str) -> None:
    reply = understood(says(text("Here."), match_type=match_type, intent=""))

    assert (reply.is_fallback, reply.intent, reply.parts) == (False, "", (Text("Here."),))


def test_a_match_type_that_the_library_does_not_know_is_no_error() -> None:
    answer = cx.response(says(text("Here.")).body)
    cx.DetectIntentResponse.pb(answer).query_result.match.match_type = 99
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reply = understand(answer, options())

    assert (reply.is_fallback, reply.parts) == (False, (Text("Here."),))


@pytest.mark.parametrize(
    ("message", "handoff", "end"),
    [
        ({"liveAgentHandoff": {"metadata": {"team": "sales"}}}, True, False),
        ({"endInteraction": {}}, False, True),
        ({"payload": {"action": "handoff"}}, True, False),
        ({"payload": {"action": "other"}}, False, False),
    ],
)
def test_a_message_may_hand_over_or_end(message: dict[str, Any], handoff: bool, end: bool) -> None:
    reply = understood(says(text("Bye."), message))

    assert (reply.handoff, reply.end) == (handoff, end)
    assert reply.parts[0] == Text("Bye.")


def test_the_sign_for_a_person_may_be_another_or_come_from_a_webhook() -> None:
    answer = says(text("One moment."), webhookPayloads=[{"to": "human"}])

    assert understood(answer, DIALOGFLOW_HANDOFF_PAYLOAD="to=human").handoff
    assert not understood(answer).handoff


def test_a_webhook_that_failed_is_logged_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    statuses = [{"code": 0}, {"code": 14, "message": "the visitor's secret"}]

    reply = understood(says(text("Static."), webhookStatuses=statuses))

    assert reply.parts == (Text("Static."),)
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        "Dialogflow couldn't use a webhook of the agent: gRPC status 14."
    ]


@pytest.mark.parametrize(
    "broken",
    [
        None,
        cx.response({}),
        cx.response(says(text("x" * 300_000)).body),
        cx.response({"queryResult": {"match": {"confidence": 7}}}),
        cx.response({"queryResult": {"match": {"confidence": "NaN"}}}),
    ],
)
def test_an_answer_that_makes_no_sense_is_told(broken: Any) -> None:
    with pytest.raises(InvalidResponse):
        understand(broken, options())


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (grpc.StatusCode.UNAVAILABLE, Unavailable),
        (grpc.StatusCode.DEADLINE_EXCEEDED, ProviderTimeout),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, RateLimited),
        (grpc.StatusCode.PERMISSION_DENIED, AuthenticationFailed),
        (grpc.StatusCode.INVALID_ARGUMENT, Rejected),
        (grpc.StatusCode.UNIMPLEMENTED, InvalidResponse),
    ],
)
async def test_each_status_is_the_matching_error(status: grpc.StatusCode, error: type[Exception]) -> None:
    async with FakeDialogflowCX(Answer(status=status)) as fake:
        asked = adapter(fake)
        with pytest.raises(error):
            await asked.detect_intent(HELLO)
        await asked.aclose()


async def test_an_agent_that_is_not_found_names_the_variables_of_cx() -> None:
    async with FakeDialogflowCX(Answer(status=grpc.StatusCode.NOT_FOUND)) as fake:
        asked = adapter(fake)
        with pytest.raises(AuthenticationFailed, match="DIALOGFLOW_CX_PROJECT_ID, DIALOGFLOW_CX_LOCATION"):
            await asked.detect_intent(HELLO)
        await asked.aclose()


async def test_it_asks_once_and_within_the_turn_s_seconds() -> None:
    async with FakeDialogflowCX(cx.echo) as fake:
        asked = adapter(fake)
        reply = await asked.detect_intent(HELLO)
        names = await asked.list_intents()
        await asked.aclose()

    assert reply.parts == (Text("hello"),)
    assert names == ["greeting"]
    assert [call.request.session for call in fake.calls] == [session_path(options(), HELLO.session)]
    assert fake.calls[0].seconds is not None
    assert 15 < fake.calls[0].seconds < 21  # gRPC rounds the deadline up on the wire


def test_it_is_imported_only_if_it_is_chosen() -> None:
    script = (
        "import sys, integrations; integrations.find('dialogflow'); print('google.cloud.dialogflowcx_v3' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
