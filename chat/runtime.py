"""The objects that a process has once: the provider's adapter, the writer, the service. Built in the running loop."""

from __future__ import annotations

import asyncio
import dataclasses
import weakref
from collections.abc import Iterable, Mapping

from asgiref.sync import async_to_sync
from django.conf import settings

from chat import conf
from chat.answers.answerer import Answerer, Crash
from chat.answers.breaker import Condition
from chat.answers.chain import Chain, links
from chat.answers.handover import Handover
from chat.answers.lessons import Lessons
from chat.answers.staff_replies import Replies
from chat.cache import Cache
from chat.conversations.desk import Desk
from chat.conversations.service import Service
from chat.conversations.sweep import sweep_desk_for_ever, sweep_for_ever
from chat.conversations.turns import Turns
from chat.delivery.bus import Bus
from chat.delivery.desks import Desks
from chat.delivery.publisher import Publisher
from chat.models import Site, Status
from chat.ratelimit import Connects, Limits, Store
from chat.sites import strings
from chat.storage import desk as desk_storage
from chat.storage.reader import Reader
from chat.storage.staffing import Staffing
from chat.storage.staffing import load as load_staffing
from chat.storage.writer import Writer
from integrations import Adapter, create

LIST_TIMEOUT = 5.0
"""Seconds."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Runtime:
    chain: Chain
    answerer: Answerer
    writer: Writer
    reader: Reader
    replies: Cache[Replies]
    handover: Handover
    sites: Cache[Mapping[str, Site] | None]
    publisher: Publisher
    bus: Bus
    turns: Turns
    service: Service
    desk: Desk
    limits: Limits | None
    store: Store
    lessons: Lessons | None
    tasks: list[asyncio.Task[None]] = dataclasses.field(default_factory=list)

    def start(self) -> None:
        """Start the background tasks of a serving process: listen to the other processes, and sweep."""
        if settings.REDIS_URL:
            self.bus.start()
        options = conf.options()
        self.tasks.append(asyncio.create_task(sweep_for_ever(self.turns, self.reader, options.deadline)))
        self.tasks.append(asyncio.create_task(sweep_desk_for_ever(self.desk, options.desk_wait, options.desk_gone)))

    async def aclose(self) -> None:
        """End the turns, commit waiting entries, close the provider's clients."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.service.drain()
        await self.bus.aclose()
        await self.writer.aclose()
        await self.reader.aclose()
        for adapter in self.chain.adapters:
            await adapter.aclose()
        await self.store.aclose()


# A provider's client belongs to the event loop in which it was made. A serving process has one loop, but tests have many.
_runtimes: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Runtime] = weakref.WeakKeyDictionary()


def current() -> Runtime:
    """The running loop's runtime. Raises ConfigurationError, which the system checks report before the server starts."""
    loop = asyncio.get_running_loop()
    if loop not in _runtimes:
        _runtimes[loop] = build(*conf.create_adapters())
    return _runtimes[loop]


def build(*adapters: Adapter) -> Runtime:
    """A runtime around an adapter and those that stand by for it."""
    options = conf.options()
    store = Store(settings.REDIS_URL)
    chain = Chain(links(adapters, options, store), options)
    reader = Reader()
    writer = Writer(options.deadline, on_outage=reader.spare_connection)
    replies = Cache("staff's replies", Replies(), lambda: reader.read(Replies.load))

    async def catch_up_all() -> None:
        desks.doubt()
        await publisher.bring_up_to_date(await reader.latest(publisher.public_ids()))

    staffing = Cache("desk's staffing", Staffing(), lambda: reader.read(load_staffing))
    handover = Handover(staffing=staffing, replies=replies, max_misses=options.misses_to_desk)

    async def hear(news: Mapping[str, tuple[int, str]]) -> None:
        turns.hear(news)
        for public_id, (_, status) in news.items():
            if status == Status.OPERATOR:
                turns.settle(public_id)
        await publisher.bring_up_to_date(news)

    bus = Bus(on_news=hear, on_aside=lambda public_id, value: publisher.send(public_id, value), on_gap=catch_up_all)
    desks = Desks(
        lambda: reader.read(desk_storage.lists),
        lambda public_ids: reader.read(desk_storage.rows, public_ids),
        hears_others=bool(settings.REDIS_URL),
    )
    publisher = Publisher(bus.tell, bus.pass_on, desks.note)
    answerer = Answerer(
        chain=chain,
        options=options,
        reader=reader,
        replies=replies,
        handover=handover,
        time_zone=settings.TIME_ZONE,
    )
    turns = Turns(answerer=answerer, writer=writer, reader=reader, publisher=publisher, deadline=options.deadline)
    service = Service(chain=chain, options=options, writer=writer, reader=reader, publisher=publisher, turns=turns)
    desk = Desk(
        service=service,
        max_characters=options.max_characters,
        writer=writer,
        reader=reader,
        publisher=publisher,
        turns=turns,
        desks=desks,
        handover=handover,
    )
    learners = [adapter for adapter in adapters if adapter.takes_answers]
    lessons = Lessons(learners, reader, lambda language: strings.say("did_you_mean", language)) if learners else None
    return Runtime(
        chain=chain,
        answerer=answerer,
        writer=writer,
        reader=reader,
        replies=replies,
        handover=handover,
        sites=Cache[Mapping[str, Site] | None]("list of sites", None, reader.sites),
        publisher=publisher,
        bus=bus,
        turns=turns,
        service=service,
        desk=desk,
        store=store,
        limits=_limits(options, store) if options.rate_limits else None,
        lessons=lessons,
        tasks=[asyncio.create_task(lessons.teach_for_ever())] if lessons else [],
    )


def _limits(options: conf.ChatOptions, store: Store) -> Limits:
    return Limits(
        sockets=options.sockets,
        sockets_per_address=options.sockets_per_address,
        connects=Connects(2 * options.sockets_per_address, store),
    )


async def start() -> None:
    """Make the running loop's runtime and start its background tasks."""
    current().start()


def use(runtime: Runtime) -> None:
    """Make it the running loop's runtime."""
    _runtimes[asyncio.get_running_loop()] = runtime


async def aclose() -> None:
    """Close the running loop's runtime, if there is one."""
    if runtime := _runtimes.pop(asyncio.get_running_loop(), None):
        await runtime.aclose()


async def drain() -> None:
    """Refuse new messages and wait until every running turn is stored. The server calls it before it closes the sockets."""
    if runtime := _runtimes.get(asyncio.get_running_loop()):
        await runtime.service.drain()


def is_draining() -> bool:
    """Whether the running loop's runtime refuses new messages."""
    runtime = _runtimes.get(asyncio.get_running_loop())
    return runtime is not None and runtime.service.is_draining


def conditions() -> list[Condition]:
    """The provider's condition in each of this process's runtimes (a serving process has one). May be called from any
    thread."""
    chains = [runtime.chain for runtime in list(_runtimes.values())]
    return [link.breaker.condition for chain in chains for link in chain.links if link.breaker]


def crashes() -> list[Crash]:
    """The last exception of each runtime's adapter, if DEBUG is on. May be called from any thread."""
    return [runtime.answerer.crash for runtime in list(_runtimes.values()) if runtime.answerer.crash]


def lessons_trouble() -> str:
    """Why staff's last change of the answers isn't at work in this process, empty if it is."""
    return next((runtime.lessons.trouble for runtime in list(_runtimes.values()) if runtime.lessons), "")


def read_anew() -> None:
    """Make edits by staff take effect at once in this process. May be called from any thread."""
    for runtime in list(_runtimes.values()):
        runtime.replies.invalidate()
        runtime.sites.invalidate()


def tell_deleted(public_ids: Iterable[str]) -> None:
    """Close the sockets of conversations that are gone, at all processes. May be called from any thread."""
    for loop, runtime in list(_runtimes.items()):
        for public_id in public_ids:
            gone = runtime.publisher.announce(public_id, 0, "")
            asyncio.run_coroutine_threadsafe(gone, loop)


def list_intents() -> list[str]:
    """The selected provider's intents. Blocks while the adapter is made, and then for at most LIST_TIMEOUT.

    Raises AdapterError, ConfigurationError, TimeoutError, and any error of an adapter with a mistake.
    """
    adapter = create(conf.options().provider, conf.environ())  # not on the loop: all visitors would wait for a slow adapter

    async def ask() -> list[str]:
        try:
            async with asyncio.timeout(LIST_TIMEOUT):
                return await adapter.list_intents()
        finally:
            await adapter.aclose()

    return async_to_sync(ask)()
