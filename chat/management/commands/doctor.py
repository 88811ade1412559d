"""`manage.py doctor`: checks whether every part of the site works."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core import checks
from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from chat import conf
from chat.addresses import normal
from chat.answers import lessons
from chat.sites import strings
from chat.storage.reader import THREADS
from integrations import ADAPTERS, AdapterError, ConfigurationError, create, find, place

CONNECTIONS = 1 + THREADS + 1
"""Connections to PostgreSQL that a process needs: one writes, THREADS read, and one is for the health check or the admin."""
CHANNEL_LAYER_TIMEOUT = 3.0
ADDRESS_TIMEOUT = 10.0
"""Seconds."""

_HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


class Ailing(Exception):
    """A part doesn't work. The message says what to change."""


class Command(BaseCommand):
    help = "Check settings, database, channel layer, static files and the provider. The exit code is 1 if one of them fails."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--provider", help=f"Try this provider instead of the selected one: {', '.join(ADAPTERS)}.")

        parser.add_argument("--url", help="Also try this address of the chat as a browser does: https://chat.example.com.")

    def handle(self, *args: Any, provider: str | None, url: str | None, **options: Any) -> None:
        failed: list[str] = []
        self._said: set[str] = set()
        for name, examine in self._parts(provider, url):
            if name == "live question" and {"settings", "provider"} & set(failed):
                self.stdout.write(f"-      {name:<14}            not asked, because of what failed above")
            elif not self._report(name, examine):
                failed.append(name)
        if failed:
            raise CommandError(f"Not in order: {', '.join(failed)}.")
        self.stdout.write("Everything is in order.")

    def _parts(self, provider: str | None, url: str | None) -> Iterator[tuple[str, Callable[[], str]]]:
        yield "settings", examine_settings
        yield "database", examine_database
        if connection.vendor == "postgresql":
            yield "connections", examine_connections
        yield "channel layer", examine_channel_layer
        yield "static files", examine_static_files
        for number, name in enumerate([provider] if provider else _names()):
            yield "standby" if number else "provider", partial(examine_provider, name)
            yield "live question", partial(ask_provider, name)
        if url is not None:
            yield "address", lambda: examine_address(url)

    def _report(self, name: str, examine: Callable[[], str]) -> bool:
        started = time.monotonic()
        try:
            finding = examine()
            well = True
        except Ailing as ailing:
            finding, well = "the same as above" if str(ailing) in self._said else str(ailing), False
            self._said.add(str(ailing))
        milliseconds = round((time.monotonic() - started) * 1000)
        word = self.style.SUCCESS("ok    ") if well else self.style.ERROR("FAILED")
        self.stdout.write(f"{word} {name:<14} {milliseconds:>6} ms  {finding}")
        return well


def examine_settings() -> str:
    """Everything that the checks say, but for what is wrong with the provider, which has a line of its own."""
    found = [check for check in checks.run_checks() if check.id != "chat.E002" and not check.is_silenced()]
    said = [f"{check.msg} {check.hint or ''}".strip() for check in found]
    if any(check.is_serious() for check in found):
        raise Ailing("\n       ".join(said))
    return "\n       ".join([f"CHATBOT_PROVIDER={conf.provider()}", *(f"Warning: {words}" for words in said)])


def examine_database() -> str:
    try:
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Exception as error:  # noqa: BLE001 - drivers raise many kinds
        raise Ailing(unreachable(error)) from None
    if pending:
        raise Ailing(f"{len(pending)} migrations are pending. Run: manage.py prepare")
    return connection.vendor


_POSTGRESQL = {
    "password authentication failed": (
        "PostgreSQL refuses the user or the password in DATABASE_URL. Correct them there, or set the user's password in "
        "PostgreSQL."
    ),
    r'database ".*" does not exist': (
        "The PostgreSQL server has no database with the name at the end of DATABASE_URL. Create it with createdb, or "
        "correct the name."
    ),
    r'role ".*" does not exist': (
        "The PostgreSQL server has no user with the name in DATABASE_URL. Create it with createuser, or correct the name."
    ),
    "refused|timeout|timed out|could not translate|resolve host|No route|No such file|unreachable": (
        "No PostgreSQL server answers at the host and port in DATABASE_URL. Start it, or correct them."
    ),
}
"""What the driver says, and what to change."""


def examine_connections() -> str:
    try:
        allowed = allowed_connections()
    except Exception as error:  # noqa: BLE001 - drivers raise many kinds
        raise Ailing(unreachable(error)) from None
    if allowed < CONNECTIONS:
        raise Ailing(
            f"This user may open {allowed} connections, but each process needs {CONNECTIONS}. Raise the limit of the role "
            "(ALTER ROLE ... CONNECTION LIMIT), of the database, or max_connections in postgresql.conf."
        )
    return f"{allowed} allowed, {CONNECTIONS} for each process"


def allowed_connections() -> int:
    """How many connections this user may have at once, over all processes. A superuser has no limit of its own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT least(CASE WHEN rolsuper THEN NULL ELSE nullif(rolconnlimit, -1) END, nullif(datconnlimit, -1),"
            " current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int)"
            " FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()"
        )
        [allowed] = cursor.fetchone()
    return int(allowed)


def unreachable(error: Exception) -> str:
    """What to change where the database can't be reached."""
    known = (advice for words, advice in _POSTGRESQL.items() if re.search(words, str(error)))
    if connection.vendor == "postgresql" and (advice := next(known, None)):
        return advice
    if connection.vendor == "sqlite":
        advice = "Check that the folder of the file exists and that this user may write into it."
    else:
        advice = "Check that the server runs and lets this user in."
    return f"The database can't be reached ({type(error).__name__}). Check DATABASE_URL. {advice}"


def examine_channel_layer() -> str:
    async def round_trip() -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.send(channel, {"type": "doctor"})
        await layer.receive(channel)

    async def bounded() -> None:
        async with asyncio.timeout(CHANNEL_LAYER_TIMEOUT):
            await round_trip()

    kind = "redis" if settings.REDIS_URL else "in memory"
    try:
        asyncio.run(bounded())
    except Exception as error:  # noqa: BLE001 - drivers raise many kinds
        raise Ailing(
            f"{kind} doesn't answer ({type(error).__name__}). Check REDIS_URL and that Redis runs. "
            "If you don't use Redis, leave REDIS_URL empty."
        ) from None
    return kind


def examine_static_files() -> str:
    try:
        address = staticfiles_storage.url("chat/widget.js")
    except ValueError:
        raise Ailing("They are not collected. Run: manage.py prepare") from None
    if not (Path(settings.STATIC_ROOT) / address.removeprefix(f"/{settings.STATIC_URL.strip('/')}/")).is_file():
        raise Ailing("They are not collected. Run: manage.py prepare")
    return address


def _names() -> list[str]:
    """The providers that are asked, in order."""
    try:
        return [conf.provider(), *conf.options().standby]
    except ConfigurationError:  # which has a line of its own
        return [conf.provider()]


def examine_provider(provider: str) -> str:
    try:
        return create(provider, conf.environ()).name
    except ConfigurationError as error:
        raise Ailing(_one_line(error)) from None


def ask_provider(provider: str) -> str:
    async def ask() -> None:
        adapter = create(provider, conf.environ())
        try:
            if adapter.takes_answers:
                answers = await sync_to_async(lessons.read)()
                await adapter.learn(answers, lambda language: strings.say("did_you_mean", language))
            async with asyncio.timeout(conf.options().deadline):
                await adapter.check()
        finally:
            await adapter.aclose()

    try:
        asyncio.run(ask())
    except ConfigurationError as error:
        raise Ailing(_one_line(error)) from None
    except AdapterError as error:
        again = "Trying again may help." if error.temporary else "Trying again won't help until something is changed."
        raise Ailing(f"{error.outcome}: {error} {again} docs/providers.md says more.") from None
    except TimeoutError:
        raise Ailing(
            "timeout: no answer within CHATBOT_DEADLINE. Check the network and the address. Trying again may help."
        ) from None
    except Exception as error:  # noqa: BLE001 - an adapter may raise anything
        where = place(error, find(provider).__module__) or "a place outside its module"
        raise Ailing(
            f"internal: the adapter raised {type(error).__name__} at {where}, which is a bug in the adapter."
        ) from None
    return "answered"


def examine_address(url: str) -> str:
    """Whether the chat answers at its public address, and lets WebSockets through that come from its own pages."""
    origin = normal(url)
    if origin is None:
        raise Ailing("--url must be the address of the chat. Example: --url https://chat.example.com")
    base = url.rstrip("/") if "://" in url else origin
    try:
        live = httpx.get(f"{base}/health/live", timeout=ADDRESS_TIMEOUT)
        with httpx.stream(
            "GET", f"{base}/ws/chat/", headers=_HANDSHAKE | {"Origin": origin}, timeout=ADDRESS_TIMEOUT
        ) as opened:
            status = opened.status_code
    except httpx.HTTPError as error:
        raise Ailing(
            f"{base} can't be reached from here ({type(error).__name__}). Check the name, the certificate and the proxy; "
            "trying again may help."
        ) from None
    if live.status_code != httpx.codes.OK:
        raise Ailing(f"{base} answers with HTTP {live.status_code}, so it leads to something else than this chat.")
    if status == httpx.codes.FORBIDDEN:
        raise Ailing(
            f"{base} refuses WebSockets of its own pages (HTTP 403). Check ALLOWED_HOSTS and HTTPS, and that the proxy "
            "passes the Host header on."
        )
    if status != httpx.codes.SWITCHING_PROTOCOLS:
        raise Ailing(
            f"{base} answers, but WebSocket upgrades don't arrive (HTTP {status}). Let the proxy in front pass them on: for "
            "nginx, proxy_http_version 1.1, and the headers Upgrade and Connection. docs/operations.md says more."
        )
    return base


def _one_line(error: ConfigurationError) -> str:
    return " ".join(map(str, error.problems))
