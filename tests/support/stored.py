"""Reads and fills the database, for tests that talk to the server."""

from __future__ import annotations

from asgiref.sync import sync_to_async

from chat.models import Conversation, FallbackReply, IntentReply, Message


@sync_to_async
def stored() -> list[tuple[int, str, str]]:
    return list(Message.objects.order_by("seq").values_list("seq", "sender", "text"))


@sync_to_async
def staff_writes(*replies: FallbackReply | IntentReply) -> None:
    FallbackReply.objects.all().delete()
    for staff_reply in replies:
        staff_reply.save()


@sync_to_async
def cut_off() -> None:
    """As if the process had ended before it stored any reply: each visitor's message awaits one."""
    Message.objects.filter(sender="bot").delete()
    for conversation in Conversation.objects.all():
        seqs = conversation.messages.filter(sender="visitor").order_by("seq").values_list("seq", flat=True)
        conversation.awaiting = " ".join(map(str, seqs))
        conversation.save()
