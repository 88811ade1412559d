"""What a careless adapter may return."""

from __future__ import annotations

from typing import Any

from integrations import Button, Card, Payload, Reply, Text

_odd: Any = object()
BROKEN_REPLIES: dict[str, Any] = {
    "detect_intent must return a Reply": None,
    "Reply.parts must be a tuple": Reply(parts=_odd),
    "Reply.parts must hold a Part": Reply(parts=(Text("Hello"), _odd)),
    "Text.text must be a text": Reply(parts=(Text(_odd),)),
    "Card.buttons must hold a Button": Reply(parts=(Card(title="Rooms", buttons=(_odd,)),)),
    "Button.label must be a text": Reply(parts=(Card(title="Rooms", buttons=(Button(_odd),)),)),
    "Payload.data must be JSON": Reply(parts=(Text("Hello"), Payload({"kind": [_odd]}))),
    "Reply.intent must be a text": Reply(intent=_odd),
    "Reply.confidence must be a number": Reply(intent="hours", confidence=_odd),
    "Reply.entities must be a dict": Reply(entities=_odd),
    "Every key in Reply.entities must be a text": Reply(entities={"cities": [{_odd: "Rome"}]}),
    "Reply.traits must be JSON": Reply(traits={"mood": _odd}),
}
"""By the rule that it breaks."""
