"""The chat's own options, read from environment variables. .env.example lists them."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Mapping

from django.conf import settings
from django.core.signals import setting_changed
from django.utils.translation.trans_real import parse_accept_lang_header

from chat.addresses import normal
from integrations import Adapter, ConfigurationError, Options, Problem, create, variable
from integrations.languages import match
from integrations.options import entries, number, switch, unquoted, whole_number

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def _languages(text: str) -> tuple[str, ...]:
    tags = tuple(tag.replace("_", "-") for tag in entries(text))
    if not tags or not all(len(tag) <= 35 and _LANGUAGE.fullmatch(tag) for tag in tags):
        raise ValueError("must be language tags, separated by commas, the default first.")
    return tags


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(entries(text))
    for place, origin in enumerate(origins, 1):
        if normal(origin) != origin:
            raise ValueError(
                "must be origins as browsers write them, separated by commas: scheme://host or scheme://host:port in small "
                f"letters, without :80 and :443, and nothing after it. Entry {place} is none, so it could never match."
            )
    return origins


def _rate(text: str) -> int | None:
    return whole_number(minimum=0, maximum=1_000_000)(text) if text else None


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChatOptions(Options):
    provider: str = variable("CHATBOT_PROVIDER", str, example="echo", default="echo")
    deadline: float = variable("CHATBOT_DEADLINE", number(minimum=0.1, maximum=20), example="8", default="8")
    languages: tuple[str, ...] = variable("CHATBOT_LANGUAGES", _languages, example="en,de", default="en,de,es,fr")
    max_characters: int = variable(
        "CHATBOT_MAX_CHARACTERS", whole_number(minimum=1, maximum=8000), example="2000", default="2000"
    )
    welcome_event: str = variable("CHATBOT_WELCOME_EVENT", str, example="WELCOME", default="")
    allowed_origins: tuple[str, ...] = variable(
        "CHATBOT_ALLOWED_ORIGINS", _origins, example="https://www.example.com,https://shop.example.com", default=""
    )
    allow_missing_origin: bool = variable("CHATBOT_ALLOW_MISSING_ORIGIN", switch, example="off", default="off")
    token_days: int = variable("CHATBOT_TOKEN_DAYS", whole_number(minimum=1, maximum=3650), example="30", default="30")
    trusted_proxies: int = variable("CHATBOT_TRUSTED_PROXIES", whole_number(minimum=0, maximum=10), example="1", default="0")
    sockets: int = variable("CHATBOT_SOCKETS", whole_number(minimum=1, maximum=1_000_000), example="10000", default="10000")
    sockets_per_address: int = variable(
        "CHATBOT_SOCKETS_PER_ADDRESS", whole_number(minimum=1, maximum=1_000_000), example="200", default="200"
    )
    rate_limits: bool = variable("CHATBOT_RATE_LIMITS", switch, example="on", default="on")
    standby: tuple[str, ...] = variable("CHATBOT_STANDBY", _names, example="faq", default="")
    standby_share: float = variable("CHATBOT_STANDBY_SHARE", number(minimum=0.1, maximum=0.9), example="0.6", default="0.6")
    standby_on_no_match: bool = variable("CHATBOT_STANDBY_ON_NO_MATCH", switch, example="on", default="off")
    breaker: bool = variable("CHATBOT_BREAKER", switch, example="on", default="on")
    provider_rate: int | None = variable("CHATBOT_PROVIDER_RATE", _rate, example="180", default="")

    misses_to_desk: int = variable("CHATBOT_MISSES_TO_DESK", whole_number(minimum=0, maximum=100), example="3", default="3")
    offer_person: bool = variable("CHATBOT_OFFER_PERSON", switch, example="on", default="on")
    desk_wait: float = variable("CHATBOT_DESK_WAIT", number(minimum=1, maximum=86_400), example="180", default="180")
    desk_gone: float = variable("CHATBOT_DESK_GONE", number(minimum=1, maximum=86_400), example="300", default="300")

    def match_language(self, tag: str | None) -> str | None:
        """The configured language that serves a tag, None if there is none."""
        return match(tag, self.languages)

    def browser_language(self, accept_language: str) -> str:
        """The configured language that an Accept-Language header prefers, otherwise the default."""
        return preferred(accept_language, self.languages) or self.languages[0]


def preferred(accept_language: str, offered: tuple[str, ...]) -> str | None:
    """The first of the offered languages that an Accept-Language header names, None if there is none."""
    found = (match(tag, offered) for tag, _ in parse_accept_lang_header(accept_language))
    return next(filter(None, found), None)


def environ() -> Mapping[str, str]:
    """The variables of the environment and .env. All settings except Django's own are read from here."""
    variables: Mapping[str, str] = settings.SECRET_ENVIRONMENT
    return variables


def provider() -> str:
    """CHATBOT_PROVIDER, also where another option can't be used."""
    return unquoted(environ().get("CHATBOT_PROVIDER", "")) or "echo"


@functools.cache
def options() -> ChatOptions:
    """Read once. Raises ConfigurationError, which `manage.py check` reports before the server starts."""
    return ChatOptions.from_environ(environ())


def create_adapters() -> list[Adapter]:
    """The adapters of CHATBOT_PROVIDER and CHATBOT_STANDBY, in this order. Raises ConfigurationError."""
    names = [provider(), *options().standby]
    if doubled := [name for place, name in enumerate(names) if name in names[:place]]:
        message = f"names a provider that is asked already ({', '.join(doubled)}). Name each once."
        raise ConfigurationError(Problem("CHATBOT_STANDBY", message, "faq"))
    return [create(names[0], environ()), *map(_create_standby, names[1:])]


def _create_standby(name: str) -> Adapter:
    try:
        return create(name, environ())
    except ConfigurationError as error:
        # What is wrong with the name itself is said of the variable that holds it.
        raise ConfigurationError(
            *(
                Problem("CHATBOT_STANDBY", problem.message, "faq") if problem.variable == "CHATBOT_PROVIDER" else problem
                for problem in error.problems
            )
        ) from error


setting_changed.connect(lambda **kwargs: options.cache_clear(), weak=False)
