"""What a desk is shown: the lists, and the conversation that it has open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from chat.models import Conversation
from chat.storage import desk
from tests.support.scripted import reply
from tests.support.staff import conversation
from tests.support.visitor import Connect, Script


async def shown(operator: Any) -> dict[str, Any]:
    """The lists that a desk gets after its hello."""
    await operator.send(type="hello")
    ready = await operator.receive()
    assert ready["type"] == "ready"
    frame: dict[str, Any] = await operator.receive()
    assert (frame["type"], frame["all"], frame["late"]) == ("list", True, False)
    return frame


def by_conversation(frame: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {row["conversation"]: (row["status"], row["by"]) for row in frame["rows"]}


async def test_hello_tells_who_one_is_and_shows_the_lists(scripted: Script, operators: Callable[..., Any]) -> None:
    scripted()
    ana = await operators("ana", public_name="Ana")
    await sync_to_async(conversation)({"text": "help"}, status="waiting", origin="https://shop.example", public_id="w")
    await sync_to_async(conversation)({"text": "hi"}, status="bot", public_id="b")
    await ana.send(type="hello")

    ready, lists = await ana.receive(), await ana.receive()
    assert (ready["operator"]["name"], ready["operator"]["rights"]) == ("Ana", ["answer_conversation", "view_conversation"])
    [row] = lists["rows"]
    assert (row["conversation"], row["words"], row["language"], row["site"], row["seq"]) == (
        "w",
        "help",
        "en",
        "shop.example",
        1,
    )
    await ana.send(type="bots")
    assert [row["conversation"] for row in (await ana.receive_type("bots"))["rows"]] == ["b"]


async def test_the_lists_follow_what_happens(scripted: Script, visitors: Connect, operators: Callable[..., Any]) -> None:
    scripted(reply("A person comes.", handoff=True))
    ana, ben = await operators("ana", public_name="Ana"), await operators("ben")
    assert (await shown(ana))["rows"] == (await shown(ben))["rows"] == []

    visitor = await visitors()
    public_id = (await visitor.hello(language="en"))["conversation"]
    await visitor.send(message="a person, please", id="1")
    for operator in (ana, ben):
        frame = await operator.receive_type("list")
        assert (by_conversation(frame), frame["waiting"]) == ({public_id: ("waiting", "")}, 1)
        assert frame["rows"][0]["since"]

    await ana.send(type="take", conversation=public_id)
    for operator in (ana, ben):
        frame = await operator.receive_type("list")
        assert (by_conversation(frame), frame["waiting"]) == ({public_id: ("operator", "Ana")}, 0)
    await visitor.send(message="thanks", id="2")
    assert (await ben.receive_type("list"))["rows"][0]["seq"] == 4
    await ana.send(type="give_back", conversation=public_id)
    assert (await ben.receive_type("list"))["gone"] == [public_id]


async def test_a_row_that_waits_counts_the_messages(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    scripted(reply("A person comes.", handoff=True))
    ana = await operators("ana")
    visitor = await visitors()
    await visitor.hello()
    await visitor.say("a person, please")
    assert (await shown(ana))["rows"][0]["seq"] == 2
    await visitor.say("still there?")
    assert (await ana.receive_type("list"))["rows"][0]["seq"] in (3, 4)


async def test_the_same_address_tells_of_earlier_conversations(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    scripted()
    ana = await operators("ana")
    rooms = []
    for text in ("first", "second", "somebody else"):
        visitor = await visitors()
        rooms.append((await visitor.hello())["conversation"])
        await visitor.say(text)
    address = Conversation.objects.filter(public_id__in=rooms[:2])
    await sync_to_async(address.update)(address="maria@example.com")

    for room, earlier in zip(rooms, (["second"], ["first"], []), strict=True):
        await ana.send(type="open", conversation=room)
        assert [one["words"] for one in (await ana.receive_type("opened"))["earlier"]] == earlier


async def test_an_open_conversation_grows_while_one_looks(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    scripted()
    ana = await operators("ana")
    visitor = await visitors()
    public_id = (await visitor.hello(language="de"))["conversation"]
    await visitor.say("hi")

    await ana.send(type="open", conversation=public_id)
    opened = await ana.receive()
    assert (opened["type"], opened["conversation"], opened["status"], opened["language"]) == (
        "opened",
        public_id,
        "bot",
        "de",
    )
    assert [(one["seq"], one["sender"]) for one in opened["messages"]] == [(1, "visitor"), (2, "bot")]
    assert (opened["messages"][1]["intent"], opened["messages"][1]["outcome"]) == ("echo", "answered")

    await visitor.say("more")
    seen = [await ana.receive_type("message") for _ in range(2)]
    assert [(one["conversation"], one["seq"], one["sender"]) for one in seen] == [
        (public_id, 3, "visitor"),
        (public_id, 4, "bot"),
    ]
    await ana.send(type="open", conversation=public_id, after=2)
    assert [one["seq"] for one in (await ana.receive_type("opened"))["messages"]] == [3, 4]
    await ana.send(type="history", conversation=public_id, before=3)
    history = await ana.receive_type("history")
    assert ([one["seq"] for one in history["messages"]], history["conversation"]) == ([1, 2], public_id)


async def test_the_visitor_s_typing_is_shown_to_who_has_it_open_and_never_to_the_visitor(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    scripted()
    ana = await operators("ana")
    visitor = await visitors()
    public_id = (await visitor.hello())["conversation"]
    await visitor.say("hi")
    await ana.send(type="open", conversation=public_id)
    await ana.receive_type("opened")
    await visitor.send(type="typing")
    assert await visitor.hears_nothing()
    assert await ana.hears_nothing()

    await ana.send(type="take", conversation=public_id)
    await ana.receive_type("taken")
    await visitor.receive_type("status")
    await visitor.send(type="typing")
    assert await visitor.hears_nothing()
    assert await ana.receive_type("typing") == {"type": "typing", "sender": "visitor", "conversation": public_id}


async def test_another_one_that_is_opened_takes_the_place_of_the_first(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    scripted()
    ana = await operators("ana")
    one, other = await visitors(), await visitors()
    for visitor in (one, other):
        public_id = (await visitor.hello())["conversation"]
        await visitor.say("hi")
        await ana.send(type="open", conversation=public_id)
        await ana.receive_type("opened")
    await one.say("unseen")
    assert await ana.hears_nothing()


@pytest.mark.django_db
def test_a_list_reads_only_what_it_shows() -> None:
    for _ in range(desk.MAX_WAITING + 5):
        conversation({"text": "help"}, status="waiting")
    for status in ("bot", "closed"):
        conversation({"text": "hi"}, status=status)
    conversation({"text": "hi"}, status="operator", holder=1)

    lists = desk.lists()
    assert len(lists.rows) == desk.MAX_WAITING + 1
    assert lists.waiting == desk.MAX_WAITING + 5
    for status, index in (("waiting", "conversation_waiting"), ("operator", "conversation_held")):
        order = "waiting_since" if status == "waiting" else "holder"
        plan = Conversation.objects.filter(status=status).order_by(order, "id")[:50].explain()
        if connection.vendor == "sqlite":
            assert index in plan
