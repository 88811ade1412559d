"""An adapter that isn't one of the project's, with a variable of its own."""

from __future__ import annotations

import dataclasses

from integrations import Adapter, Options, Reply, Text, Utterance, variable


@dataclasses.dataclass(frozen=True, kw_only=True)
class OwnOptions(Options):
    words: str = variable("CHATBOT_OWN_WORDS", str, example="hello", default="hello")


class OwnAdapter(Adapter):
    name = "own"
    options_class = OwnOptions

    def __init__(self, options: OwnOptions) -> None:
        self._words = options.words

    async def detect_intent(self, utterance: Utterance) -> Reply:
        return Reply(parts=(Text(self._words),))
