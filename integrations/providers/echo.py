"""The offline provider: says back what the visitor said.

For demos and tests, a few words make it fail or show each kind of part. docs/providers.md lists them.
"""

from __future__ import annotations

import asyncio
import dataclasses

from integrations.base import Adapter, Reply, Unavailable, Utterance
from integrations.options import Options
from integrations.parts import (
    Accordion,
    Button,
    Card,
    Image,
    Link,
    List,
    ListItem,
    Part,
    Payload,
    QuickReplies,
    Text,
)

PARTS: dict[str, Part] = {
    "/card": Card(
        title="Standard room",
        text="Two beds, a desk, a view of the garden.",
        image="/static/chat/sample.svg",
        alt="A garden seen through a window",
        buttons=(Button("Book it", message="Book the standard room"), Button("Details", url="https://example.com/room")),
    ),
    "/image": Image(url="/static/chat/sample.svg", alt="A garden seen through a window"),
    "/link": Link(label="Opening hours", url="https://example.com/hours"),
    "/list": List(
        title="Our rooms",
        items=(
            ListItem(title="Standard", text="Two beds", message="Tell me about the standard room"),
            ListItem(title="Suite", text="Three rooms", url="https://example.com/suite"),
        ),
    ),
    "/accordion": Accordion(title="How do I cancel?", text="Until the evening before, without a fee."),
    "/chips": QuickReplies(title="What next?", replies=(Button("Book", message="Book"), Button("Help", message="Help"))),
    "/payload": Payload(data={"kind": "unknown"}),
}
"""By the visitor's words: the one part of the answer. "/parts" is answered by all of them."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class EchoOptions(Options):
    pass


class EchoAdapter(Adapter):
    name = "echo"
    options_class = EchoOptions
    min_confidence = 0.5

    def __init__(self, options: EchoOptions) -> None:
        pass

    async def detect_intent(self, utterance: Utterance) -> Reply:
        match utterance.text.strip().lower().split():
            case ["/slow"]:
                await asyncio.sleep(2)
            case ["/hang"]:
                await asyncio.Event().wait()
            case ["/fail"]:
                raise Unavailable("The echo provider was told to fail.")
            case ["/crash"]:
                raise RuntimeError("The echo provider was told to crash.")
            case ["/unknown"]:
                return Reply(intent="echo.fallback", confidence=1.0, is_fallback=True)
            case ["/unsure"]:
                return Reply(intent="echo", confidence=0.2, parts=(Text("Perhaps."),))
            case ["/silent"]:
                return Reply(intent="echo.silent", confidence=1.0)
            case ["/two"]:
                return _reply(Text("One bubble."), Text("And a second one."))
            case ["/parts"]:
                return _reply(Text("Everything a reply can hold:"), *PARTS.values())
            case [word] if word in PARTS:
                return _reply(PARTS[word])
        return _reply(Text(utterance.text))

    async def list_intents(self) -> list[str]:
        return ["echo", "echo.fallback", "echo.silent"]


def _reply(*parts: Part) -> Reply:
    return Reply(parts=parts, intent="echo", confidence=1.0)
