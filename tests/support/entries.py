"""What tests of the batch and of the writer store and read."""

from __future__ import annotations

from chat.models import Message
from chat.storage.entries import ConversationRef, Entry
from chat.storage.status import Kind

CONVERSATION = ConversationRef(public_id="00000000-0000-4000-8000-000000000001", language="de", origin="http://localhost")


def said(text: str = "hi", client_id: str = "1", conversation: ConversationRef = CONVERSATION) -> Entry:
    return Entry(conversation=conversation, kind=Kind.MESSAGE, text=text, client_id=client_id)


def texts() -> list[tuple[int, str]]:
    return list(Message.objects.order_by("seq").values_list("seq", "text"))
