"""A local server that speaks Dialogflow ES's wire format, for tests and as a program:

python -m tests.fakes.dialogflow --port 8500 [--body file.json] [--delay seconds] [--status NOT_FOUND]

Then start the chat with CHATBOT_PROVIDER=dialogflow, DIALOGFLOW_PROJECT_ID=local and
DIALOGFLOW_EMULATOR_HOST=127.0.0.1:8500. Without --body it repeats the visitor's text. The program writes each request to
stdout, a JSON object a line.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import grpc
from google.cloud.dialogflow_v2 import DetectIntentRequest, DetectIntentResponse, ListIntentsRequest, ListIntentsResponse
from google.protobuf import json_format


@dataclasses.dataclass(frozen=True)
class Answer:
    """`body` is a DetectIntentResponse in the REST API's JSON, or raw bytes. With a `status` the call fails."""

    body: Any = dataclasses.field(default_factory=dict)
    status: grpc.StatusCode = grpc.StatusCode.OK
    details: str = ""
    delay: float = 0

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """A fixture ({"grpc_status", "grpc_details", "body"}), or only a response."""
        data = json.loads(path.read_text())
        if "body" not in data:
            return cls(data)
        status = grpc.StatusCode[data.get("grpc_status", "OK")]
        return cls(data["body"], status, data.get("grpc_details", ""))

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else serialized(self.body)


def response(body: dict[str, Any]) -> DetectIntentResponse:
    """The REST API's JSON as the client's message. Unknown fields are dropped, as in a real answer."""
    message = DetectIntentResponse()
    json_format.ParseDict(body, DetectIntentResponse.pb(message), ignore_unknown_fields=True)
    return message


def serialized(body: dict[str, Any]) -> bytes:
    content: bytes = DetectIntentResponse.serialize(response(body))
    return content


def says(*texts: str, intent: str = "greeting") -> Answer:
    """An agent's answer if it matches an intent with these bubbles."""
    return Answer(
        {
            "responseId": "00000000-0000-4000-8000-000000000000",
            "queryResult": {
                "fulfillmentText": texts[-1] if texts else "",
                "fulfillmentMessages": [{"text": {"text": [text]}} for text in texts],
                "intent": {"name": "projects/local/agent/intents/1", "displayName": intent},
                "intentDetectionConfidence": 0.9,
                "allRequiredParamsPresent": True,
                "languageCode": "en",
            },
        }
    )


@dataclasses.dataclass(frozen=True)
class Call:
    """A received call: the request, its metadata, and the seconds that the client allows."""

    request: Any
    metadata: dict[str, str]
    seconds: float | None


def echo(call: Call) -> Answer:
    query = call.request.query_input
    return says(query.text.text or query.event.name)


class FakeDialogflow:
    """Inside `async with`, `host` answers every call with `answer`, and `calls` records them."""

    package = "google.cloud.dialogflow.v2"
    detect_request: Any = DetectIntentRequest
    list_request: Any = ListIntentsRequest
    list_response: Any = ListIntentsResponse

    def __init__(self, answer: Answer | Callable[[Call], Answer] = echo, intents: tuple[str, ...] = ("greeting",)) -> None:
        self.answer = answer
        self.intents = intents
        self.calls: list[Call] = []
        self.listings: list[Call] = []
        self.cancelled = asyncio.Event()
        self.on_call: Callable[[Call], None] = lambda call: None

    async def start(self, port: int = 0) -> None:
        self._server = grpc.aio.server()
        for service, method, handler, request_class in (
            ("Sessions", "DetectIntent", self._detect_intent, self.detect_request),
            ("Intents", "ListIntents", self._list_intents, self.list_request),
        ):
            unary = grpc.unary_unary_rpc_method_handler(handler, request_deserializer=request_class.deserialize)
            name = f"{self.package}.{service}"
            self._server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(name, {method: unary})])
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self.host = f"127.0.0.1:{self.port}"
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop(grace=None)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.stop()

    async def _detect_intent(self, request: Any, context: Any) -> bytes:
        call = _call(request, context)
        self.calls.append(call)
        self.on_call(call)
        answer = self.answer(call) if callable(self.answer) else self.answer
        try:
            await asyncio.sleep(answer.delay)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        if answer.status is not grpc.StatusCode.OK:
            await context.abort(answer.status, answer.details)
        return answer.content

    async def _list_intents(self, request: Any, context: Any) -> bytes:
        """Two intents a page, so that a client must ask for several pages."""
        self.listings.append(_call(request, context))
        answer = self.answer if isinstance(self.answer, Answer) else Answer()
        await asyncio.sleep(answer.delay)
        if answer.status is not grpc.StatusCode.OK:
            await context.abort(answer.status, answer.details)
        if isinstance(answer.body, bytes):
            return answer.body
        begin = int(request.page_token or 0)
        page = [{"display_name": name} for name in self.intents[begin : begin + 2]]
        following = str(begin + 2) if begin + 2 < len(self.intents) else ""
        found = self.list_response(intents=page, next_page_token=following)
        content: bytes = self.list_response.serialize(found)
        return content


def _call(request: Any, context: Any) -> Call:
    metadata = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
    return Call(request, metadata, context.time_remaining())


async def main(
    fake_class: type[FakeDialogflow] = FakeDialogflow,
    answer_to: Callable[[Call], Answer] = echo,
    answer_class: type[Answer] = Answer,
) -> None:
    parser = argparse.ArgumentParser(description="A local server that speaks Dialogflow's wire format.")
    parser.add_argument("--port", type=int, default=8500)
    parser.add_argument("--body", type=Path)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--status", help="a gRPC status by name, such as UNAVAILABLE, or by number")
    arguments = parser.parse_args()
    codes = {str(code.value[0]): code for code in grpc.StatusCode} | {code.name: code for code in grpc.StatusCode}

    def answer(call: Call) -> Answer:
        chosen = answer_class.from_file(arguments.body) if arguments.body else answer_to(call)
        status = codes[arguments.status] if arguments.status else chosen.status
        return dataclasses.replace(chosen, delay=arguments.delay, status=status)

    def note(call: Call) -> None:
        request = json.loads(fake_class.detect_request.to_json(call.request, indent=None))
        sys.stdout.write(json.dumps({"request": request, "metadata": call.metadata, "seconds": call.seconds}) + "\n")
        sys.stdout.flush()

    fake = fake_class(answer)
    fake.on_call = note
    await fake.start(arguments.port)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
