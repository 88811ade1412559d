"""Wit.ai, which only classifies: it returns intents, entities and traits, never a reply. Staff write the replies.

Messages go through httpx. The `wit` SDK opens a connection for every call, blocks, and hides why a call failed. It is
used only to list the intents.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import functools
import json
import logging
import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import requests
import wit.wit

from integrations.base import (
    Adapter,
    AdapterError,
    InvalidResponse,
    ProviderTimeout,
    Rejected,
    Reply,
    Unavailable,
    Utterance,
)
from integrations.clients import Clients
from integrations.languages import parse
from integrations.options import Options, no_placeholder, number, url, variable
from integrations.providers.wit.messages import MAX_TEXT, by_status, trained_sentence, understand, understand_intents

SECONDS = 20.0
"""The limit of a call if no shorter one is given."""
CONNECT_SECONDS = 5.0
BUSY_CALLS = 64
"""Calls that may run at once. With more than about 30 httpx gets slower, but 30 hanging calls must not block all others."""
URL = "https://api.wit.ai"
CALLS_PER_MINUTE = 240
"""Wit.ai's limit for /message."""
MAX_BODY_BYTES = 256 * 1024

# The SDK prints to stdout at DEBUG what it sends and receives. Without a timeout it would wait for ever.
logging.getLogger("wit").handlers.clear()
logging.getLogger("wit").setLevel(logging.WARNING)
logging.getLogger("wit").propagate = True
wit.wit.req = functools.partial(wit.wit.req, timeout=(CONNECT_SECONDS, SECONDS))


def _token(text: str) -> str:
    if not re.fullmatch(r"[!-~]{8,}", text):
        raise ValueError(
            "must be the server access token alone: at least 8 characters, without spaces and without Bearer before it."
        )
    return no_placeholder(text)


def _version(text: str) -> str:
    try:
        date = datetime.datetime.strptime(text, "%Y%m%d").replace(tzinfo=datetime.UTC)
    except ValueError:
        date = None
    if date is None or len(text) != 8 or text < "20200513":
        raise ValueError("must be a date as YYYYMMDD, 20200513 or later.")
    return text


@dataclasses.dataclass(frozen=True, kw_only=True)
class WitOptions(Options):
    access_token: str = variable("WIT_ACCESS_TOKEN", _token, example="ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", secret=True)
    api_version: str = variable("WIT_API_VERSION", _version, example="20240304", default="20240304")
    min_confidence: float = variable("WIT_MIN_CONFIDENCE", number(minimum=0, maximum=1), example="0.7", default="0.7")
    url: str = variable("WIT_URL", url, example=URL, default=URL)


class WitAdapter(Adapter):
    name = "wit"
    options_class = WitOptions
    max_characters = MAX_TEXT
    max_calls = BUSY_CALLS

    def __init__(self, options: WitOptions) -> None:
        self.min_confidence = options.min_confidence
        self.calls_per_minute = CALLS_PER_MINUTE if options.url == URL else None
        self._options = options
        self._tls = httpx.create_ssl_context()
        self._clients = Clients(self._open)

    async def detect_intent(self, utterance: Utterance) -> Reply:
        params = params_for(utterance, self._options)
        try:
            return understand(*await self._get("/message", params))
        except httpx.HTTPError as error:
            raise _meaning(error) from None

    async def list_intents(self) -> list[str]:
        # A thread of its own, since it may hang until the SDK's call times out.
        executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="wit")
        try:
            async with asyncio.timeout(SECONDS):
                return await asyncio.get_running_loop().run_in_executor(executor, self._list_intents)
        except TimeoutError:
            raise ProviderTimeout(f"Wit.ai didn't list its intents within {SECONDS:g} seconds.") from None
        finally:
            executor.shutdown(wait=False)

    async def check(self) -> None:
        """Ask a sentence that the app was trained with, if it has one."""
        try:
            status, content_type, body = await self._get("/utterances", {"v": self._options.api_version, "limit": "10"})
        except httpx.HTTPError as error:
            raise _meaning(error) from None
        known = trained_sentence(status, content_type, body)
        reply = await self.detect_intent(Utterance(session="check", language="en", text=known or "hello"))
        if known and not reply.intent:
            raise Unavailable(
                "Wit.ai answers, so the token and the settings are right. But it finds no intent in a sentence that the app "
                "was trained with. Since 2025 newer apps do that (wit-ai/wit issues 2809, 2817, 2822, 2833 and 2851). Until "
                "Wit.ai repairs it, use an older app or another provider."
            )

    async def aclose(self) -> None:
        if client := self._clients.release():
            await client.aclose()

    def _open(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self._options.url,
            headers={
                "Authorization": f"Bearer {self._options.access_token}",
                "Accept": "application/json",
                "Accept-Encoding": "identity",  # so that MAX_BODY_BYTES is what arrives
            },
            verify=self._tls,
            timeout=httpx.Timeout(SECONDS, connect=CONNECT_SECONDS),
            # httpcore searches a full pool for every call, and cancelled calls can block it for ever
            # (encode/httpcore #1093). BUSY_CALLS limits the calls instead.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=BUSY_CALLS),
            follow_redirects=False,
        )

    async def _get(self, path: str, params: dict[str, str]) -> tuple[int, str, bytes]:
        """Status, content type and body."""
        body = bytearray()
        async with self._clients.current().stream("GET", path, params=params) as response:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise InvalidResponse(f"Wit.ai's answer is larger than {MAX_BODY_BYTES // 1024} KiB.")
        return response.status_code, response.headers.get("content-type", ""), bytes(body)

    def _list_intents(self) -> list[str]:
        """Blocks."""
        options = self._options
        wit.wit.WIT_API_HOST = options.url  # the SDK reads WIT_URL from the environment once, when it is imported
        accept = {"accept": f"application/vnd.wit.{options.api_version}+json"}
        try:
            found = wit.Wit(options.access_token).intent_list(headers=accept)
        except wit.wit.WitError as error:
            found_status = re.search(r"status: (\d{3})", str(error))
            if not found_status:
                raise Unavailable("Wit.ai reports that something went wrong on its side.") from None
            status = int(found_status[1])
            raise by_status(401 if status == 400 else status) from None  # only the token can be wrong here
        except requests.Timeout:
            raise ProviderTimeout("Wit.ai didn't answer in time.") from None
        except (ValueError, TypeError):  # not JSON, or not an object or a list
            raise InvalidResponse("Wit.ai's list of intents can't be read. Check WIT_URL.") from None
        except requests.RequestException as error:
            raise Unavailable(f"Wit.ai can't be reached ({type(error).__name__}).") from None
        return understand_intents(found)


def params_for(utterance: Utterance, options: WitOptions) -> dict[str, str]:
    """The query of a call to /message. Raises Rejected for what Wit.ai would refuse."""
    if utterance.event:
        raise Rejected("Wit.ai has no events.")
    if not 1 <= len(utterance.text) <= MAX_TEXT:
        raise Rejected(f"Wit.ai takes a text of 1 to {MAX_TEXT} characters.")
    if any("\ud800" <= character <= "\udfff" for character in utterance.text):
        raise Rejected("The text holds half a character (a lone surrogate), which can't be sent.")
    context: dict[str, str] = {}
    if utterance.time_zone != "UTC":  # a site that set no time zone has UTC: the app's may be better
        context["timezone"] = utterance.time_zone
    language = parse(utterance.language)
    if language and language.territory and len(language.language) == len(language.territory) == 2:
        context["locale"] = f"{language.language}_{language.territory}"
    params = {"v": options.api_version, "q": utterance.text}
    return {**params, "context": json.dumps(context)} if context else params


def _meaning(error: httpx.HTTPError) -> AdapterError:
    """What httpx's exception means. Its own words may hold the address, and so the text, and are left out."""
    match error:
        case httpx.TimeoutException():
            return ProviderTimeout("Wit.ai didn't answer in time.")
        case httpx.DecodingError():
            return InvalidResponse("Wit.ai's answer can't be decoded.")
        case httpx.RemoteProtocolError() if "disconnected" not in str(error) and "closed connection" not in str(error):
            return InvalidResponse("The server at WIT_URL doesn't speak HTTP.")
    return Unavailable(f"Wit.ai can't be reached ({type(error).__name__}).")
