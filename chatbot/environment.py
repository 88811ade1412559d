"""Django's own variables, read strictly from the environment and .env.

A value that can't be used becomes a line that names the variable and never repeats the value, which may be a secret.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from environs import Env, EnvError

from chat.addresses import normal
from integrations.options import entries, unquoted

env = Env()
problems: list[str] = []


class Unusable(ValueError):
    """The message says what is wrong, without the value."""


def read(name: str, parse: Callable[..., Any], default: Any, wanted: str) -> Any:
    """One variable. `wanted` says in a sentence what it must be, and gives an example."""
    if name in os.environ:
        os.environ[name] = unquoted(os.environ[name])
    try:
        return parse(name) if os.environ.get(name) else default
    except Unusable as error:
        problems.append(f"{name} {wanted} {error}")
    except (EnvError, ValueError):
        problems.append(f"{name} {wanted}")
    return default


def database(name: str) -> dict[str, Any]:
    text = env.str(name)
    # What stands before the first / ? or # holds the user and the password, unless the password has such a sign.
    before, _, rest = text.partition("://")[2].partition("@")
    if ":" in before and rest and (re.search(r"[/?#\[\]]", before) or "#" in rest):
        raise Unusable(
            "Its password holds a sign that must be percent-encoded: write # as %23, / as %2F, ? as %3F, [ as %5B, ] as %5D "
            "and @ as %40."
        )
    config: dict[str, Any] = dict(dj_database_url.parse(text))
    if config["ENGINE"] not in ("django.db.backends.sqlite3", "django.db.backends.postgresql") or not config["NAME"]:
        raise ValueError
    for option in config.get("OPTIONS", {}):
        if option not in _options(config["ENGINE"]):
            shown = option if re.fullmatch(r"[a-z_]+", option) else "at its end"
            raise Unusable(f"This database doesn't know the option {shown}. Take it out of the address.")
    return config


def _options(engine: str) -> set[str]:
    """What may stand after ? in a database's address."""
    if engine.endswith("sqlite3"):
        return set()
    from psycopg import pq  # the database's driver, only where it is used

    return {option.keyword.decode() for option in pq.Conninfo.get_defaults()}


def keys(name: str) -> list[str]:
    return list(entries(env.str(name)))


def redis(name: str) -> str:
    from redis.connection import parse_url  # 23 MB, only where it is used

    url: str = env.str(name)
    parse_url(url)  # type: ignore[no-untyped-call]
    return url


def public_urls(name: str) -> list[str]:
    """The addresses without a slash at the end, such as https://chat.example.com or https://example.com/support."""
    urls = [_public_url(entry) for entry in entries(env.str(name))]
    if len({(urlsplit(url).scheme, urlsplit(url).path) for url in urls}) > 1:
        raise Unusable("All of them must begin with the same http:// or https://, and have the same path.")
    return urls


def _public_url(text: str) -> str:
    origin = normal(text)
    if origin is None or "://" not in text:
        raise ValueError
    path = urlsplit(text).path.rstrip("/")
    if "@" in text or "?" in text or "#" in text or not re.fullmatch(r"(/(?!\.)[\w.~-]+)*", path, re.ASCII):
        raise Unusable("There may be a path after the host, but no password, ? or #.")
    return origin + path


_HOST = re.compile(r"\*|\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]", re.IGNORECASE)
_NO_HOST = {
    r"\[\s*[\"'].*|.*[\"'].*": "holds quotation marks, and a list needs no brackets",
    r".*/.*": "holds a scheme or a path",
    r".*[;\s#].*": "holds a space, ; or #. Commas separate the entries",
    r"\*\..*": "begins with *. Write .example.com for a host and all below it",
    r"([^:]+|\[.*\]):\d*": "holds a port. Only PUBLIC_URL may have one",
    r"[0-9a-f:.]+": "is an IPv6 address without brackets around it",
    r".*[^\x00-\x7f].*": "holds letters outside ASCII. Write it as xn--...",
}
"""What an entry looks like that no request's Host can match, and what is wrong with it."""


def hosts(name: str) -> list[str]:
    """Host names as Django takes them. Raises Unusable for what could never match, because that would be silent."""
    found = entries(env.str(name))
    for place, host in enumerate(found, 1):
        if not _HOST.fullmatch(host):
            wrong = (words for look, words in _NO_HOST.items() if re.fullmatch(look, host, re.IGNORECASE | re.DOTALL))
            raise Unusable(f"Entry {place} {next(wrong, 'is no host name')}.")
    return found
