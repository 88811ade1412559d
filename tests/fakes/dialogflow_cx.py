"""A local server that speaks Dialogflow CX's wire format, for tests and as a program:

python -m tests.fakes.dialogflow_cx --port 8500 [--body file.json] [--delay seconds] [--status NOT_FOUND]

Then start the chat with CHATBOT_PROVIDER=dialogflow_cx, DIALOGFLOW_CX_PROJECT_ID=local, DIALOGFLOW_CX_AGENT_ID=local and
DIALOGFLOW_EMULATOR_HOST=127.0.0.1:8500. Without --body it says back what it got. The program writes each request to
stdout, a JSON object a line.
"""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

from google.cloud.dialogflowcx_v3 import DetectIntentRequest, DetectIntentResponse, ListIntentsRequest, ListIntentsResponse
from google.protobuf import json_format

from tests.fakes import dialogflow
from tests.fakes.dialogflow import Call, FakeDialogflow


def response(body: dict[str, Any]) -> DetectIntentResponse:
    """The REST API's JSON as the message that the client reads."""
    message = DetectIntentResponse()
    json_format.ParseDict(body, DetectIntentResponse.pb(message), ignore_unknown_fields=True)
    return message


@dataclasses.dataclass(frozen=True)
class Answer(dialogflow.Answer):
    """`body` is a DetectIntentResponse of CX in the REST API's JSON."""

    @property
    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        content: bytes = DetectIntentResponse.serialize(response(self.body))
        return content


def says(*messages: dict[str, Any], match_type: str = "INTENT", intent: str = "greeting", **fields: Any) -> Answer:
    """What an agent sends. `messages`: response messages. `intent`: "" for none."""
    found = {"intent": {"displayName": intent}} if intent else {}
    match = {**found, "matchType": match_type, "confidence": 0.9}
    return Answer({"responseId": "1", "queryResult": {"responseMessages": list(messages), "match": match, **fields}})


def text(*variants: str) -> dict[str, Any]:
    return {"text": {"text": list(variants)}}


def echo(call: Call) -> Answer:
    query = call.request.query_input
    return says(text(query.text.text or query.event.event))


class FakeDialogflowCX(FakeDialogflow):
    package = "google.cloud.dialogflow.cx.v3"
    detect_request = DetectIntentRequest
    list_request = ListIntentsRequest
    list_response = ListIntentsResponse


if __name__ == "__main__":
    asyncio.run(dialogflow.main(FakeDialogflowCX, echo, Answer))
