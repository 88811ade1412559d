"""Dialogflow ES (v2), which answers by itself: Google keeps the intents, the contexts and the replies."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import logging
import re
from typing import Any

import grpc
from google.api_core.client_options import ClientOptions
from google.cloud.dialogflow_v2 import DetectIntentResponse, Intent, IntentsAsyncClient, SessionsAsyncClient
from google.cloud.dialogflow_v2.services.intents.transports import IntentsGrpcAsyncIOTransport
from google.cloud.dialogflow_v2.services.sessions.transports import SessionsGrpcAsyncIOTransport

from integrations.base import Adapter, InvalidResponse, ProviderTimeout, Rejected, Reply, Utterance
from integrations.clients import Clients
from integrations.google import credentials, errors, languages, messages
from integrations.options import ConfigurationError, Options, Problem, no_placeholder, number, variable

logger = logging.getLogger(__name__)

SECONDS = 20.0
"""The limit of a call if no shorter one is given. The library's own is 220."""
CLOSING_SECONDS = 2.0
MAX_RESPONSE_BYTES = 4 * 1024 * 1024
MAX_RESULT_BYTES = 256 * 1024
"""A response may be larger than its result: an agent can be set to speak, and then a recording comes with it."""
CALLS_PER_MINUTE = 600
"""The limit of the Essentials edition. The trial edition's is 180, which shows only when they are used up."""
MAX_TEXT, MAX_EVENT, MAX_SESSION = 256, 150, 36
REGIONS = ("global", "europe-west1", "europe-west2", "australia-southeast1", "asia-northeast1")
"""Those that Google lists for Dialogflow ES."""


def _project(text: str) -> str:
    if not re.fullmatch(r"([A-Za-z0-9][A-Za-z0-9.:-]*)?", no_placeholder(text)):
        raise ValueError("must be a project's id: letters, digits and hyphens, no path and no address.")
    return text


def _location(text: str) -> str:
    if re.fullmatch(r"[a-z]+-[a-z]+\d+-[a-z]", no_placeholder(text)):
        raise ValueError("names a zone. The region is the zone without the hyphen and the letter at its end.")
    if not re.fullmatch(r"[a-z][a-z0-9-]*", text):
        raise ValueError("must be global or a region.")
    return text


def _environment(text: str) -> str:
    if not re.fullmatch(r"[\w.~-]*", no_placeholder(text), re.ASCII):
        raise ValueError("must be the name of an environment of the agent, or draft.")
    return "" if text == "draft" else text


def _platform(text: str) -> int:
    platforms = {"NONE" if not number else name: int(number) for name, number in Intent.Message.Platform.__members__.items()}
    if text.upper() not in platforms:
        raise ValueError(f"must be one of {', '.join(platforms)}.")
    return platforms[text.upper()]


def _sign(text: str) -> tuple[str, str]:
    key, _, value = (part.strip() for part in text.partition("="))
    if not key or not value:
        raise ValueError("must be a key and a value of a custom payload, with = between them.")
    return key, value


def _host(text: str) -> str:
    if text and not re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}", text):
        raise ValueError("must be host:port, without http:// before it.")
    return text


@dataclasses.dataclass(frozen=True, kw_only=True)
class DialogflowOptions(Options):
    project_id: str = variable("DIALOGFLOW_PROJECT_ID", _project, example="my-project-1234", default="")
    location: str = variable("DIALOGFLOW_LOCATION", _location, example="europe-west1", default="global")
    environment: str = variable("DIALOGFLOW_ENVIRONMENT", _environment, example="production", default="")
    credentials: str = variable(
        "DIALOGFLOW_CREDENTIALS", str, example="/etc/chat/service-account.json", default="", secret=True
    )
    min_confidence: float = variable("DIALOGFLOW_MIN_CONFIDENCE", number(minimum=0, maximum=1), example="0.5", default="0")
    platform: int = variable("DIALOGFLOW_PLATFORM", _platform, example="FACEBOOK", default="none")
    handoff_payload: tuple[str, str] = variable(
        "DIALOGFLOW_HANDOFF_PAYLOAD", _sign, example="action=handoff", default="action=handoff"
    )
    emulator_host: str = variable("DIALOGFLOW_EMULATOR_HOST", _host, example="127.0.0.1:8500", default="")


class DialogflowAdapter(Adapter):
    name = "dialogflow"
    options_class = DialogflowOptions
    max_characters = MAX_TEXT
    has_events = True

    def __init__(self, options: DialogflowOptions) -> None:
        self.min_confidence = options.min_confidence
        self.calls_per_minute = None if options.emulator_host else CALLS_PER_MINUTE
        if not options.project_id and (options.emulator_host or not options.credentials):
            raise _no_project("is not set.")
        self._credentials, self._key_project = (
            (credentials.none(), "") if options.emulator_host else credentials.load(options.credentials)
        )
        if not (options.project_id or self._key_project):
            raise ConfigurationError(
                Problem("DIALOGFLOW_PROJECT_ID", "is not set, and the key names none.", "my-project-1234")
            )
        self._options = dataclasses.replace(options, project_id=options.project_id or self._key_project)
        self._sessions = Clients(lambda: self._open(SessionsAsyncClient, SessionsGrpcAsyncIOTransport))

    def warnings(self) -> list[Problem]:
        found = []
        if self._key_project not in ("", self._options.project_id):
            found.append(
                Problem(
                    "DIALOGFLOW_PROJECT_ID",
                    "is another project than the key's. That works only if the key's account has a role in that project.",
                    self._key_project,
                )
            )
        if self._options.location not in REGIONS:
            found.append(
                Problem(
                    "DIALOGFLOW_LOCATION", f"is none of the regions that Google lists: {', '.join(REGIONS)}.", "europe-west1"
                )
            )
        return found

    def understands(self, language: str) -> bool:
        return languages.listed(language) is not None

    async def detect_intent(self, utterance: Utterance) -> Reply:
        request = request_for(utterance, self._options)
        with errors.translated():
            # No retry: the library's goes on for minutes, even with a timeout. And a second call may change the
            # conversation's contexts a second time.
            response = await self._sessions.current().detect_intent(request=request, retry=None, timeout=utterance.seconds)
        return understand(response, self._options)

    async def list_intents(self) -> list[str]:
        request = {"parent": agent_path(self._options), "page_size": 100}
        client = self._open(IntentsAsyncClient, IntentsGrpcAsyncIOTransport)
        try:
            async with asyncio.timeout(SECONDS):
                with errors.translated():
                    pages = await client.list_intents(request=request, retry=None, timeout=SECONDS)
                    names = {intent.display_name async for intent in pages}
        except TimeoutError:
            raise ProviderTimeout(f"Dialogflow didn't list its intents within {SECONDS:g} seconds.") from None
        except AttributeError:  # grpc returns None for bytes that it can't parse, and the library reads it
            raise InvalidResponse("Dialogflow's list of intents can't be decoded.") from None
        finally:
            await client.transport.grpc_channel.close()
        return sorted(names - {""})

    async def aclose(self) -> None:
        if client := self._sessions.release():
            await client.transport.grpc_channel.close(grace=CLOSING_SECONDS)

    def _open(self, client_class: Any, transport_class: Any) -> Any:
        host = self._options.emulator_host or endpoint(self._options.location)
        return client_class(
            credentials=self._credentials,
            client_options=ClientOptions(api_endpoint=host),
            transport=functools.partial(transport_class, channel=functools.partial(self._channel, transport_class)),
        )

    def _channel(self, transport_class: Any, host: str, **arguments: Any) -> grpc.aio.Channel:
        arguments["options"] = [
            ("grpc.max_receive_message_length", MAX_RESPONSE_BYTES),
            ("grpc.max_reconnect_backoff_ms", 5_000),
            ("grpc.keepalive_time_ms", 60_000),
        ]
        if self._options.emulator_host:
            return grpc.aio.insecure_channel(host, options=arguments["options"])
        return transport_class.create_channel(host, **arguments)


def _no_project(message: str) -> ConfigurationError:
    return ConfigurationError(Problem("DIALOGFLOW_PROJECT_ID", message, "my-project-1234"))


def endpoint(location: str) -> str:
    return "dialogflow.googleapis.com" if location == "global" else f"{location}-dialogflow.googleapis.com"


def agent_path(options: DialogflowOptions) -> str:
    """The agent in its location and environment. The names of its resources begin with it."""
    location = "" if options.location == "global" else f"/locations/{options.location}"
    environment = f"/environments/{options.environment}" if options.environment else ""
    return f"projects/{options.project_id}{location}/agent{environment}"


def session_path(options: DialogflowOptions, session: str) -> str:
    user = "/users/-" if options.environment else ""
    return f"{agent_path(options)}{user}/sessions/{session}"


def request_for(utterance: Utterance, options: DialogflowOptions) -> dict[str, Any]:
    """The fields of a DetectIntentRequest. Raises Rejected for what Dialogflow would refuse."""
    if not 1 <= len(utterance.session) <= MAX_SESSION:
        raise Rejected(f"Dialogflow takes a session's id of at most {MAX_SESSION} characters.")
    query: dict[str, Any]
    language = languages.listed(utterance.language) or utterance.language
    if utterance.event:
        if len(utterance.event) > MAX_EVENT:
            raise Rejected(f"Dialogflow takes an event's name of at most {MAX_EVENT} characters.")
        query = {"event": {"name": utterance.event, "language_code": language}}
    else:
        if not 1 <= len(utterance.text) <= MAX_TEXT:
            raise Rejected(f"Dialogflow takes a text of 1 to {MAX_TEXT} characters.")
        if any("\ud800" <= character <= "\udfff" for character in utterance.text):
            raise Rejected("The text holds half a character (a lone surrogate), which can't be sent.")
        query = {"text": {"text": utterance.text, "language_code": language}}
    request = {"session": session_path(options, utterance.session), "query_input": query}
    if utterance.time_zone != "UTC":  # a site that set no time zone has UTC: the agent's may be better
        request["query_params"] = {"time_zone": utterance.time_zone}
    return request


def understand(response: Any, options: DialogflowOptions) -> Reply:
    """A DetectIntentResponse as a Reply. Raises InvalidResponse."""
    if not isinstance(response, DetectIntentResponse):  # grpc returns None for bytes that it can't parse
        raise InvalidResponse("Dialogflow's answer can't be decoded.")
    message = DetectIntentResponse.pb(response)
    result = message.query_result
    if not message.HasField("query_result"):
        raise InvalidResponse("Dialogflow's answer holds no result.")
    if result.ByteSize() > MAX_RESULT_BYTES:
        raise InvalidResponse(f"Dialogflow's answer is larger than {MAX_RESULT_BYTES // 1024} KiB.")
    if message.webhook_status.code:
        logger.warning("Dialogflow couldn't use the agent's webhook: gRPC status %d.", message.webhook_status.code)
    try:
        return _reply(result, options)
    except ValueError:
        raise InvalidResponse("Dialogflow's answer holds a number that is out of range or not a number.") from None


def _reply(result: Any, options: DialogflowOptions) -> Reply:
    sent, intent, platform, sign = result.fulfillment_messages, result.intent, options.platform, options.handoff_payload
    entities = messages.plain(result.parameters)
    # An intent that still asks for a required parameter isn't over, even if it ends the conversation afterwards.
    asking = not result.all_required_params_present and any(value in ("", [], {}, None) for value in entities.values())
    signed = messages.has_sign(result.webhook_payload, sign) or messages.wants_handoff(sent, platform=platform, handoff=sign)
    return Reply(
        parts=messages.read(sent, result.fulfillment_text, platform=platform, handoff=sign),
        intent=intent.display_name,
        confidence=_confidence(result),
        is_fallback=intent.is_fallback,
        handoff=signed or (intent.live_agent_handoff and not asking),
        end=intent.end_interaction and not asking,
        entities=entities,
    )


def _confidence(result: Any) -> float:
    """Rounded: in the answer's 32 bits 0.7 is a little less than 0.7 and would fail a threshold of 0.7."""
    confidence = round(float(result.intent_detection_confidence), 6)
    if not 0 <= confidence <= 1:
        raise ValueError
    return confidence
