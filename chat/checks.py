"""System checks: report every mistake in the chat's and the provider's variables before the server starts."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register

from chat import conf
from chat.conf import ChatOptions
from integrations import Adapter, ConfigurationError, create

PREFIXES = ("CHATBOT_", "WIT_", "DIALOGFLOW_")
_EXAMPLE = Path(__file__).resolve().parent.parent / ".env.example"


@register("chat")
def check_configuration(**kwargs: Any) -> list[CheckMessage]:
    """chat.E001: a wrong variable of the chat. chat.E002: a wrong variable of the provider, or its name. chat.W005: a name
    that is no variable. chat.W006: a variable without effect. chat.W007: a doubtful variable of the provider. chat.W012: a
    language that the provider doesn't know."""
    try:
        options = conf.options()
    except ConfigurationError as error:
        return [*_errors(error, "chat.E001"), *_provider_errors(), *_unknown([], conf.environ())]
    try:
        adapters = conf.create_adapters()
    except ConfigurationError as error:
        return [*_errors(error, "chat.E002"), *_unknown([], conf.environ())]
    doubtful = [warning for adapter in adapters for warning in _doubtful(adapter, options)]
    return [*doubtful, *_unknown(adapters, conf.environ()), *_without_effect(options, adapters, conf.environ())]


def _provider_errors() -> list[CheckMessage]:
    """What is wrong with CHATBOT_PROVIDER, if the chat's own options can't be used."""
    try:
        create(conf.provider(), conf.environ())
    except ConfigurationError as error:
        return _errors(error, "chat.E002")
    return []


def _doubtful(adapter: Adapter, options: ChatOptions) -> list[CheckMessage]:
    doubtful: list[CheckMessage] = [
        Warning(f"{found.variable} {found.message}", hint=f"Example: {found.variable}={found.example}", id="chat.W007")
        for found in adapter.warnings()
    ]
    unknown = [tag for tag in options.languages if not adapter.understands(tag)]
    if unknown:
        doubtful.append(
            Warning(
                f"CHATBOT_LANGUAGES names {', '.join(unknown)}, which the provider {adapter.name} doesn't list.",
                hint="Questions in such a language probably fail. Take it out, or write it as the provider does.",
                id="chat.W012",
            )
        )
    return doubtful


def _unknown(adapters: Sequence[Adapter], environ: Mapping[str, str]) -> list[CheckMessage]:
    """Names that look like the chat's and are none. No error: container systems set some by themselves."""
    # The example lists the variables of all providers, and importing those that aren't used takes long.
    known = {*re.findall(r"^([A-Z_]+)=", _EXAMPLE.read_text(), re.MULTILINE)}
    known |= {name for adapter in adapters for name in adapter.options_class.variables()}
    unknown = sorted(name for name in environ if name.startswith(PREFIXES) and name not in known)
    if not unknown:
        return []
    nearest = {name: difflib.get_close_matches(name, known, n=1) for name in unknown}
    names = ", ".join(f"{name} (did you mean {near[0]}?)" if near else name for name, near in nearest.items())
    return [
        Warning(
            f"No such variable, so it has no effect: {names}.",
            hint="Correct the name or delete the line. Kubernetes sets names such as CHATBOT_PORT by itself. Ignore those.",
            id="chat.W005",
        )
    ]


def _without_effect(options: ChatOptions, adapters: Sequence[Adapter], environ: Mapping[str, str]) -> list[CheckMessage]:
    """Variables that are set and do nothing as things are."""
    reasons = {}
    if options.welcome_event and not any(adapter.has_events for adapter in adapters):
        reasons["CHATBOT_WELCOME_EVENT"] = f"the provider {adapters[0].name} has no events"
    if options.provider_rate is not None and not options.breaker:
        reasons["CHATBOT_PROVIDER_RATE"] = "CHATBOT_BREAKER is off"
    for name in ("CHATBOT_STANDBY_SHARE", "CHATBOT_STANDBY_ON_NO_MATCH"):
        if environ.get(name, "").strip() and not options.standby:
            reasons[name] = "CHATBOT_STANDBY isn't set"
    if not environ.get("CHATBOT_PROVIDER", "").strip():
        for name, value in environ.items():
            if name.startswith(PREFIXES[1:]) and value.strip():
                reasons[name] = "CHATBOT_PROVIDER isn't set, so the echo bot answers"
    return [
        Warning(f"{name} has no effect: {reason}.", hint="Change one of them, or delete the line.", id="chat.W006")
        for name, reason in reasons.items()
    ]


@register(Tags.security, deploy=True)
def check_deployment(**kwargs: Any) -> list[CheckMessage]:
    """chat.W001 to W004 and W008 to W011: settings that are unsafe on a public site."""
    from django.conf import settings

    warnings: list[CheckMessage] = []
    if not settings.HTTPS:
        warnings.append(
            Warning(
                "HTTPS is off. Cookies aren't protected, and visitors aren't redirected to https.",
                hint="Behind a proxy that ends TLS and sets X-Forwarded-Proto, let PUBLIC_URL begin with https, or set "
                "HTTPS=on (secure cookies, HSTS).",
                id="chat.W001",
            )
        )
    if settings.DEBUG:
        warnings.append(Warning("DEBUG is on: error pages show the code.", hint="Set DEBUG=off.", id="chat.W008"))
    if len(settings.SECRET_KEY) < 50 or len(set(settings.SECRET_KEY)) < 5:
        warnings.append(
            Warning(
                "SECRET_KEY is short or has too few different characters, so it can be guessed.",
                hint="Delete its value in .env. `make run` then writes a good one. Everybody has to log in anew.",
                id="chat.W009",
            )
        )
    if not settings.PUBLIC_URLS:
        warnings.append(
            Warning(
                "PUBLIC_URL is not set: behind a proxy that changes the Host, the chat doesn't connect.",
                hint="Set it to the address that browsers show, such as PUBLIC_URL=https://chat.example.com.",
                id="chat.W010",
            )
        )
    if "*" in settings.ALLOWED_HOSTS:
        warnings.append(
            Warning(
                "ALLOWED_HOSTS allows every host: pages of any name that leads here count as the chat's own.",
                hint="Set PUBLIC_URL, and leave ALLOWED_HOSTS empty.",
                id="chat.W011",
            )
        )
    try:
        options = conf.options()
    except ConfigurationError:
        return warnings
    if not options.rate_limits:
        warnings.append(Warning("CHATBOT_RATE_LIMITS is off.", hint="It is meant for load tests.", id="chat.W002"))
    if not options.breaker:
        warnings.append(Warning("CHATBOT_BREAKER is off.", hint="It is meant for load tests.", id="chat.W003"))
    if settings.HTTPS and not options.trusted_proxies:
        warnings.append(
            Warning(
                "CHATBOT_TRUSTED_PROXIES is 0. Behind a proxy, all visitors count as one address.",
                hint="Set it to the number of proxies in front, such as 1.",
                id="chat.W004",
            )
        )
    return warnings


def _errors(error: ConfigurationError, id: str) -> list[CheckMessage]:
    return [
        Error(f"{problem.variable} {problem.message}", hint=f"Example: {problem.variable}={problem.example}", id=id)
        for problem in error.problems
    ]
