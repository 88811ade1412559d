"""What an author writes so that the rules can be tried: a provider that does as it is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from integrations import (
    Adapter,
    AdapterError,
    AuthenticationFailed,
    InvalidResponse,
    ProviderTimeout,
    RateLimited,
    Rejected,
    Unavailable,
    WrittenAnswer,
    create,
)

VISITOR = "the visitor's secret"
"""A text that must appear in no error and no log."""
EVERY_ERROR = (ProviderTimeout, Unavailable, RateLimited, AuthenticationFailed, Rejected, InvalidResponse)


class Provider:
    """A provider that does as it is told: a local server, or a mock of the network.

    Each of the last four methods prepares the next calls and returns the text to say. That is VISITOR, or a text that holds
    it, so that the kit sees whether it leaks. Leave out `is_silent` and `hangs` if the provider can't do that, and take
    errors that can't happen out of `errors`. Then their rules aren't tried.

    name: of the adapter, or its dotted path. The command sets it.
    environ: the adapter's variables. `start` may set it, if a port is known only then.
    required: variables that must be set, if those without a default aren't all.
    written: what staff have written, for an adapter that takes answers.
    is_live: a real provider, which is asked as rarely as possible.
    """

    name: str = ""
    environ: dict[str, str] = {}
    required: ClassVar[tuple[str, ...] | None] = None
    errors: ClassVar[tuple[type[AdapterError], ...]] = EVERY_ERROR
    written: Sequence[WrittenAnswer] = ()
    is_live: ClassVar[bool] = False

    def start(self) -> None:
        """Called once, before everything else."""

    def stop(self) -> None:
        """Called once, after everything else."""

    def adapter(self) -> Adapter:
        return create(self.name, self.environ)

    def answers(self) -> str:
        """The provider answers."""
        raise NotImplementedError

    def is_silent(self) -> str:
        """The provider finds an intent and says nothing."""
        raise NotImplementedError

    def hangs(self) -> str:
        """The provider never answers."""
        raise NotImplementedError

    def fails(self, error: type[AdapterError]) -> str:
        """The provider fails so that the adapter must raise this error."""
        raise NotImplementedError

    @classmethod
    def can(cls, method: str) -> bool:
        return getattr(cls, method) is not getattr(Provider, method)


class LiveProvider(Provider):
    """The real one, which can't be told anything."""

    errors = ()
    is_live = True

    def __init__(self, environ: dict[str, str], text: str) -> None:
        self.environ = environ
        self.written = [WrittenAnswer(language="en", title="Tried", questions=(text,), text="Hello.")]
        self._text = text

    def answers(self) -> str:
        return self._text
