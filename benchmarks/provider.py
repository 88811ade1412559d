"""What a provider costs that has to be called, without the time that it takes."""

from __future__ import annotations

from integrations import Reply, Utterance
from integrations.echo import EchoAdapter


class Called(EchoAdapter):
    name = "called"

    def reply_at_once(self, utterance: Utterance) -> Reply | None:
        return None
