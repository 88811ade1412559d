"""The contract, with the network mocked at its boundary: the gRPC stub's call, and httpx's transport."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from typing import Any

import grpc
import httpx
import pytest
from pytest_mock import MockerFixture

from integrations import ADAPTERS, AdapterError, Unavailable, WrittenAnswer, find
from integrations.providers.faq import adapter as faq
from integrations.providers.faq.training import Trained, study
from integrations.testing import EVERY_ERROR, VISITOR, Provider
from integrations.testing.contract import AdapterContract
from tests.fakes import dialogflow, dialogflow_cx, wit
from tests.support import fixtures


def named(provider: str, error: type[AdapterError]) -> str:
    """A fixture that ends in this error."""
    names = fixtures.names(provider, errors=True)
    return next(name for name in names if fixtures.error_class(fixtures.load(provider, name)) is error)


class Echo(Provider):
    name = "echo"
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
    environ = {
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
    environ = {
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
    environ = {"WIT_ACCESS_TOKEN": "LOCALTOKEN", "WIT_URL": "http://127.0.0.1:1"}
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


class Faq(Provider):
    name = "faq"
    errors = ()
    written = [WrittenAnswer(language="en", title="Hours", questions=("When are you open?",), text="From nine to five.")]

    def __init__(self, mocker: MockerFixture) -> None:
        async def study_here(examples: Sequence[str], answers: Sequence[int]) -> Trained:
            return study(examples, answers)

        mocker.patch.object(faq, "study_apart", study_here)

    def answers(self) -> str:
        return "When do you open?"


class ProviderContract(AdapterContract):
    @pytest.fixture
    def provider(self, mocker: MockerFixture) -> Iterator[Provider]:
        yield self.provider_class(mocker)  # type: ignore[call-arg]


class TestEcho(ProviderContract):
    provider_class = Echo


class TestDialogflow(ProviderContract):
    provider_class = Dialogflow


class TestDialogflowCX(ProviderContract):
    provider_class = DialogflowCX


class TestFaq(ProviderContract):
    provider_class = Faq


class TestWit(ProviderContract):
    provider_class = Wit


@pytest.mark.parametrize("provider", ADAPTERS)
def test_every_adapter_has_a_contract(provider: str) -> None:
    assert provider in {contract.provider_class.name for contract in ProviderContract.__subclasses__()}


@pytest.mark.parametrize("provider", ADAPTERS)
def test_every_variable_carries_the_provider_s_name(provider: str) -> None:
    for variable in find(provider).options_class.variables():
        assert variable.startswith(f"{provider.split('_')[0].upper()}_")


@pytest.mark.parametrize("provider", ["dialogflow", "wit"])
@pytest.mark.parametrize("error", EVERY_ERROR)
def test_there_is_a_body_for_every_error(provider: str, error: type[AdapterError]) -> None:
    assert named(provider, error)
