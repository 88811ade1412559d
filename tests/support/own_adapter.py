"""An adapter that isn't one of the project's. It has a variable of its own, and bugs."""

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
        if options.words == "/broken":
            raise ValueError("s3cret")
        self._words = options.words

    async def detect_intent(self, utterance: Utterance) -> Reply:
        if self._words == "/crash":
            raise ValueError(f"no answer to {utterance.text}")
        return Reply(parts=(Text(self._words),))
