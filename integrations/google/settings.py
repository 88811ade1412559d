"""The parsers of the variables that the adapters for Dialogflow have."""

from __future__ import annotations

import re

from integrations.options import no_placeholder


def project(text: str) -> str:
    if not re.fullmatch(r"([A-Za-z0-9][A-Za-z0-9.:-]*)?", no_placeholder(text)):
        raise ValueError("must be a project's id: letters, digits and hyphens, no path and no address.")
    return text


def location(text: str) -> str:
    if re.fullmatch(r"[a-z]+-[a-z]+\d+-[a-z]", no_placeholder(text)):
        raise ValueError("names a zone. The region is the zone without the hyphen and the letter at its end.")
    if not re.fullmatch(r"[a-z][a-z0-9-]*", text):
        raise ValueError("must be global or a region.")
    return text


def environment(text: str) -> str:
    if not re.fullmatch(r"[\w.~-]*", no_placeholder(text), re.ASCII):
        raise ValueError("must be the name of an environment of the agent, or draft.")
    return "" if text == "draft" else text


def sign(text: str) -> tuple[str, str]:
    key, _, value = (part.strip() for part in text.partition("="))
    if not key or not value:
        raise ValueError("must be a key and a value of a custom payload, with = between them.")
    return key, value


def host(text: str) -> str:
    if text and not re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}", text):
        raise ValueError("must be host:port, without http:// before it.")
    return text
