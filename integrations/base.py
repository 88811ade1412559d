"""The interface between the chat and a provider.

A provider is one file with one Adapter. If the provider fails, the adapter raises an AdapterError, and the visitor gets a
fallback reply:

    AdapterError
    +-- ProviderTimeout        no answer in time
    +-- Unavailable            not reachable, overloaded, or broken on its side
    +-- RateLimited            a quota is used up
    +-- AuthenticationFailed   the credentials are refused, or give no access to what is configured
    +-- Rejected               this input is refused
    +-- InvalidResponse        an answer that can't be understood

A ConfigurationError (options.py) is no AdapterError: the site's own settings are wrong.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import msgspec

from integrations.options import Options, Problem
from integrations.parts import Part


class AdapterError(Exception):
    """The provider couldn't answer. Staff and logs get the message, so it holds no visitor's text and no secret."""

    outcome: ClassVar[str]
    temporary: ClassVar[bool]


class ProviderTimeout(AdapterError):
    outcome = "timeout"
    temporary = True


class Unavailable(AdapterError):
    outcome = "unavailable"
    temporary = True


class RateLimited(AdapterError):
    outcome = "rate_limited"
    temporary = True


class AuthenticationFailed(AdapterError):
    outcome = "authentication"
    temporary = False


class Rejected(AdapterError):
    outcome = "rejected"
    temporary = False


class InvalidResponse(AdapterError):
    outcome = "invalid_response"
    temporary = False


class Utterance(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: the visitor's text, or an event (a welcome) if `event` is set.

    session: the conversation's public id, at most 36 characters.
    language: a BCP 47 tag such as "de" or "pt-BR".
    time_zone: an IANA name.
    seconds: how long the caller waits before it cancels the call. The adapter may tell the provider.
    """

    session: str
    language: str
    text: str = ""
    event: str = ""
    time_zone: str = "UTC"
    seconds: float = 20.0


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider made of an utterance.

    parts: the bubbles in order, none if the provider only classifies.
    confidence: of the intent, from 0 to 1.
    is_fallback: the provider says that it did not understand.
    handoff: a person should take over.
    end: the conversation is over after these parts. If handoff is set, too, the conversation stays open.
    entities, traits: JSON by name. A trait, such as the sentiment, belongs to the whole text.
    """

    parts: tuple[Part, ...] = ()
    intent: str = ""
    confidence: float | None = None
    is_fallback: bool = False
    handoff: bool = False
    end: bool = False
    entities: dict[str, Any] = {}
    traits: dict[str, Any] = {}


class WrittenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that staff have written: what visitors may ask, and what they read then.

    title: unique within its language. questions: at least one. parts: what comes below the text.
    """

    language: str
    title: str
    questions: tuple[str, ...]
    text: str
    parts: tuple[Part, ...] = ()


class Adapter(abc.ABC):
    """One provider. Making one does no I/O. Clients are opened inside the running loop at the first call."""

    name: ClassVar[str]
    options_class: ClassVar[type[Options]]
    max_characters: ClassVar[int | None] = None
    """The provider's own limit on one utterance, in code points."""
    has_events: ClassVar[bool] = False
    """Whether an Utterance may be an event, such as the welcome."""
    min_confidence: float = 0.0
    """Intents below this confidence count as not understood. 0 if the provider has a threshold of its own."""
    max_calls: ClassVar[int] = 100
    """Calls that may run at once. About as many share a connection to Google. More would wait in the library."""
    calls_per_minute: int | None = None
    """The provider's limit for a whole account, None if it has none."""

    takes_answers: ClassVar[bool] = False
    """Whether it answers from what staff have written, and so has `learn` called."""

    @abc.abstractmethod
    def __init__(self, options: Any) -> None:
        """Raises ConfigurationError if the options contradict each other, or name something that can't be read."""

    @abc.abstractmethod
    async def detect_intent(self, utterance: Utterance) -> Reply:
        """Ask the provider once. May be cancelled at any await. Raises AdapterError."""

    async def learn(  # noqa: B027 (most adapters take no answers)
        self, answers: Sequence[WrittenAnswer], did_you_mean: Callable[[str], str]
    ) -> None:
        """Answer from these from now on, and forget all others. Called before the first question and after each change.

        did_you_mean: the words before several titles to choose from, in a language. Whatever it raises, what was learnt
        before stays at work.
        """

    async def list_intents(self) -> list[str]:
        """The names of the intents, sorted. Raises AdapterError."""
        return []

    def warnings(self) -> list[Problem]:
        """What the adapter works with, and what is probably a mistake all the same."""
        return []

    def understands(self, language: str) -> bool:
        """Whether the provider knows a language, given by its tag."""
        return True

    async def check(self) -> None:
        """Ask one harmless question. Raises AdapterError if the provider can't answer."""
        await self.detect_intent(Utterance(session="check", language="en", text="hello"))

    async def aclose(self) -> None:  # noqa: B027 (an adapter without a client has nothing to close)
        """Close the clients. The adapter isn't used afterwards."""
