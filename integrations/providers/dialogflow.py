"""Dialogflow ES (v2), which answers by itself: Google keeps the intents, the contexts and the replies."""

from __future__ import annotations

import dataclasses
import logging
from typing import Any

from google.cloud.dialogflow_v2 import DetectIntentResponse, Intent, IntentsAsyncClient, SessionsAsyncClient
from google.cloud.dialogflow_v2.services.intents.transports import IntentsGrpcAsyncIOTransport
from google.cloud.dialogflow_v2.services.sessions.transports import SessionsGrpcAsyncIOTransport

from integrations.base import Adapter, InvalidResponse, Reply, Utterance
from integrations.clients import Clients
from integrations.google import channel, credentials, errors, languages, messages, settings
from integrations.options import ConfigurationError, Options, Problem, number, variable

logger = logging.getLogger(__name__)

CALLS_PER_MINUTE = 600
"""The limit of the Essentials edition. The trial edition's is 180, which shows only when they are used up."""
REGIONS = ("global", "europe-west1", "europe-west2", "australia-southeast1", "asia-northeast1")
"""Those that Google lists for Dialogflow ES."""


def _platform(text: str) -> int:
    platforms = {"NONE" if not number else name: int(number) for name, number in Intent.Message.Platform.__members__.items()}
    if text.upper() not in platforms:
        raise ValueError(f"must be one of {', '.join(platforms)}.")
    return platforms[text.upper()]


@dataclasses.dataclass(frozen=True, kw_only=True)
class DialogflowOptions(Options):
    project_id: str = variable("DIALOGFLOW_PROJECT_ID", settings.project, example="my-project-1234", default="")
    location: str = variable("DIALOGFLOW_LOCATION", settings.location, example="europe-west1", default="global")
    environment: str = variable("DIALOGFLOW_ENVIRONMENT", settings.environment, example="production", default="")
    credentials: str = variable(
        "DIALOGFLOW_CREDENTIALS", str, example="/etc/chat/service-account.json", default="", secret=True
    )
    min_confidence: float = variable("DIALOGFLOW_MIN_CONFIDENCE", number(minimum=0, maximum=1), example="0.5", default="0")
    platform: int = variable("DIALOGFLOW_PLATFORM", _platform, example="FACEBOOK", default="none")
    handoff_payload: tuple[str, str] = variable(
        "DIALOGFLOW_HANDOFF_PAYLOAD", settings.sign, example="action=handoff", default="action=handoff"
    )
    emulator_host: str = variable("DIALOGFLOW_EMULATOR_HOST", settings.host, example="127.0.0.1:8500", default="")


class DialogflowAdapter(Adapter):
    name = "dialogflow"
    options_class = DialogflowOptions
    max_characters = channel.MAX_TEXT
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
        with errors.translated(errors.ES):
            # No retry: the library's goes on for minutes, even with a timeout. And a second call may change the
            # conversation's contexts a second time.
            response = await self._sessions.current().detect_intent(request=request, retry=None, timeout=utterance.seconds)
        return understand(response, self._options)

    async def list_intents(self) -> list[str]:
        client = self._open(IntentsAsyncClient, IntentsGrpcAsyncIOTransport)
        return await channel.intents(client, agent_path(self._options), errors.ES)

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


def _no_project(message: str) -> ConfigurationError:
    return ConfigurationError(Problem("DIALOGFLOW_PROJECT_ID", message, "my-project-1234"))


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
    channel.refuse_what_google_refuses(utterance)
    query: dict[str, Any]
    language = languages.listed(utterance.language) or utterance.language
    if utterance.event:
        query = {"event": {"name": utterance.event, "language_code": language}}
    else:
        query = {"text": {"text": utterance.text, "language_code": language}}
    request = {"session": session_path(options, utterance.session), "query_input": query}
    if utterance.time_zone != "UTC":  # a site that set no time zone has UTC: the agent's may be better
        request["query_params"] = {"time_zone": utterance.time_zone}
    return request


def understand(response: Any, options: DialogflowOptions) -> Reply:
    """A DetectIntentResponse as a Reply. Raises InvalidResponse."""
    message = channel.checked(response, DetectIntentResponse)
    result = message.query_result
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
        confidence=channel.rounded(result.intent_detection_confidence),
        is_fallback=intent.is_fallback,
        handoff=signed or (intent.live_agent_handoff and not asking),
        end=intent.end_interaction and not asking,
        entities=entities,
    )
