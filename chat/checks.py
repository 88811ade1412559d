"""System checks: report every mistake in the chat's and the provider's variables before the server starts."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register

from chat import conf
from integrations import ConfigurationError, create


@register("chat")
def check_configuration(**kwargs: Any) -> list[CheckMessage]:
    """chat.E001: a wrong variable of the chat. chat.E002: a wrong variable of the provider, or its name."""
    try:
        options = conf.options()
    except ConfigurationError as error:
        return _errors(error, "chat.E001")
    try:
        create(options.provider, conf.environ())
    except ConfigurationError as error:
        return _errors(error, "chat.E002")
    return []


@register(Tags.security, deploy=True)
def check_deployment(**kwargs: Any) -> list[CheckMessage]:
    """chat.W001 to W004: settings that are unsafe on a public site."""
    from django.conf import settings

    warnings: list[CheckMessage] = []
    if not settings.HTTPS:
        warnings.append(
            Warning(
                "HTTPS is off. Cookies aren't protected, and visitors aren't redirected to https.",
                hint="Behind a proxy that ends TLS and sets X-Forwarded-Proto, set HTTPS=on (secure cookies, HSTS).",
                id="chat.W001",
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
