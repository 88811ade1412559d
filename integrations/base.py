"""The seam between the chat and a provider.

A provider is one file with one Adapter. Its trouble is an AdapterError, and ends in a fallback reply:

    AdapterError
    +-- ProviderTimeout        no answer in time
    +-- Unavailable            not reachable, overloaded, or broken on its side
    +-- RateLimited            a quota is used up
    +-- AuthenticationFailed   the credentials are refused, or don't reach what is configured
    +-- Rejected               this input is refused
    +-- InvalidResponse        an answer that can't be understood

A ConfigurationError (options.py) is our own mistake and stands outside that tree on purpose.
"""

from __future__ import annotations

import abc
from typing import Any, ClassVar

import msgspec

from integrations.options import Options
from integrations.parts import Part


class AdapterError(Exception):
    """The provider couldn't answer. The message is for staff and logs: no visitor's text and no secret in it."""

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
    """What is asked: a text of the visitor, or an event (a welcome) when `event` is set.

    `seconds` is how long the answer is waited for: who asks cancels the call then, and the provider may be told.
    `session` is the conversation's public id, at most 36 characters; `language` is a BCP 47 tag such as "de" or
    "pt-BR"; `time_zone` an IANA name.
    """

    session: str
    language: str
    text: str = ""
    event: str = ""
    time_zone: str = "UTC"
    seconds: float = 20.0


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider made of an utterance.

    parts: the bubbles in order, none where the provider only classifies.
    confidence: 0 to 1, of the intent.
    is_fallback: the provider says that it did not understand.
    handoff: a person is to take over. end: the conversation is over after these parts; if both are set, handoff wins.
    entities, traits: JSON by name; a trait belongs to the whole text, such as its sentiment.
    """

    parts: tuple[Part, ...] = ()
    intent: str = ""
    confidence: float | None = None
    is_fallback: bool = False
    handoff: bool = False
    end: bool = False
    entities: dict[str, Any] = {}
    traits: dict[str, Any] = {}


class Adapter(abc.ABC):
    """One provider. Made without I/O; clients are opened inside the running loop at the first call."""

    name: ClassVar[str]
    options_class: ClassVar[type[Options]]
    max_characters: ClassVar[int | None] = None
    """The provider's own limit on one utterance, in code points."""
    has_events: ClassVar[bool] = False
    """Whether an Utterance may be an event, such as the welcome."""
    min_confidence: float = 0.0
    """An intent below it is not believed; 0 where the provider has a threshold of its own."""
    max_calls: ClassVar[int] = 100
    """Calls that may be under way at once. Google lets about as many share a connection; more wait in the library."""
    calls_per_minute: int | None = None
    """The provider's own limit for a whole account, None where it has none."""

    @abc.abstractmethod
    def __init__(self, options: Any) -> None:
        """Raises ConfigurationError where the options can't work together or name what can't be read."""

    @abc.abstractmethod
    async def detect_intent(self, utterance: Utterance) -> Reply:
        """Ask the provider once; may be cancelled at any await. Raises AdapterError."""

    async def list_intents(self) -> list[str]:
        """The names of the intents, sorted. Raises AdapterError."""
        return []

    async def check(self) -> None:
        """Ask one harmless question. Raises AdapterError where the provider can't answer."""
        await self.detect_intent(Utterance(session="check", language="en", text="hello"))

    async def aclose(self) -> None:  # noqa: B027 (an adapter without a client has nothing to close)
        """Close the clients; the adapter isn't used afterwards."""
