"""The rules of a reply. An adapter is anybody's code, so the chat checks what it returns before using it."""

from __future__ import annotations

import dataclasses
import functools
import typing
from typing import Any

from integrations.base import Reply
from integrations.parts import Part, Text

MAX_DEPTH = 50
"""How deep JSON is checked. What is deeper isn't stored."""


def broken_rule(answer: object) -> str:
    """The rule that an adapter's answer breaks, as a sentence for its author. "" if it breaks none. It repeats no value."""
    if not isinstance(answer, Reply):
        return f"detect_intent must return a Reply, not {_kind(answer)}."
    confidence = answer.confidence
    if not isinstance(answer.intent, str):
        return f"Reply.intent must be a text, not {_kind(answer.intent)}."
    if isinstance(confidence, bool) or not isinstance(confidence, int | float | None):
        return f"Reply.confidence must be a number or None, not {_kind(confidence)}."
    return (
        _of_list("Reply.parts", answer.parts, Part)
        or _of_object("Reply.entities", answer.entities)
        or _of_object("Reply.traits", answer.traits)
    )


def _of_list(name: str, items: object, wanted: Any) -> str:
    if not isinstance(items, tuple | list):
        return f"{name} must be a tuple, not {_kind(items)}."
    for item in items:
        if not isinstance(item, wanted):
            return f"{name} must hold a {wanted.__name__} at each place, not {_kind(item)}."
        kind: Any = type(item)
        if kind is Text and isinstance(item.text, str):  # nearly every part
            continue
        for field, hint in _hints(kind).items():
            field_name, value = f"{kind.__name__}.{field}", getattr(item, field)
            if hint is str:
                rule = "" if isinstance(value, str) else f"{field_name} must be a text, not {_kind(value)}."
            elif typing.get_origin(hint) is tuple:
                rule = _of_list(field_name, value, typing.get_args(hint)[0])
            else:
                rule = _of_json(field_name, value)
            if rule:
                return rule
    return ""


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _of_object(name: str, value: object) -> str:
    if not isinstance(value, dict):
        return f"{name} must be a dict, not {_kind(value)}."
    return _of_json(name, value) if value else ""


def _of_json(name: str, value: object, depth: int = MAX_DEPTH) -> str:
    if value is None or isinstance(value, str | int | float) or not depth:
        return ""
    if isinstance(value, list | tuple):
        inner = iter(value)
    elif isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                return f"Every key in {name} must be a text, not {_kind(key)}."
        inner = iter(value.values())
    else:
        return f"{name} must be JSON, which has no {_kind(value)}."
    return next((rule for item in inner if (rule := _of_json(name, item, depth - 1))), "")


def _kind(value: object) -> str:
    return type(value).__name__
