"""The files in tests/fixtures: what a provider sent, and the adapter's result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import integrations
from integrations import AdapterError, Reply

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"


def names(provider: str, *, errors: bool) -> list[str]:
    """The fixtures that lead to an error, or those that lead to a reply."""
    paths = sorted((FIXTURES / provider).glob("*.json"))
    return [path.stem for path in paths if ("error" in json.loads(path.read_text())["expect"]) is errors]


def path(provider: str, name: str) -> Path:
    return FIXTURES / provider / f"{name}.json"


def load(provider: str, name: str) -> dict[str, Any]:
    fixture: dict[str, Any] = json.loads(path(provider, name).read_text())
    return fixture


def error_class(fixture: dict[str, Any]) -> type[AdapterError]:
    found: type[AdapterError] = getattr(integrations, fixture["expect"]["error"])
    return found


def as_json(reply: Reply) -> dict[str, Any]:
    return {
        "parts": [part.as_json() for part in reply.parts],
        "intent": reply.intent,
        "confidence": reply.confidence,
        "is_fallback": reply.is_fallback,
        "handoff": reply.handoff,
        "end": reply.end,
        "entities": reply.entities,
        "traits": reply.traits,
    }


def expected(fixture: dict[str, Any]) -> dict[str, Any]:
    return {**as_json(Reply()), **fixture["expect"]}
