"""From Wit.ai's answers to a Reply. Pure."""

from __future__ import annotations

import contextlib
import json
import math
from typing import Any

from integrations.base import (
    AdapterError,
    AuthenticationFailed,
    InvalidResponse,
    ProviderTimeout,
    RateLimited,
    Rejected,
    Reply,
    Unavailable,
)

MAX_TEXT = 280
_REFUSED = "Wit.ai refuses the token. Check WIT_ACCESS_TOKEN (the app's server access token)."
_LIMITED = "Wit.ai's limit of calls is reached. It is about 240 a minute."


def understand(status: int, content_type: str, body: bytes) -> Reply:
    """An answer of /message. Raises AdapterError."""
    data = _json(content_type, body)
    code = data.get("code") if isinstance(data, dict) else None
    if status != 200:
        raise _by_code(code) or by_status(status)
    if not isinstance(data, dict):
        raise InvalidResponse("Wit.ai's answer is not a JSON object. Check WIT_URL.")
    if data.get("error"):
        raise _by_code(code) or Unavailable("Wit.ai reports that something went wrong on its side.")
    if "text" not in data and "intents" not in data:
        raise InvalidResponse("Wit.ai's answer has an unknown shape. Set WIT_API_VERSION to 20200513 or later.")
    try:
        return _reply(data)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InvalidResponse("Wit.ai's answer has fields of an unknown shape. Check WIT_API_VERSION.") from None


def understand_intents(data: Any) -> list[str]:
    """The names in an answer of /intents, sorted. Raises InvalidResponse."""
    if not isinstance(data, list) or not all(isinstance(item, dict) and isinstance(item.get("name"), str) for item in data):
        raise InvalidResponse("Wit.ai's list of intents has an unknown shape.")
    return sorted({item["name"] for item in data})


def trained_sentence(status: int, content_type: str, body: bytes) -> str:
    """A sentence with an intent from an answer of /utterances. "" if there is none that can be asked."""
    found = _json(content_type, body) if status == 200 else None
    for item in found if isinstance(found, list) else ():
        match item:
            case {"text": str(text), "intent": {"name": str()}} if 1 <= len(text) <= MAX_TEXT:
                return text
    return ""


def by_status(status: int) -> AdapterError:
    """The meaning of an HTTP status other than 200, if the body doesn't say more."""
    if status in (401, 403):
        return AuthenticationFailed(_REFUSED)
    if status in (408, 504):
        return ProviderTimeout("Wit.ai didn't answer in time.")
    if status == 429:
        return RateLimited(_LIMITED)
    if status >= 500:
        return Unavailable(f"Wit.ai has failed (HTTP {status}). It answers like that also if a limit is exceeded.")
    if status in (400, 413, 414, 422):
        return Rejected(f"Wit.ai refuses the input (HTTP {status}).")
    return InvalidResponse(f"Wit.ai's address answers with HTTP {status}. Check WIT_URL.")


def _by_code(code: object) -> AdapterError | None:
    match code:
        case "no-auth":
            return AuthenticationFailed(_REFUSED)
        case "msg-invalid":
            return Rejected("Wit.ai refuses the text (msg-invalid).")
        case "timeout":
            return ProviderTimeout("Wit.ai reports that it timed out.")
        case "rate-limit" | "rate-limited" | "too-many-requests":
            return RateLimited(_LIMITED)
    return None


def _json(content_type: str, body: bytes) -> Any:
    """The body as JSON, or None if it isn't JSON."""
    media_type = content_type.split(";")[0].strip().lower()
    if media_type and not media_type.endswith(("/json", "+json")):
        return None
    try:
        return json.loads(body, parse_constant=_finite, parse_float=_finite, parse_int=_whole)
    except (ValueError, RecursionError):
        return None


def _finite(text: str) -> float:
    """Databases can't store NaN, Infinity and 1e999 as numbers."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def _whole(text: str) -> int | float:
    """A visitor may write more digits than 64 bits hold."""
    return int(text) if len(text) <= 18 else _finite(text)


def _reply(data: dict[str, Any]) -> Reply:
    entities, traits = _entities(data.get("entities")), _traits(data.get("traits"))
    intents = data.get("intents", [])
    if intents is None:
        intents = []
    if not isinstance(intents, list):
        raise TypeError
    if not intents:  # out of scope
        return Reply(confidence=0.0, is_fallback=True, entities=entities, traits=traits)
    best = max(intents, key=_confidence)
    if not isinstance(best["name"], str) or not best["name"]:
        raise TypeError
    return Reply(intent=best["name"], confidence=_confidence(best), entities=entities, traits=traits)


def _entities(found: Any) -> dict[str, Any]:
    """The readable ones. They don't decide the reply, so an unreadable one is skipped."""
    entities: dict[str, Any] = {}
    for name, items in found.items() if isinstance(found, dict) else ():
        with contextlib.suppress(KeyError, TypeError, AttributeError):
            entities[name] = [_value(item) for item in items]
    return entities


def _traits(found: Any) -> dict[str, Any]:
    """The strongest value of each readable trait."""
    traits: dict[str, Any] = {}
    for name, items in found.items() if isinstance(found, dict) else ():
        with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):
            traits[name] = max(items, key=_confidence)["value"]
    return traits


def _confidence(item: dict[str, Any]) -> float:
    """Because of rounding, Wit.ai may report a little more than 1. That counts as 1."""
    confidence = item["confidence"]
    if not isinstance(confidence, int | float) or isinstance(confidence, bool) or not 0 <= confidence <= 1.001:
        raise ValueError
    return min(1.0, float(confidence))


def _value(entity: dict[str, Any]) -> Any:
    """A value, or an interval with `from`, `to` or both."""
    if "value" in entity:
        return entity["value"]
    interval = {end: entity[end].get("value") for end in ("from", "to") if end in entity}
    return interval or entity["body"]
