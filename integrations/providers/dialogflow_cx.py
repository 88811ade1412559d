"""Dialogflow CX (v3), which answers by itself: flows, pages, playbooks and data stores live at Google."""

from __future__ import annotations

import dataclasses
import logging
import re
from collections.abc import Iterator
from typing import Any

from google.cloud.dialogflowcx_v3 import DetectIntentResponse, IntentsAsyncClient, SessionsAsyncClient
from google.cloud.dialogflowcx_v3.services.intents.transports import IntentsGrpcAsyncIOTransport
from google.cloud.dialogflowcx_v3.services.sessions.transports import SessionsGrpcAsyncIOTransport

from integrations.base import Adapter, InvalidResponse, Reply, Utterance
from integrations.clients import Clients
from integrations.google import channel, credentials, errors, messages, settings
from integrations.options import Options, no_placeholder, number, variable
from integrations.parts import Part, Text

logger = logging.getLogger(__name__)

NO_MATCH, NO_INPUT = 4, 5
"""Match types that mean "not understood". Numbers, because the library raises for one that it doesn't know."""
PRODUCT = errors.Product(
    "Dialogflow CX", "DIALOGFLOW_CX_PROJECT_ID, DIALOGFLOW_CX_LOCATION, DIALOGFLOW_CX_AGENT_ID and DIALOGFLOW_CX_ENVIRONMENT"
)


def _project(text: str) -> str:
    if not text:
        raise ValueError("is not set.")
    return settings.project(text)


def _agent(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]+", no_placeholder(text)):
        raise ValueError("must be the agent's id alone. The console shows it at the end of the agent's address.")
    return text


@dataclasses.dataclass(frozen=True, kw_only=True)
class DialogflowCXOptions(Options):
    project_id: str = variable("DIALOGFLOW_CX_PROJECT_ID", _project, example="my-project-1234")
    location: str = variable("DIALOGFLOW_CX_LOCATION", settings.location, example="europe-west1", default="global")
    agent_id: str = variable("DIALOGFLOW_CX_AGENT_ID", _agent, example="1e2d3c4b-0000-4000-8000-000000000000")
    environment: str = variable("DIALOGFLOW_CX_ENVIRONMENT", settings.environment, example="production", default="")
    min_confidence: float = variable(
        "DIALOGFLOW_CX_MIN_CONFIDENCE", number(minimum=0, maximum=1), example="0.5", default="0"
    )
    credentials: str = variable(
        "DIALOGFLOW_CREDENTIALS", str, example="/etc/chat/service-account.json", default="", secret=True
    )
    handoff_payload: tuple[str, str] = variable(
        "DIALOGFLOW_HANDOFF_PAYLOAD", settings.sign, example="action=handoff", default="action=handoff"
    )
    emulator_host: str = variable("DIALOGFLOW_EMULATOR_HOST", settings.host, example="127.0.0.1:8500", default="")


class DialogflowCXAdapter(Adapter):
    name = "dialogflow_cx"
    options_class = DialogflowCXOptions
    max_characters = channel.MAX_TEXT
    has_events = True

    def __init__(self, options: DialogflowCXOptions) -> None:
        self.min_confidence = options.min_confidence
        self._options = options
        self._credentials = credentials.none() if options.emulator_host else credentials.load(options.credentials)[0]
        self._sessions = Clients(lambda: self._open(SessionsAsyncClient, SessionsGrpcAsyncIOTransport))

    async def detect_intent(self, utterance: Utterance) -> Reply:
        request = request_for(utterance, self._options)
        with errors.translated(PRODUCT):
            # No retry: the library's goes on for minutes, and a second call may move the conversation on twice.
            response = await self._sessions.current().detect_intent(request=request, retry=None, timeout=utterance.seconds)
        return understand(response, self._options)

    async def list_intents(self) -> list[str]:
        client = self._open(IntentsAsyncClient, IntentsGrpcAsyncIOTransport)
        return await channel.intents(client, agent_path(self._options), PRODUCT)

    async def aclose(self) -> None:
        if client := self._sessions.release():
            await channel.close(client)

    def _open(self, client_class: Any, transport_class: Any) -> Any:
        return channel.open_client(
            client_class,
            transport_class,
            location=self._options.location,
            credentials=self._credentials,
            emulator_host=self._options.emulator_host,
        )


def agent_path(options: DialogflowCXOptions) -> str:
    return f"projects/{options.project_id}/locations/{options.location}/agents/{options.agent_id}"


def session_path(options: DialogflowCXOptions, session: str) -> str:
    environment = f"/environments/{options.environment}" if options.environment else ""
    return f"{agent_path(options)}{environment}/sessions/{session}"


def request_for(utterance: Utterance, options: DialogflowCXOptions) -> dict[str, Any]:
    """The fields of a DetectIntentRequest. Raises Rejected for what Dialogflow would refuse."""
    channel.refuse_what_google_refuses(utterance)
    asked = {"event": {"event": utterance.event}} if utterance.event else {"text": {"text": utterance.text}}
    request: dict[str, Any] = {
        "session": session_path(options, utterance.session),
        "query_input": {**asked, "language_code": utterance.language},
    }
    if utterance.time_zone != "UTC":  # a site that set no time zone has UTC: the agent's may be better
        request["query_params"] = {"time_zone": utterance.time_zone}
    return request


def understand(response: Any, options: DialogflowCXOptions) -> Reply:
    """A DetectIntentResponse as a Reply. Raises InvalidResponse."""
    result = channel.checked(response, DetectIntentResponse).query_result
    for code in {status.code for status in result.webhook_statuses} - {0}:
        logger.warning("Dialogflow couldn't use a webhook of the agent: gRPC status %d.", code)
    try:
        return _reply(result, options)
    except ValueError:
        raise InvalidResponse("Dialogflow's answer holds a number that is out of range or not a number.") from None


def _reply(result: Any, options: DialogflowCXOptions) -> Reply:
    """Playbooks and data stores answer without an intent, and that is a good answer."""
    kinds = [message.WhichOneof("message") for message in result.response_messages]
    sign = options.handoff_payload
    signed = any(
        messages.has_sign(message.payload, sign)
        for message, kind in zip(result.response_messages, kinds, strict=True)
        if kind == "payload"
    )
    signed = signed or any(messages.has_sign(payload, sign) for payload in result.webhook_payloads)
    return Reply(
        parts=tuple(part for message in result.response_messages for part in _parts(message, sign)),
        intent=result.match.intent.display_name,
        confidence=channel.rounded(result.match.confidence),
        is_fallback=result.match.match_type in (NO_MATCH, NO_INPUT),
        handoff=signed or "live_agent_handoff" in kinds,
        end="end_interaction" in kinds,
        entities=messages.plain(result.parameters),
    )


def _parts(message: Any, sign: tuple[str, str]) -> Iterator[Part]:
    """Signs, sounds and what is unknown or empty show nothing. A knowledge card comes with a payload that holds it."""
    match message.WhichOneof("message"):
        case "text":
            # Only one variant comes at run time.
            if text := next((variant for variant in message.text.text if variant.strip()), ""):
                yield Text(text)
        case "payload":
            yield from messages.payload(message.payload, sign)
