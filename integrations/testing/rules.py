"""The rules that every adapter keeps, in one table. The tests and the command both try them."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gc
import itertools
import json
import logging
import time
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

from integrations import Adapter, AdapterError, ConfigurationError, Reply, Utterance, broken_rule, create, find, place
from integrations.testing.provider import EVERY_ERROR, VISITOR, Provider

OUTCOMES = sorted(error.outcome for error in EVERY_ERROR)
SESSION = "5d1f2a30-8f0e-4c8e-9b1e-0c6a4f1b2d3e"
DEADLINE = 0.05
"""Seconds that a hanging call gets."""
GRACE = 2.0
"""Seconds in which a call must end after it was cancelled. The machine may be busy."""
MAX_PAUSE = 0.25
"""Seconds that the event loop may stand still during a question."""
MAX_CANCELLATIONS = 150


class Broken(Exception):
    """An adapter breaks a rule. The message says what it did."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """What a rule is tried with. error: the one that the provider is to cause, for rules that are tried with each."""

    provider: Provider
    error: type[AdapterError] | None = None

    @contextlib.asynccontextmanager
    async def adapter(self) -> AsyncIterator[Adapter]:
        """A new one, which has learnt what it has to, and is closed afterwards."""
        adapter = self.provider.adapter()
        if adapter.takes_answers:
            await adapter.learn(self.provider.written, lambda language: "Did you mean:")
        try:
            yield adapter
        finally:
            await adapter.aclose()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rule:
    """name: in one word. says: the rule. remedy: what to change if it is broken. check: raises Broken.

    needs: a method of Provider without which it can't be tried. for_each_error: it is tried with each error.
    """

    name: str
    says: str
    remedy: str
    check: Callable[[Case], Awaitable[None]]
    needs: str = ""
    for_each_error: bool = False

    def obstacle(self, provider: Provider | type[Provider]) -> str:
        """Why it can't be tried with this provider. "" if it can."""
        if self.needs and not provider.can(self.needs):
            return "needs a fake" if provider.is_live else f"the fake has no method {self.needs}"
        if self.name == "event" and not find(provider.name).has_events:
            return "the adapter has no events"
        return ""


def utterance(text: str, session: str = SESSION) -> Utterance:
    return Utterance(session=session, language="en", text=text)


async def ask(adapter: Adapter, asked: str | Utterance) -> Reply:
    """A reply that can be used. Raises Broken for any other one, and what the adapter raises."""
    reply = await adapter.detect_intent(utterance(asked) if isinstance(asked, str) else asked)
    if rule := broken_rule(reply):
        raise Broken(rule)
    return reply


async def _variables(case: Case) -> None:
    defaults = find(case.provider.name).options_class.defaults()
    required = case.provider.required
    wanted = [name for name, default in defaults.items() if default is None] if required is None else list(required)
    try:
        create(case.provider.name, {})
        named = []
    except ConfigurationError as error:
        named = [problem.variable for problem in error.problems]
    if named != wanted:
        raise Broken(f"Without any variable it names {_listed(named)}, and it requires {_listed(wanted)}.")


async def _reply(case: Case) -> None:
    async with case.adapter() as adapter:
        reply = await ask(adapter, case.provider.answers())
    if not (reply.parts or reply.intent or reply.is_fallback):
        raise Broken("The reply is empty: it has no parts and no intent, and isn't marked with is_fallback.")
    if reply.confidence is not None and not 0 <= reply.confidence <= 1:
        raise Broken("Reply.confidence must be from 0 to 1.")
    try:
        json.dumps([[part.as_json() for part in reply.parts], reply.entities, reply.traits], allow_nan=False)
    except (TypeError, ValueError):
        raise Broken("The reply holds something that JSON can't hold, such as NaN.") from None


async def _silent(case: Case) -> None:
    async with case.adapter() as adapter:
        reply = await ask(adapter, case.provider.is_silent())
    if not reply.intent or reply.parts:
        raise Broken("An intent without words must be a Reply with the intent and without parts.")


async def _event(case: Case) -> None:
    async with case.adapter() as adapter:
        case.provider.answers()
        await ask(adapter, Utterance(session=SESSION, language="en", event="WELCOME"))


async def _trouble(case: Case) -> None:
    text, wanted = case.provider.fails(_wanted(case)), _wanted(case)
    async with case.adapter() as adapter:
        try:
            await ask(adapter, text)
        except AdapterError as error:
            if not isinstance(error, wanted):
                raise Broken(f"It raised {type(error).__name__}, not {wanted.__name__}.") from None
            if error.outcome not in OUTCOMES:
                raise Broken(f"{type(error).__name__}.outcome must be one of {', '.join(OUTCOMES)}.") from None
            if not str(error):
                raise Broken(f"Its {wanted.__name__} has no message.") from None
            return
    raise Broken(f"It returned a Reply, and didn't raise {wanted.__name__}.")


async def _discretion(case: Case) -> None:
    for error in case.provider.errors:
        text = case.provider.fails(error)
        async with case.adapter() as adapter:
            try:
                await ask(adapter, text)
            except AdapterError as raised:
                if leak := _leak(case.provider, str(raised)):
                    raise Broken(f"The message of its {type(raised).__name__} holds {leak}.") from None


async def _recovery(case: Case) -> None:
    async with case.adapter() as adapter:
        with contextlib.suppress(AdapterError):
            await ask(adapter, case.provider.fails(_wanted(case)))
        await ask(adapter, case.provider.answers())


async def _deadline(case: Case) -> None:
    provider = case.provider
    async with case.adapter() as adapter:
        asking = asyncio.create_task(ask(adapter, provider.hangs() if provider.can("hangs") else provider.answers()))
        await asyncio.wait({asking}, timeout=DEADLINE)
        await _cancelled(asking)


async def _cancellation(case: Case) -> None:
    text = case.provider.answers()
    async with case.adapter() as adapter:
        steps = 0
        for _ in range(5 if case.provider.is_live else MAX_CANCELLATIONS):
            asking = asyncio.create_task(ask(adapter, text))
            for _ in range(steps):
                await asyncio.sleep(0)
            if asking.done():
                break
            await _cancelled(asking)
            steps += 1 + steps // 8  # over a network a question takes thousands of steps
        await ask(adapter, text)


async def _cancelled(asking: asyncio.Task[Reply]) -> None:
    """Cancel a call. Raises Broken if it goes on all the same."""
    if asking.done():
        await asking
        return
    asking.cancel()
    await asyncio.wait({asking}, timeout=GRACE)
    if not asking.done():
        raise Broken(f"It was cancelled, and still ran {GRACE:g} seconds later.")
    if not asking.cancelled():
        error = asking.exception()
        what = f"raised {type(error).__name__}" if error else "returned a reply"
        raise Broken(f"It was cancelled, and {what} instead of ending with CancelledError.")


async def _many(case: Case) -> None:
    text = case.provider.answers()
    async with case.adapter() as adapter:
        asked = [utterance(text, f"session-{number}") for number in range(3 if case.provider.is_live else 20)]
        replies = await asyncio.gather(*(ask(adapter, each) for each in asked))
    if not case.provider.is_live and len({reply.intent for reply in replies}) > 1:
        raise Broken("The same question at the same time got different intents.")


async def _patience(case: Case) -> None:
    """Tried again if the loop stood still, because that may be the machine's doing."""
    text = case.provider.answers()
    async with case.adapter() as adapter:
        await ask(adapter, text)  # opens the client, which may take its time
        for attempt in itertools.count(1):
            asking = asyncio.create_task(ask(adapter, text))
            longest, before = 0.0, time.monotonic()
            while not asking.done():
                await asyncio.sleep(0.005)
                longest, before = max(longest, time.monotonic() - before), time.monotonic()
            await asking
            if longest <= MAX_PAUSE:
                return
            if attempt == 3:
                raise Broken(f"The event loop stood still for {longest:.2f} seconds, and all visitors with it.")


async def _logs(case: Case) -> None:
    case.provider.answers()
    module = find(case.provider.name).__module__.partition(".")[0]
    async with case.adapter() as adapter:
        with _logged(module) as messages:
            await ask(adapter, VISITOR)
            for error in case.provider.errors:
                with contextlib.suppress(AdapterError):
                    await ask(adapter, case.provider.fails(error))
    for message in messages:
        if leak := _leak(case.provider, message):
            raise Broken(f"A line of its log holds {leak}.")


@contextlib.contextmanager
def _logged(module: str) -> Iterator[list[str]]:
    """What is logged meanwhile: all of the adapter's own package, and the warnings of libraries."""
    messages: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            is_own = record.name.partition(".")[0] in (module, "integrations", "root")
            if is_own or record.levelno >= logging.WARNING:
                messages.append(logging.Formatter().format(record))

    handler, own = Handler(), logging.getLogger(module)
    level = own.level
    own.setLevel(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    try:
        yield messages
    finally:
        logging.getLogger().removeHandler(handler)
        own.setLevel(level)


async def _check(case: Case) -> None:
    async with case.adapter() as adapter:
        case.provider.answers()
        await adapter.check()


async def _closing(case: Case) -> None:
    async with case.adapter() as adapter:
        await adapter.aclose()
        await ask(adapter, case.provider.answers())
        await adapter.aclose()
        await adapter.aclose()


async def _leftovers(case: Case) -> None:
    before = {asyncio.current_task()} | asyncio.all_tasks()
    async with case.adapter() as adapter:
        await ask(adapter, case.provider.answers())
    for _ in range(int(GRACE / 0.01)):
        left = _open_transports() + list(asyncio.all_tasks() - before)
        if not left:
            return
        await asyncio.sleep(0.01)
    kind = "task" if isinstance(left[0], asyncio.Task) else "connection"
    raise Broken(f"After aclose a {kind} of its client is left.")


def _open_transports() -> list[Any]:
    """Connections of the running loop that nobody has closed. A fake may have its own in another loop."""
    loop = asyncio.get_running_loop()
    transports = [found for found in gc.get_objects() if isinstance(found, asyncio.WriteTransport)]
    return [found for found in transports if getattr(found, "_loop", None) is loop and not found.is_closing()]


async def _loops(case: Case) -> None:
    text = case.provider.answers()
    with warnings.catch_warnings():  # of the connections of a loop that ended without aclose
        warnings.simplefilter("ignore", ResourceWarning)
        for closing in (True, False):
            async with case.adapter() as adapter:

                async def turn(adapter: Adapter = adapter, closing: bool = closing) -> None:
                    await ask(adapter, text)
                    if closing:
                        await adapter.aclose()

                for _ in range(2):
                    await asyncio.to_thread(asyncio.run, turn())
        del adapter, turn
        gc.collect()


def _wanted(case: Case) -> type[AdapterError]:
    assert case.error  # noqa: S101 - for mypy: these rules are tried with each error
    return case.error


def _leak(provider: Provider, message: str) -> str:
    """What a message gives away. "" if it gives nothing away."""
    if VISITOR in message:
        return "the visitor's text"
    fields = dataclasses.fields(find(provider.name).options_class)
    secret = {field.metadata["name"] for field in fields if not field.repr}
    leaked = [name for name in secret if (value := provider.environ.get(name)) and value in message]
    return f"the value of {leaked[0]}" if leaked else ""


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"


def described(error: BaseException, module: str) -> str:
    """What an adapter raised where it shouldn't. Only an AdapterError's message is for staff, so no other one is shown."""
    if isinstance(error, AdapterError):
        return f"It raised {type(error).__name__}: {error}"
    where = f" at {at}" if (at := place(error, module)) else ""
    return f"It raised {type(error).__name__}{where}."


RULES = (
    Rule(
        name="variables",
        says="It names all missing variables at once.",
        remedy="Declare each variable in the Options class with `variable`, without a default if it is required.",
        check=_variables,
    ),
    Rule(
        name="reply",
        says="It answers with a Reply that follows the rules.",
        remedy="Return Reply(parts=(Text(...),)) with the right types, or Reply(is_fallback=True) if it didn't understand.",
        check=_reply,
    ),
    Rule(
        name="silent",
        says="An intent without words is a Reply without parts.",
        remedy="Return Reply(intent=...) and leave parts empty. Staff write the words.",
        check=_silent,
        needs="is_silent",
    ),
    Rule(
        name="event",
        says="It answers an event, such as the welcome.",
        remedy="Look at utterance.event, whose utterance has no text. Or set has_events = False.",
        check=_event,
    ),
    Rule(
        name="trouble",
        says="Trouble is the matching error",
        remedy="Catch what the network library raises, look at the answer's status, and raise this error with a message.",
        check=_trouble,
        needs="fails",
        for_each_error=True,
    ),
    Rule(
        name="discretion",
        says="No error's message holds the visitor's text or a secret.",
        remedy="Write the message yourself. Don't put the exception, the request or the answer into it.",
        check=_discretion,
        needs="fails",
    ),
    Rule(
        name="recovery",
        says="It answers again after trouble",
        remedy="Keep no broken state: don't store the error, and open a new connection if the old one is unusable.",
        check=_recovery,
        needs="fails",
        for_each_error=True,
    ),
    Rule(
        name="deadline",
        says="A call ends when the chat's deadline is over.",
        remedy="Don't wait again after CancelledError, and don't use asyncio.shield. The chat cancels the call and goes on.",
        check=_deadline,
    ),
    Rule(
        name="cancellation",
        says="It may be cancelled at every await, and answers afterwards.",
        remedy="Let CancelledError through: catch Exception or less, never BaseException, and no bare `except:`.",
        check=_cancellation,
    ),
    Rule(
        name="loop",
        says="It doesn't block the event loop.",
        remedy="Use an async library such as httpx, or run the one that blocks in asyncio.to_thread.",
        check=_patience,
    ),
    Rule(
        name="concurrency",
        says="Many may ask at once.",
        remedy="Keep what belongs to a question in local variables, not on self.",
        check=_many,
    ),
    Rule(
        name="logs",
        says="Its log holds nothing of the visitor and no secret.",
        remedy="Log the status and the kind of trouble. Leave out the text, the request and the exception's message.",
        check=_logs,
    ),
    Rule(
        name="check",
        says="Its check asks one question and passes.",
        remedy="Let `check` ask something that the provider always answers, or leave the method out.",
        check=_check,
    ),
    Rule(
        name="closing",
        says="Closing it twice or unused is harmless, and it opens again.",
        remedy="Keep the client in `Clients`, and close what `Clients.release` returns, if anything.",
        check=_closing,
    ),
    Rule(
        name="leftovers",
        says="Closing it leaves no connection and no task.",
        remedy="Close the client in aclose: `if client := self._clients.release(): await client.aclose()`.",
        check=_leftovers,
    ),
    Rule(
        name="loops",
        says="It serves two event loops, one after the other.",
        remedy="Open the client at the first call in each loop. `Clients` does that. Keep none from __init__.",
        check=_loops,
    ),
)
BLOCKING = next(rule for rule in RULES if rule.name == "loop")
