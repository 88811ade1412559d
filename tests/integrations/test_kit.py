"""The kit that tries adapters names each mistake and what to change."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import logging
import threading
import time
from typing import Any

import pytest

from integrations import (
    Adapter,
    AdapterError,
    ConfigurationError,
    Options,
    Problem,
    RateLimited,
    Reply,
    Text,
    Unavailable,
    Utterance,
    variable,
)
from integrations.testing import VISITOR, Provider, trying
from integrations.testing.__main__ import main
from integrations.testing.rules import RULES, Rule
from integrations.testing.trying import failure
from tests.support.broken_replies import BROKEN_REPLIES

HERE = f"{__name__}."


@dataclasses.dataclass(frozen=True, kw_only=True)
class TryOptions(Options):
    token: str = variable("TRY_TOKEN", str, example="a1b2c3", secret=True)


class Right(Adapter):
    """Keeps every rule: it has neither intents nor confidence nor events. It fails and hangs as its text says."""

    name = "try"
    options_class = TryOptions

    def __init__(self, options: TryOptions) -> None:
        self.token = options.token

    async def detect_intent(self, utterance: Utterance) -> Reply:
        if utterance.text.endswith("fail"):
            raise Unavailable("The server failed.")
        await (asyncio.Event().wait() if utterance.text.endswith("hang") else asyncio.sleep(0))
        return Reply(parts=(Text("Hello."),))


class RightFake(Provider):
    name = f"{HERE}Right"
    environ = {"TRY_TOKEN": "s3cr3t-t0k3n"}
    errors = (Unavailable,)

    def answers(self) -> str:
        return VISITOR

    def fails(self, error: type[AdapterError]) -> str:
        return f"{VISITOR} fail"

    def hangs(self) -> str:
        return f"{VISITOR} hang"


class Undeclared(Right):
    options_class = Options

    def __init__(self, options: Options) -> None:
        raise ConfigurationError(Problem("TRY_TOKEN", "is not set.", "a1b2c3"))


class NoReply(Right):
    async def detect_intent(self, utterance: Utterance) -> Reply:
        return None  # type: ignore[return-value]


class Empty(Right):
    async def detect_intent(self, utterance: Utterance) -> Reply:
        return Reply()


class Wordy(Right):
    has_events = True

    async def detect_intent(self, utterance: Utterance) -> Reply:
        if utterance.event:
            raise KeyError(utterance.event)
        return Reply(parts=(Text("Hello."),), intent="hello")


class Careless(Right):
    async def detect_intent(self, utterance: Utterance) -> Reply:
        if utterance.text.endswith("fail"):
            raise ZeroDivisionError(utterance.text)
        return await super().detect_intent(utterance)


class Mistaken(Right):
    async def detect_intent(self, utterance: Utterance) -> Reply:
        try:
            return await super().detect_intent(utterance)
        except Unavailable:
            raise RateLimited("Too many questions.") from None


class Inventive(Right):
    async def detect_intent(self, utterance: Utterance) -> Reply:
        try:
            return await super().detect_intent(utterance)
        except Unavailable:
            raise Tired("Too tired.") from None


class Tired(Unavailable):
    outcome = "tired"


class Quoting(Right):
    async def detect_intent(self, utterance: Utterance) -> Reply:
        try:
            return await super().detect_intent(utterance)
        except Unavailable:
            raise Unavailable(f"No answer to {utterance.text!r}.") from None


class Indiscreet(Right):
    async def detect_intent(self, utterance: Utterance) -> Reply:
        try:
            return await super().detect_intent(utterance)
        except Unavailable:
            raise Unavailable(f"No answer with {self.token}.") from None


class Sulking(Right):
    failed: Unavailable | None = None

    async def detect_intent(self, utterance: Utterance) -> Reply:
        try:
            if self.failed:
                raise self.failed
            return await super().detect_intent(utterance)
        except Unavailable as error:
            self.failed = error
            raise


class Stubborn(Right):
    """Waits on, whatever the deadline says."""

    async def detect_intent(self, utterance: Utterance) -> Reply:
        while True:
            try:
                return await super().detect_intent(utterance)
            except asyncio.CancelledError:
                continue


class Swallowing(Right):
    async def detect_intent(self, utterance: Utterance) -> Reply:
        try:
            return await super().detect_intent(utterance)
        except BaseException:  # noqa: BLE001 - the mistake
            raise Unavailable("The server failed.") from None


class Blocking(Right):
    async def detect_intent(self, utterance: Utterance) -> Reply:
        time.sleep(0.3)  # noqa: ASYNC251 - the mistake
        return await super().detect_intent(utterance)


class Standing(Right):
    async def detect_intent(self, utterance: Utterance) -> Reply:
        threading.Event().wait(2)
        return await super().detect_intent(utterance)


class Mixing(Right):
    number = 0

    async def detect_intent(self, utterance: Utterance) -> Reply:
        self.number += 1
        await asyncio.sleep(0)
        return Reply(parts=(Text("Hello."),), intent=str(self.number if utterance.session == "session-1" else 0))


class Chatty(Right):
    async def detect_intent(self, utterance: Utterance) -> Reply:
        logging.getLogger(__name__).debug("asked %s", utterance.text)
        return await super().detect_intent(utterance)


class Impatient(Right):
    async def check(self) -> None:
        raise Unavailable("Not today.")


class Final(Right):
    closed = False

    async def detect_intent(self, utterance: Utterance) -> Reply:
        if self.closed:
            raise RuntimeError("closed")
        return await super().detect_intent(utterance)

    async def aclose(self) -> None:
        self.closed = True


class Forgetful(Right):
    """Its client isn't closed."""

    async def detect_intent(self, utterance: Utterance) -> Reply:
        self.client = asyncio.create_task(asyncio.sleep(60))
        return await super().detect_intent(utterance)


class Unclosed(Right):
    async def detect_intent(self, utterance: Utterance) -> Reply:
        async with asyncio.timeout(10):
            server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
            self.reader, self.writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        server.close()
        return await super().detect_intent(utterance)


class Bound(Right):
    lock: asyncio.Future[None] | None = None

    async def detect_intent(self, utterance: Utterance) -> Reply:
        self.lock = self.lock or asyncio.get_running_loop().create_future()
        if self.lock.get_loop() is not asyncio.get_running_loop():
            raise RuntimeError("another loop")
        return await super().detect_intent(utterance)


MISTAKES: list[tuple[type[Right], str, str]] = [
    (Undeclared, "variables", "Without any variable it names TRY_TOKEN, and it requires none."),
    (NoReply, "reply", "detect_intent must return a Reply, not NoneType."),
    (Empty, "reply", "The reply is empty"),
    (Wordy, "event", "It raised KeyError at test_kit.py, line "),
    (Careless, "trouble", "It raised ZeroDivisionError at test_kit.py, line "),
    (Empty, "trouble", "It returned a Reply, and didn't raise Unavailable."),
    (Mistaken, "trouble", "It raised RateLimited, not Unavailable."),
    (Inventive, "trouble", "Tired.outcome must be one of authentication, invalid_response, "),
    (Quoting, "discretion", "The message of its Unavailable holds the visitor's text."),
    (Indiscreet, "discretion", "The message of its Unavailable holds the value of TRY_TOKEN."),
    (Sulking, "recovery", "It raised Unavailable: The server failed."),
    (Stubborn, "deadline", "It was cancelled, and still ran 0.05 seconds later."),
    (Swallowing, "deadline", "It was cancelled, and raised Unavailable instead of ending with CancelledError."),
    (Swallowing, "cancellation", "It was cancelled, and raised Unavailable instead of ending with CancelledError."),
    (Blocking, "loop", "The event loop stood still for 0.3"),
    (Mixing, "concurrency", "The same question at the same time got different intents."),
    (Chatty, "logs", "A line of its log holds the visitor's text."),
    (Impatient, "check", "It raised Unavailable: Not today."),
    (Final, "closing", "It raised RuntimeError at test_kit.py, line "),
    (Forgetful, "leftovers", "After aclose a task of its client is left."),
    (Unclosed, "leftovers", "After aclose a connection of its client is left."),
    (Bound, "loops", "It raised RuntimeError at test_kit.py, line "),
]


def tried(adapter: type[Adapter], name: str) -> tuple[Rule, Any]:
    provider = RightFake()
    provider.name = f"{HERE}{adapter.__name__}"
    rule = next(rule for rule in RULES if rule.name == name)
    return rule, failure(provider, rule, Unavailable if rule.for_each_error else None)


@pytest.mark.parametrize(("adapter", "name", "what"), [pytest.param(*each, id=each[0].__name__) for each in MISTAKES])
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_mistake_is_named_with_what_to_change(
    adapter: type[Right], name: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.testing.rules.GRACE", 0.05)

    rule, failed = tried(adapter, name)
    gc.collect()  # what the adapter left open warns here

    assert failed is not None
    assert what in failed.what
    assert "s3cr3t" not in failed.what
    assert failed.remedy == rule.remedy


def test_there_is_a_mistake_for_every_rule() -> None:
    assert {name for _, name, _ in MISTAKES} == {rule.name for rule in RULES} - {"silent"}


def test_a_loop_that_stands_still_is_named_whatever_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "STILL", 0.3)

    _, failed = tried(Standing, "reply")

    assert failed.what == "The event loop has stood still for 0.3 seconds."
    assert "asyncio.to_thread" in failed.remedy


@pytest.mark.parametrize("rule", BROKEN_REPLIES)
def test_the_rule_that_a_reply_breaks_is_named(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(adapter: Right, utterance: Utterance) -> Any:
        return BROKEN_REPLIES[rule]

    monkeypatch.setattr(Right, "detect_intent", answer)

    assert rule in tried(Right, "reply")[1].what


def test_the_command_prints_a_line_a_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"{HERE}Right", "--fake", f"{HERE}RightFake"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert "ok    Trouble is the matching error: Unavailable." in lines
    assert "skip  An intent without words is a Reply without parts. (the fake has no method is_silent)" in lines
    assert "skip  It answers an event, such as the welcome. (the adapter has no events)" in lines
    assert lines[-1] == "14 kept, 0 broken, 2 not tried."
    assert len(lines) == len(RULES) + 1


def test_the_command_says_what_to_change_and_ends_with_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"{HERE}Quoting", "--fake", f"{HERE}RightFake"]) == 1

    said = capsys.readouterr().out
    assert (
        "FAIL  No error's message holds the visitor's text or a secret.\n      The message of its Unavailable holds" in said
    )
    assert "      To change: Write the message yourself." in said


def test_without_a_fake_the_real_provider_is_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRY_TOKEN", "t0k3n")

    assert main([f"{HERE}Right"]) == 0

    assert "skip  Trouble is the matching error (needs a fake)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((f"{HERE}Right",), "TRY_TOKEN is not set. Example: TRY_TOKEN=a1b2c3\n"),
        (("eliza",), "eliza names no provider. It must be one of echo, faq,"),
        (("echo", "--fake", "no.such.Fake"), "--fake no.such.Fake can't be imported (ModuleNotFoundError)."),
        (("echo", "--fake", f"{HERE}Right"), "must be a subclass of integrations.testing.Provider with the method answers."),
    ],
)
def test_what_can_not_be_tried_is_said(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRY_TOKEN", raising=False)

    assert main(arguments) == 2
    assert said in capsys.readouterr().err
