"""Notes, ready-made answers and the admin's history."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.admin.models import LogEntry

from chat.models import IntentReply, Note, ReadyAnswer
from tests.support.operator import RIGHTS, talking
from tests.support.visitor import Connect, Script

NOTES = (*RIGHTS, "view_note", "add_note")
SECRET = "The visitor is a friend of the boss"


async def test_notes_reach_colleagues_and_no_frame_of_the_visitor(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    scripted()
    ana, ben = await operators("ana", *NOTES, public_name="Ana"), await operators("ben", *NOTES)
    visitor, conversation = await talking(visitors)
    token = (await visitor.hello())["token"]
    await ben.send(type="open", conversation=conversation)
    await ben.receive_type("opened")
    await ana.send(type="note", conversation=conversation, text=SECRET)
    assert await ben.receive_type("note") == {"type": "note", "conversation": conversation}
    await ben.send(type="notes", conversation=conversation)
    [note] = (await ben.receive_type("notes"))["notes"]
    assert (note["by"], note["text"]) == ("Ana", SECRET)

    await ana.send(type="message", conversation=conversation, id="1", message="Hello")
    await ana.receive_type("ack")
    await visitor.send(message="hi", id="2")
    again = await visitors()
    frames = [await again.hello(token=token)]
    await again.send(type="history", before=100)
    await visitor.send(type="ping")
    while frames[-1]["type"] != "pong":
        frames.append(await visitor.receive())
    frames.append(await again.receive_type("history"))
    assert SECRET not in json.dumps(frames)
    assert await sync_to_async(Note.objects.count)() == 1


async def test_who_has_no_right_to_notes_neither_reads_nor_writes_any(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    scripted()
    ana = await operators("ana")
    _, conversation = await talking(visitors)
    for frame in ({"type": "notes"}, {"type": "note", "text": "x"}):
        await ana.send(**{**frame, "conversation": conversation})
        assert (await ana.receive())["code"] == "forbidden"
    assert not await sync_to_async(Note.objects.exists)()


async def test_bad_notes(scripted: Script, operators: Callable[..., Any]) -> None:
    ana = await operators("ana", *NOTES)
    for text, code in ((5, "bad_field"), ("  ", "empty"), ("x" * 4001, "too_long"), ("x", "gone")):
        await ana.send(type="note", conversation="nobody", text=text)
        assert (await ana.receive())["code"] == code


async def test_ready_made_answers_come_in_the_visitor_s_language(scripted: Script, operators: Callable[..., Any]) -> None:
    def write() -> None:
        for name, language in (("parcel", "de"), ("parcel", "en"), ("bye", "")):
            ReadyAnswer.objects.create(name=name, language=language, text=f"{name} {language}")
        IntentReply.objects.create(intent="hours", language="de", text="Von 9 bis 17 Uhr")
        IntentReply.objects.create(intent="old", language="de", text="x", active=False)

    await sync_to_async(write)()
    ana = await operators("ana")
    await ana.send(type="suggestions", language="de-AT")
    found = (await ana.receive())["suggestions"]
    assert [(one["name"], one["text"], one["intent"]) for one in found] == [
        ("parcel", "parcel de", False),
        ("bye", "bye ", False),
        ("hours", "Von 9 bis 17 Uhr", True),
    ]


async def test_what_is_below_a_ready_made_answer_is_sent_with_it(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    scripted()
    link = {"type": "link", "label": "Track it", "url": "https://www.example.com/parcel"}
    await ReadyAnswer.objects.acreate(name="parcel", text="It comes tomorrow.", parts=[link])
    ana = await operators("ana")
    visitor, conversation = await talking(visitors)
    await ana.send(type="suggestions", language="en")
    [found] = (await ana.receive_type("suggestions"))["suggestions"]
    assert found["parts"] == [link]

    wrong = [{"type": "link", "label": "x", "url": "javascript:alert(1)"}, {"type": "payload", "data": {"x": 1}}]
    await ana.send(type="message", conversation=conversation, id="1", message="Tomorrow", parts=[*found["parts"], *wrong])
    await ana.receive_type("ack")

    message = await visitor.receive_type("message")
    while message["sender"] != "operator":
        message = await visitor.receive_type("message")
    assert message["parts"] == [{"type": "text", "text": "Tomorrow"}, link]
    assert message["message"] == "Tomorrow\nTrack it"


async def test_the_history_says_who_did_what_and_no_message(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    scripted()
    ana = await operators("ana")
    visitor, conversation = await talking(visitors)
    await ana.send(type="message", conversation=conversation, id="1", message="My words")
    await ana.receive_type("taken")
    await ana.send(type="give_back", conversation=conversation)
    await ana.send(type="take", conversation=conversation)
    await ana.receive_type("taken")
    await ana.send(type="close", conversation=conversation)
    while (await visitor.receive_type("status"))["status"] != "closed":
        pass
    assert await ana.hears_nothing()

    def entries() -> list[tuple[str, str]]:
        found = LogEntry.objects.order_by("pk")
        return [(entry.user.get_username(), entry.get_change_message()) for entry in found.select_related("user")]

    assert await sync_to_async(entries)() == [
        ("ana", "Took the conversation at the desk."),
        ("ana", "Gave the conversation back to the bot."),
        ("ana", "Took the conversation at the desk."),
        ("ana", "Ended the conversation."),
    ]
