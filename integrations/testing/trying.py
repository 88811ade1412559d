"""Trying a rule. It runs in a thread of its own, so that an adapter that blocks or never ends holds nobody up."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Iterator
from typing import NamedTuple

from integrations import AdapterError, find
from integrations.testing.provider import Provider
from integrations.testing.rules import BLOCKING, RULES, Broken, Case, Rule, described

SECONDS = 60.0
"""What a rule may take."""
STILL = 5.0
"""Seconds without a sign of life after which the event loop counts as blocked."""


class Attempt(NamedTuple):
    """A rule to try, with one of the errors or with none. obstacle: why it can't be tried, "" if it can."""

    rule: Rule
    error: type[AdapterError] | None
    obstacle: str

    @property
    def title(self) -> str:
        return f"{self.rule.says}: {self.error.__name__}." if self.error else self.rule.says


class Failure(NamedTuple):
    """What the adapter did, and what to change."""

    what: str
    remedy: str


def attempts(provider: Provider | type[Provider]) -> Iterator[Attempt]:
    """All rules, once or with each error that the provider can cause."""
    for rule in RULES:
        obstacle = rule.obstacle(provider)
        if rule.for_each_error and not obstacle:
            yield from (Attempt(rule, error, "") for error in provider.errors)
        else:
            yield Attempt(rule, None, obstacle)


def failure(provider: Provider, rule: Rule, error: type[AdapterError] | None = None) -> Failure | None:
    """Try the rule. None if the adapter keeps it."""
    found: queue.Queue[str] = queue.Queue()
    signs = [time.monotonic()]
    thread = threading.Thread(target=lambda: asyncio.run(_try(Case(provider=provider, error=error), rule, found, signs)))
    thread.daemon = True
    until = time.monotonic() + SECONDS
    thread.start()
    while True:
        try:
            what = found.get(timeout=0.2)
        except queue.Empty:
            if time.monotonic() - signs[0] > STILL:
                return Failure(f"The event loop has stood still for {STILL:g} seconds.", BLOCKING.remedy)
            if time.monotonic() > until:
                return Failure(f"It wasn't over after {SECONDS:g} seconds.", rule.remedy)
            continue
        thread.join(1.0)
        return Failure(what, rule.remedy) if what else None


async def _try(case: Case, rule: Rule, found: queue.Queue[str], signs: list[float]) -> None:
    """What was found is passed on before the loop ends, because a call that ignores its end holds the loop up."""

    async def live() -> None:
        while True:
            signs[0] = time.monotonic()
            await asyncio.sleep(0.05)

    living = asyncio.create_task(live())
    try:
        await rule.check(case)
        found.put("")
    except Broken as broken:
        found.put(str(broken))
    except Exception as error:  # noqa: BLE001 - an adapter may raise anything
        found.put(described(error, find(case.provider.name).__module__))
    finally:
        living.cancel()
