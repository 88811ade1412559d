"""What the adapters for Google's products share: an agent is asked, its intents are listed, and the clients are closed."""

from __future__ import annotations

import abc
from typing import Any, ClassVar

from integrations.base import Adapter, Reply, Utterance
from integrations.clients import Clients
from integrations.google import channel, errors


class GoogleAdapter(Adapter):
    """A subclass names the classes of its library, and says how questions and answers are written.

    sessions, intents: the class of the client, and that of its transport.
    """

    max_characters = channel.MAX_TEXT
    has_events = True
    product: ClassVar[errors.Product]
    sessions: ClassVar[tuple[Any, Any]]
    intents: ClassVar[tuple[Any, Any]]

    def __init__(self, options: Any, credentials: Any) -> None:
        self.min_confidence = options.min_confidence
        self._options = options
        self._credentials = credentials
        self._sessions = Clients(lambda: self._open(*self.sessions))

    @abc.abstractmethod
    def agent_path(self) -> str:
        """The names of the agent's resources begin with it."""

    @abc.abstractmethod
    def request_for(self, utterance: Utterance) -> dict[str, Any]:
        """The fields of a DetectIntentRequest. Raises Rejected for what Dialogflow would refuse."""

    @abc.abstractmethod
    def understand(self, response: Any) -> Reply:
        """A DetectIntentResponse as a Reply. Raises InvalidResponse."""

    async def detect_intent(self, utterance: Utterance) -> Reply:
        request = self.request_for(utterance)
        with errors.translated(self.product):
            # No retry: the library's goes on for minutes, even with a timeout. And a second call may change the
            # conversation's contexts, or move it on, a second time.
            response = await self._sessions.current().detect_intent(request=request, retry=None, timeout=utterance.seconds)
        return self.understand(response)

    async def list_intents(self) -> list[str]:
        return await channel.intents(self._open(*self.intents), self.agent_path(), self.product)

    async def aclose(self) -> None:
        if client := self._sessions.release():
            await channel.close(client)

    def _open(self, client_class: Any, transport_class: Any) -> Any:
        return channel.open_client(
            client_class,
            transport_class,
            location=self._options.location,
            credentials=self._credentials,
            emulator_host=self._options.emulator_host,
        )
