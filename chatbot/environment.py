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

env = Env()
problems: list[str] = []


class Unusable(ValueError):
    """The message says what is wrong, without the value."""


def read(name: str, parse: Callable[..., Any], default: Any, wanted: str) -> Any:
    """One variable. `wanted` says in a sentence what it must be, and gives an example."""
    try:
        return default if not os.environ.get(name, "").strip() else parse(name)
    except Unusable as error:
        problems.append(f"{name} {wanted} {error}")
    except (EnvError, ValueError):
        problems.append(f"{name} {wanted}")
    return default


def database(name: str) -> dict[str, Any]:
    config: dict[str, Any] = dict(dj_database_url.parse(env.str(name)))
    if config["ENGINE"] not in ("django.db.backends.sqlite3", "django.db.backends.postgresql") or not config["NAME"]:
        raise ValueError
    return config


def redis(name: str) -> str:
    from redis.connection import parse_url  # 23 MB, only where it is used

    url: str = env.str(name)
    parse_url(url)  # type: ignore[no-untyped-call]
    return url


def public_urls(name: str) -> list[str]:
    """The addresses without a slash at the end, such as https://chat.example.com or https://example.com/support."""
    urls = [_public_url(entry.strip()) for entry in env.str(name).split(",") if entry.strip()]
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
