"""The contract, with the network mocked at its boundary: the gRPC stub's call, and httpx's transport."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import Any, ClassVar

import grpc
import httpx
import pytest
from pytest_mock import MockerFixture

from integrations import (
    Adapter,
    AdapterError,
    AuthenticationFailed,
    InvalidResponse,
    ProviderTimeout,
    RateLimited,
    Rejected,
    Unavailable,
)
from integrations.testing import BROKEN_REPLIES, VISITOR, AdapterContract, Provider
from tests.fakes import dialogflow, dialogflow_cx, wit
from tests.support import fixtures
from tests.support.scripted import ScriptedAdapter

EVERY_ERROR = (ProviderTimeout, Unavailable, RateLimited, AuthenticationFailed, Rejected, InvalidResponse)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "error" in metafunc.fixturenames and metafunc.cls:
        metafunc.parametrize("error", metafunc.cls.provider_class.errors, ids=lambda error: error.__name__)


def named(provider: str, error: type[AdapterError]) -> str:
    """A fixture that ends in this error."""
    names = fixtures.names(provider, errors=True)
    return next(name for name in names if fixtures.error_class(fixtures.load(provider, name)) is error)


class Echo(Provider):
    name = "echo"
    environ: ClassVar[dict[str, str]] = {}
    errors = (Unavailable,)

    def __init__(self, mocker: MockerFixture) -> None:
        pass

    def answers(self) -> str:
        return VISITOR

    def is_silent(self) -> str:
        return "/silent"

    def fails(self, error: type[AdapterError]) -> str:
        return "/fail"

    def hangs(self) -> str:
        return "/hang"


class Dialogflow(Provider):
    name = "dialogflow"
    environ: ClassVar[dict[str, str]] = {
        "DIALOGFLOW_PROJECT_ID": "example-project",
        "DIALOGFLOW_EMULATOR_HOST": "127.0.0.1:1",
    }
    required = ("DIALOGFLOW_PROJECT_ID",)
    errors = EVERY_ERROR

    def __init__(self, mocker: MockerFixture) -> None:
        self._answer: Callable[[], Any]

        class Call:
            def __await__(call) -> Generator[Any, None, Any]:
                return self._respond().__await__()

        mocker.patch(
            "grpc.aio._channel.UnaryUnaryMultiCallable.__call__", autospec=True, side_effect=lambda *_, **__: Call()
        )

    async def _respond(self) -> Any:
        for _ in range(3):
            await asyncio.sleep(0)
        answer = self._answer()
        return await answer if asyncio.iscoroutine(answer) else answer

    def answers(self) -> str:
        self._answer = lambda: dialogflow.response(fixtures.load("dialogflow", "parameters_of_every_kind")["body"])
        return VISITOR

    def is_silent(self) -> str:
        self._answer = lambda: dialogflow.response(fixtures.load("dialogflow", "intent_with_blank_message")["body"])
        return VISITOR

    def fails(self, error: type[AdapterError]) -> str:
        fixture = fixtures.load("dialogflow", named("dialogflow", error))

        def fail() -> None:
            status, metadata = grpc.StatusCode[fixture["grpc_status"]], grpc.aio.Metadata()
            raise grpc.aio.AioRpcError(status, metadata, metadata, fixture["grpc_details"])

        self._answer = fail
        return VISITOR

    def hangs(self) -> str:
        self._answer = lambda: asyncio.Event().wait()
        return VISITOR


class DialogflowCX(Dialogflow):
    name = "dialogflow_cx"
    environ: ClassVar[dict[str, str]] = {
        "DIALOGFLOW_CX_PROJECT_ID": "example-project",
        "DIALOGFLOW_CX_AGENT_ID": "1e2d3c4b",
        "DIALOGFLOW_EMULATOR_HOST": "127.0.0.1:1",
    }
    required = ("DIALOGFLOW_CX_PROJECT_ID", "DIALOGFLOW_CX_AGENT_ID")

    def answers(self) -> str:
        self._answer = lambda: dialogflow_cx.response(dialogflow_cx.says(dialogflow_cx.text("Hello.")).body)
        return VISITOR

    def is_silent(self) -> str:
        self._answer = lambda: dialogflow_cx.response(dialogflow_cx.says({}, dialogflow_cx.text("")).body)
        return VISITOR


class Wit(Provider):
    name = "wit"
    environ: ClassVar[dict[str, str]] = {"WIT_ACCESS_TOKEN": "LOCALTOKEN", "WIT_URL": "http://127.0.0.1:1"}
    required = ("WIT_ACCESS_TOKEN",)
    errors = EVERY_ERROR

    def __init__(self, mocker: MockerFixture) -> None:
        self._fixture = ""
        mocker.patch("httpx.AsyncHTTPTransport.handle_async_request", autospec=True, side_effect=self._respond)

    async def _respond(self, transport: object, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        if not self._fixture:
            await asyncio.Event().wait()
        answer = wit.Answer.from_file(fixtures.path("wit", self._fixture))
        headers = {"content-type": answer.content_type, **answer.headers}
        return httpx.Response(answer.status, headers=headers, stream=Chunks(answer.content))

    def answers(self) -> str:
        self._fixture = "intent_with_several_values"
        return VISITOR

    def is_silent(self) -> str:
        return self.answers()  # Wit.ai never sends words

    def fails(self, error: type[AdapterError]) -> str:
        self._fixture = named("wit", error)
        return VISITOR

    def hangs(self) -> str:
        self._fixture = ""
        return VISITOR


class Chunks(httpx.AsyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for begin in range(0, len(self._content), 100):
            await asyncio.sleep(0)
            yield self._content[begin : begin + 100]


class ProviderContract(AdapterContract):
    provider_class: ClassVar[type[Provider]]

    @pytest.fixture
    def provider(self, mocker: MockerFixture) -> Iterator[Provider]:
        yield self.provider_class(mocker)  # type: ignore[call-arg]


class TestEcho(ProviderContract):
    provider_class = Echo


class TestDialogflow(ProviderContract):
    provider_class = Dialogflow


class TestDialogflowCX(ProviderContract):
    provider_class = DialogflowCX


class TestWit(ProviderContract):
    provider_class = Wit


class Careless(Echo):
    """Its adapter returns or raises what no adapter should."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def adapter(self) -> Adapter:
        return ScriptedAdapter(lambda utterance: self._answer)


@pytest.mark.parametrize("rule", BROKEN_REPLIES)
async def test_the_contract_names_the_rule_that_a_reply_breaks(rule: str) -> None:
    with pytest.raises(AssertionError, match=rule):
        await AdapterContract().test_it_answers_with_a_reply_that_json_can_hold(Careless(BROKEN_REPLIES[rule]))


async def test_the_contract_names_an_outcome_that_nobody_knows() -> None:
    class Tired(Unavailable):
        outcome = "tired"

    with pytest.raises(AssertionError, match=r"Tired\.outcome must be one of authentication, invalid_response, "):
        await AdapterContract().test_trouble_is_the_matching_adapter_error(Careless(Tired("Too tired.")), Tired)


@pytest.mark.parametrize("provider", ["dialogflow", "wit"])
@pytest.mark.parametrize("error", EVERY_ERROR)
def test_there_is_a_body_for_every_error(provider: str, error: type[AdapterError]) -> None:
    assert named(provider, error)
