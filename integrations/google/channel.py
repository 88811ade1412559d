"""The clients of Google's libraries, how they are opened, asked for a list of intents, and closed."""

from __future__ import annotations

import asyncio
import functools
from typing import Any

import grpc
from google.api_core.client_options import ClientOptions

from integrations.base import InvalidResponse, ProviderTimeout, Rejected, Utterance
from integrations.google import errors

SECONDS = 20.0
"""The limit of a call if no shorter one is given. The libraries' own is 220."""
CLOSING_SECONDS = 2.0
MAX_RESPONSE_BYTES = 4 * 1024 * 1024
MAX_RESULT_BYTES = 256 * 1024
"""A response may be larger than its result: an agent can be set to speak, and then a recording comes with it."""
MAX_TEXT, MAX_EVENT, MAX_SESSION = 256, 150, 36


def endpoint(location: str) -> str:
    return "dialogflow.googleapis.com" if location == "global" else f"{location}-dialogflow.googleapis.com"


def open_client(client_class: Any, transport_class: Any, *, location: str, credentials: Any, emulator_host: str) -> Any:
    """A client inside the running loop. `emulator_host`: of a local server, which has no TLS, "" for Google's."""

    def channel(host: str, **arguments: Any) -> grpc.aio.Channel:
        arguments["options"] = [
            ("grpc.max_receive_message_length", MAX_RESPONSE_BYTES),
            ("grpc.max_reconnect_backoff_ms", 5_000),
            ("grpc.keepalive_time_ms", 60_000),
        ]
        if emulator_host:
            return grpc.aio.insecure_channel(host, options=arguments["options"])
        return transport_class.create_channel(host, **arguments)

    return client_class(
        credentials=credentials,
        client_options=ClientOptions(api_endpoint=emulator_host or endpoint(location)),
        transport=functools.partial(transport_class, channel=channel),
    )


async def close(client: Any) -> None:
    await client.transport.grpc_channel.close(grace=CLOSING_SECONDS)


async def intents(client: Any, agent: str, product: errors.Product) -> list[str]:
    """The names of an agent's intents, sorted. Closes the client. Raises AdapterError."""
    request = {"parent": agent, "page_size": 100}
    try:
        async with asyncio.timeout(SECONDS):
            with errors.translated(product):
                pages = await client.list_intents(request=request, retry=None, timeout=SECONDS)
                names = {intent.display_name async for intent in pages}
    except TimeoutError:
        raise ProviderTimeout(f"Dialogflow didn't list its intents within {SECONDS:g} seconds.") from None
    except AttributeError:  # grpc returns None for bytes that it can't parse, and the library reads it
        raise InvalidResponse("Dialogflow's list of intents can't be decoded.") from None
    finally:
        await client.transport.grpc_channel.close()
    return sorted(names - {""})


def checked(response: Any, response_class: Any) -> Any:
    """A DetectIntentResponse of ES or CX as its protobuf message. Raises InvalidResponse if it holds no usable result."""
    if not isinstance(response, response_class):  # grpc returns None for bytes that it can't parse
        raise InvalidResponse("Dialogflow's answer can't be decoded.")
    message = response_class.pb(response)
    if not message.HasField("query_result"):
        raise InvalidResponse("Dialogflow's answer holds no result.")
    if message.query_result.ByteSize() > MAX_RESULT_BYTES:
        raise InvalidResponse(f"Dialogflow's answer is larger than {MAX_RESULT_BYTES // 1024} KiB.")
    return message


def refuse_what_google_refuses(utterance: Utterance) -> None:
    """Raises Rejected."""
    if not 1 <= len(utterance.session) <= MAX_SESSION:
        raise Rejected(f"Dialogflow takes a session's id of at most {MAX_SESSION} characters.")
    if utterance.event:
        if len(utterance.event) > MAX_EVENT:
            raise Rejected(f"Dialogflow takes an event's name of at most {MAX_EVENT} characters.")
        return
    if not 1 <= len(utterance.text) <= MAX_TEXT:
        raise Rejected(f"Dialogflow takes a text of 1 to {MAX_TEXT} characters.")
    if any("\ud800" <= character <= "\udfff" for character in utterance.text):
        raise Rejected("The text holds half a character (a lone surrogate), which can't be sent.")


def rounded(confidence: float) -> float:
    """In the answer's 32 bits 0.7 is a little less than 0.7 and would fail a threshold of 0.7. Raises ValueError."""
    confidence = round(float(confidence), 6)
    if not 0 <= confidence <= 1:
        raise ValueError
    return confidence
