"""Whether this process is alive, and whether it can serve visitors. For load balancers and monitoring.

The views are coroutines, so that they run in the server's event loop and see its runtime.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat import runtime
from chat.answers.chain import Link
from chat.models import Conversation

logger = logging.getLogger(__name__)

LIMIT = 2.0
"""Seconds after which a part that hasn't answered counts as down."""
OK, NOT_MIGRATED, UNREACHABLE, NO_ANSWER, NOT_USED = "ok", "not_migrated", "unreachable", "no_answer", "not_used"


class Examination:
    """Checks a part that may hang. It runs in a thread of its own, which doesn't delay the end of the process. Many requests
    share one check, and each waits at most LIMIT."""

    def __init__(self, part: str, examine: Callable[[], str]) -> None:
        self._part = part
        self._examine = examine
        self._under_way: Future[str] | None = None

    async def finding(self) -> str:
        if self._under_way is None or self._under_way.done():
            self._under_way = Future()
            Thread(target=self._run, args=(self._under_way,), name=f"chat-health-{self._part}", daemon=True).start()
        done, _ = await asyncio.wait({asyncio.wrap_future(self._under_way)}, timeout=LIMIT)
        return done.pop().result() if done else NO_ANSWER

    def _run(self, future: Future[str]) -> None:
        try:
            future.set_result(self._examine())
        except Exception as error:  # noqa: BLE001 - drivers raise many kinds
            logger.warning("The health check can't reach the %s: %s.", self._part, type(error).__name__)
            future.set_result(UNREACHABLE)


def examine_database() -> str:
    try:
        if _newest_migrations() - set(MigrationRecorder(connection).applied_migrations()):
            return NOT_MIGRATED
        with transaction.atomic():  # changes nothing, but needs SQLite's write lock and a writable database
            Conversation.objects.filter(pk__lt=0).update(last_seq=0)
    finally:
        connection.close()
    return OK


@functools.cache
def _newest_migrations() -> frozenset[tuple[str, str]]:
    """The last one of each app, by app and name."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def examine_redis() -> str:
    if not settings.REDIS_URL:
        return NOT_USED
    # 23 MB, only where it is used. The runtime has imported it: here it would count for LIMIT, of which it can take all.
    from redis import Redis

    with Redis.from_url(settings.REDIS_URL, socket_connect_timeout=LIMIT, socket_timeout=LIMIT) as redis:
        redis.ping()
    return OK


database = Examination("database", examine_database)
redis = Examination("Redis", examine_redis)


@require_safe
@never_cache
async def live(request: HttpRequest) -> HttpResponse:
    """200 while the event loop runs."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
async def ready(request: HttpRequest) -> HttpResponse:
    """200 if visitors' messages are stored and answered, even if only by a fallback reply, else 503."""
    current = runtime.current()
    draining = runtime.is_draining()
    database_finding, redis_finding = await asyncio.gather(database.finding(), redis.finding())
    is_ready = database_finding == OK and not draining
    content = {
        "ready": is_ready,
        "draining": draining,
        "database": database_finding,
        "redis": redis_finding,
        "provider": await _provider(current.chain.first),
        "standby": [await _provider(link) for link in current.chain.links[1:]],
        "answering": current.chain.answering.name,
    }
    return JsonResponse(content, status=200 if is_ready else 503)


async def _provider(link: Link) -> dict[str, Any]:
    name = link.adapter.name
    if link.breaker is None:
        return {"name": name, "breaker": "off"}
    condition = link.breaker.condition
    return {
        "name": name,
        "breaker": condition.breaker,
        "cause": condition.cause,
        "failures": condition.failures,
        "seconds": round(condition.seconds),
        "calls": condition.calls,
        "max_calls": condition.max_calls,
        "calls_left": await link.calls.left() if link.calls else None,
    }
