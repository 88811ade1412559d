"""Fixtures that more than one test module uses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from hypothesis import HealthCheck, settings

from chat import runtime
from chat.storage import operators as accounts
from tests.support import once, servers
from tests.support.operator import RIGHTS, Operator, account, desk_of
from tests.support.scripted import Answer, ScriptedAdapter
from tests.support.servers import Site
from tests.support.visitor import Visitor

pytest.register_assert_rewrite("integrations.testing")

LONGEST = ("test_faults", "test_postgresql", "test_processes", "test_make")
"""Modules, one of which alone takes a good part of the time."""

settings.register_profile("busy machine", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy machine")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # a process of pytest-xdist takes part in the run of the one that started it
        once.begin()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first: then no process is left alone with it at the end. The browser's modules stay together,
    since a process starts its browser anew if another module came in between."""
    items.sort(key=lambda item: (item.path.stem not in LONGEST, item.path.parent.name != "browser"))


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        servers.stop_shared()
        once.end()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running site for one test module."""
    site = Site(tmp_path_factory.mktemp("site"))
    site.prepare()
    with site.serving():
        yield site


@pytest.fixture
def deadline(settings: Any) -> Callable[[float], None]:
    def set_deadline(seconds: float) -> None:
        settings.SECRET_ENVIRONMENT = {**settings.SECRET_ENVIRONMENT, "CHATBOT_DEADLINE": str(seconds)}

    return set_deadline


@pytest_asyncio.fixture
async def scripted(transactional_db: None) -> AsyncIterator[Callable[..., ScriptedAdapter]]:
    """A function that makes the chat answer as told. Its runtime ends with the test."""

    def script(*answers: Answer) -> ScriptedAdapter:
        adapter = ScriptedAdapter(*answers)
        runtime.use(runtime.build(adapter))
        return adapter

    yield script
    await runtime.aclose()


@pytest_asyncio.fixture
async def visitors(scripted: Callable[..., ScriptedAdapter]) -> AsyncIterator[Callable[..., object]]:
    """A function that connects a visitor. All visitors leave at the end of the test."""
    async with AsyncExitStack() as stack:

        async def connect(*headers: tuple[bytes, bytes]) -> Visitor:
            visitor = Visitor(*headers)
            assert await visitor.connect()
            stack.push_async_callback(visitor.leave)
            return visitor

        yield connect


@pytest_asyncio.fixture
async def operators(scripted: Callable[..., ScriptedAdapter]) -> AsyncIterator[Callable[..., object]]:
    """A function that opens the desk of a new account; all of them are closed with the test."""
    async with AsyncExitStack() as stack:

        async def connect(name: str = "ana", *rights: str, public_name: str = "") -> Operator:
            user = await sync_to_async(account)(name, *(rights or RIGHTS), public_name=public_name)
            return await stack.enter_async_context(desk_of(user))

        yield connect


@pytest_asyncio.fixture
async def staffed(transactional_db: None) -> None:
    """Somebody may answer visitors, and has an open desk."""

    def open_desk() -> None:
        accounts.touch(account("somebody", *RIGHTS).pk, 3_600)

    await sync_to_async(open_desk)()
