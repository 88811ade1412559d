"""Messages reach every tab of their visitor once and in order, even if some are lost, resent or stored late."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.signing import TimestampSigner

from chat import runtime
from chat.conversations import tokens, turns
from chat.delivery.bus import Bus
from chat.delivery.publisher import Publisher
from chat.delivery.sockets import Socket
from chat.models import Conversation, FallbackReply, Message
from chat.storage import batch, writer
from chat.storage.entries import Entry, Result, Stored
from chat.values import PAGE_MESSAGES
from tests.support.late import hold_commits, lose_confirmation
from tests.support.scripted import Gate, reply
from tests.support.staff import signed_in
from tests.support.stored import cut_off, staff_writes, stored
from tests.support.visitor import Connect, Script, Visitor, two_tabs

pytestmark = pytest.mark.django_db(transaction=True)


# Coming back


async def test_a_token_brings_the_conversation_back(scripted: Script, visitors: Connect) -> None:
    scripted()
    first = await visitors()
    opened = await first.hello()
    await first.say("hi", id="abc")
    await first.leave()

    ready = await (await visitors()).hello(token=opened["token"])

    assert (ready["resumed"], ready["conversation"], ready["seq"]) == (True, opened["conversation"], 2)
    assert [(message["seq"], message["id"], message["in_reply_to"]) for message in ready["messages"]] == [
        (1, "abc", None),
        (2, None, "abc"),
    ]


@pytest.mark.parametrize(
    "token",
    ["", "nonsense", "é", "a" * 5000, pytest.param(TimestampSigner(salt="other").sign("x"), id="signed otherwise")],
)
async def test_a_bad_token_begins_a_new_conversation(scripted: Script, visitors: Connect, token: str) -> None:
    scripted()

    ready = await (await visitors()).hello(token=token)

    assert (ready["resumed"], ready["seq"]) == (False, 0)


async def test_an_expired_token_begins_a_new_conversation(scripted: Script, visitors: Connect, mocker: Any) -> None:
    scripted()
    mocker.patch("django.core.signing.time.time", return_value=1_000_000.0)
    old = tokens.issue("00000000-0000-4000-8000-000000000001", None, stored=True)
    mocker.stopall()

    assert not (await (await visitors()).hello(token=old))["resumed"]


async def test_what_was_missed_comes_in_order_and_once(scripted: Script, visitors: Connect) -> None:
    scripted()
    first = await visitors()
    token = (await first.hello())["token"]
    for number in range(PAGE_MESSAGES):
        await first.say(str(number))
    await first.leave()

    visitor = await visitors()
    ready = await visitor.hello(token=token, after=3)
    missed = [message["seq"] for message in ready["messages"]]
    while len(missed) < 2 * PAGE_MESSAGES - 3:
        missed.append((await visitor.receive_type("message"))["seq"])

    assert missed == list(range(4, 2 * PAGE_MESSAGES + 1))
    assert await visitor.hears_nothing()


async def test_older_history_comes_in_pages(scripted: Script, visitors: Connect) -> None:
    scripted()
    first = await visitors()
    token = (await first.hello())["token"]
    for number in range(40):
        await first.say(str(number))

    visitor = await visitors()
    ready = await visitor.hello(token=token)
    await visitor.send(type="history", before=ready["messages"][0]["seq"])
    page = await visitor.receive_type("history")

    assert [message["seq"] for message in ready["messages"]] == list(range(31, 81))
    assert ready["more"]
    assert [message["seq"] for message in page["messages"]] == list(range(1, 31))
    assert not page["more"]


async def test_the_reply_is_stored_when_the_visitor_leaves(scripted: Script, visitors: Connect) -> None:
    gate = Gate()
    scripted(gate.holding(reply("Here it is")))
    visitor = await visitors()
    token = (await visitor.hello())["token"]
    await visitor.send(message="hi")
    await gate.reached.wait()
    await visitor.leave()

    gate.opened.set()
    await runtime.drain()

    ready = await (await visitors()).hello(token=token)
    assert [message["message"] for message in ready["messages"]] == ["hi", "Here it is"]


async def test_a_turn_that_was_cut_off_is_taken_up_on_return(scripted: Script, visitors: Connect) -> None:
    scripted()
    visitor = await visitors()
    token = (await visitor.hello())["token"]
    await visitor.say("first", id="1")
    await cut_off()

    again = await visitors()
    await again.hello(token=token)

    assert (await again.receive_reply())["in_reply_to"] == "1"


async def with_deleted_conversation(visitors: Connect, *texts: str) -> tuple[Visitor, dict[str, Any]]:
    """A visitor who is still connected, and the `ready` of the conversation."""
    visitor = await visitors()
    opened = await visitor.hello()
    for text in texts or ("hi",):
        await visitor.say(text)
    await Conversation.objects.all().adelete()
    return visitor, opened


async def test_a_deleted_conversation_begins_anew(scripted: Script, visitors: Connect) -> None:
    scripted()
    _, opened = await with_deleted_conversation(visitors)

    ready = await (await visitors()).hello(token=opened["token"], after=2)

    assert not ready["resumed"]
    assert ready["conversation"] != opened["conversation"]


async def test_a_visitor_whose_conversation_is_deleted_meanwhile_comes_back_to_a_new_one(
    scripted: Script, visitors: Connect
) -> None:
    scripted()
    visitor, opened = await with_deleted_conversation(visitors)

    await visitor.send(message="still there?", id="2")

    assert await visitor.close_code() == 4012
    again = await visitors()
    assert not (await again.hello(token=opened["token"], after=2))["resumed"]
    await again.send(message="still there?", id="2")
    assert await again.receive() == {"type": "ack", "id": "2", "seq": 1}
    assert (await again.receive_reply())["seq"] == 2


async def test_a_deleted_conversation_that_began_anew_elsewhere_is_not_continued(
    scripted: Script, visitors: Connect
) -> None:
    scripted()
    _, opened = await with_deleted_conversation(visitors, "hi", "hi again")
    elsewhere = await visitors()
    await elsewhere.hello(token=opened["token"])
    await elsewhere.say("anew")

    ready = await (await visitors()).hello(token=opened["token"], after=4)

    assert not ready["resumed"]
    assert ready["messages"] == []


async def test_ready_tells_whether_the_conversation_is_stored(scripted: Script, visitors: Connect) -> None:
    scripted()
    visitor = await visitors()
    assert not (await visitor.hello())["stored"]
    await visitor.say("hi")
    assert (await visitor.hello(after=2))["stored"]


async def test_a_token_of_a_stored_conversation_never_begins_its_id_again(scripted: Script, visitors: Connect) -> None:
    """A page that is loaded after the deletion, and has seen nothing."""
    scripted()
    visitor = await visitors()
    await visitor.hello()
    await visitor.say("hi")
    opened = await visitor.hello(after=2)
    await Conversation.objects.all().adelete()

    ready = await (await visitors()).hello(token=opened["token"])

    assert not ready["resumed"]
    assert ready["conversation"] != opened["conversation"]


async def test_a_second_hello_in_a_deleted_conversation_closes(scripted: Script, visitors: Connect) -> None:
    scripted()
    visitor, _ = await with_deleted_conversation(visitors)

    await visitor.send(type="hello", after=2)

    assert await visitor.close_code() == 4012


async def test_tabs_of_a_deleted_conversation_leave_it_when_its_id_begins_again(scripted: Script, visitors: Connect) -> None:
    """A token from before the first message may begin the id again. An open tab must not mix the two."""
    scripted()
    tab, opened = await with_deleted_conversation(visitors, "hi", "hi again")
    page = await visitors()
    assert (await page.hello(token=opened["token"]))["conversation"] == opened["conversation"]

    assert (await page.say("anew"))["seq"] == 2

    assert await tab.close_code() == 4012


async def test_a_message_from_a_tab_that_has_seen_more_than_there_is_closes(
    scripted: Script, visitors: Connect, mocker: Any
) -> None:
    scripted()
    tab, opened = await with_deleted_conversation(visitors, "hi", "hi again")
    mocker.patch.object(Publisher, "publish", mocker.AsyncMock())  # the tab hears nothing of the new beginning
    page = await visitors()
    await page.hello(token=opened["token"])
    await page.send(message="anew", id="new")
    while not await Conversation.objects.filter(last_seq=2).aexists():
        pass

    await tab.send(message="still there?", id="2")

    assert await tab.close_code() == 4012
    assert not await Message.objects.filter(text="still there?").aexists()


async def test_staff_who_delete_a_conversation_close_its_tabs(scripted: Script, visitors: Connect) -> None:
    scripted()
    visitor, other = await visitors(), await visitors()
    await visitor.hello()
    await visitor.say("hi")
    await other.hello()
    await other.say("hello")
    staff = await sync_to_async(signed_in)(superuser=True)
    conversation = await Conversation.objects.filter(messages__text="hi").afirst()
    assert conversation

    await sync_to_async(staff.post)(f"/admin/chat/conversation/{conversation.pk}/delete/", {"post": "yes"})

    assert await visitor.close_code() == 4012
    assert (await other.say("still here"))["message"] == "still here"


async def test_a_tab_gets_a_message_whose_sender_left_before_its_ack(
    scripted: Script, visitors: Connect, mocker: Any
) -> None:
    gate = Gate()
    scripted(gate.holding(reply("never")))
    sender, tab = await two_tabs(visitors)
    leaves = mocker.patch.object(Socket, "acknowledge", side_effect=asyncio.CancelledError)

    await sender.send(message="hi", id="1")

    assert (await tab.receive_type("message"))["message"] == "hi"
    assert leaves.called
    gate.opened.set()  # the runtime's end waits for the turn


# Once and in order


async def test_a_message_that_a_hello_finds_before_its_ack_is_asked_of_the_provider_once(
    scripted: Script, visitors: Connect, mocker: Any
) -> None:
    adapter = scripted()
    visitor, other = await visitors(), await visitors()
    token = (await visitor.hello())["token"]
    committed, gate = threading.Event(), threading.Event()

    def commit(entries: list[Entry], known: batch.Known) -> list[Result]:
        results = batch.commit(entries, known)
        committed.set()
        gate.wait(30)
        return results

    mocker.patch.object(writer, "commit", commit)
    await visitor.send(message="hi", id="1")
    await asyncio.to_thread(committed.wait, 30)
    await other.hello(token=token)
    gate.set()

    assert (await other.receive_reply())["in_reply_to"] == "1"
    assert (await visitor.receive_reply())["in_reply_to"] == "1"
    assert [utterance.text for utterance in adapter.asked] == ["hi"]


async def test_a_message_sent_again_is_acknowledged_again_and_answered_once(scripted: Script, visitors: Connect) -> None:
    adapter = scripted()
    visitor = await visitors()
    await visitor.say("hi", id="abc")

    await visitor.send(message="another text", id="abc")

    assert await visitor.receive() == {"type": "ack", "id": "abc", "seq": 1}
    assert await visitor.hears_nothing()
    assert len(adapter.asked) == 1
    assert await stored() == [(1, "visitor", "hi"), (2, "bot", "hi")]


async def test_a_message_sent_again_during_its_turn_is_asked_once(scripted: Script, visitors: Connect) -> None:
    gate = Gate()
    adapter = scripted(gate.holding(reply("done")))
    visitor = await visitors()
    token = (await visitor.hello())["token"]
    await visitor.send(message="hi", id="abc")
    await gate.reached.wait()
    again = await visitors()
    await again.hello(token=token)
    await again.send(message="hi", id="abc")
    assert (await again.receive_type("ack"))["seq"] == 1
    gate.opened.set()

    for tab in (visitor, again):
        assert (await tab.receive_reply())["message"] == "done"
        assert await tab.hears_nothing()
    assert len(adapter.asked) == 1


async def test_a_message_whose_turn_was_cut_off_is_answered_when_it_is_sent_again(
    scripted: Script, visitors: Connect
) -> None:
    adapter = scripted()
    visitor = await visitors()
    await visitor.say("first text", id="abc")
    await cut_off()

    await visitor.send(message="another text", id="abc")

    assert (await visitor.receive_type("ack"))["seq"] == 1
    await runtime.drain()
    assert [utterance.text for utterance in adapter.asked] == ["first text"] * 2


async def test_two_tabs_see_the_same_messages_once(scripted: Script, visitors: Connect) -> None:
    scripted()
    one, other = await two_tabs(visitors)

    await one.say("hi", id="abc")

    theirs = await other.receive_type("message")
    assert (theirs["seq"], theirs["sender"], theirs["id"], theirs["message"]) == (1, "visitor", "abc", "hi")
    assert (await other.receive_type("message"))["seq"] == 2
    assert await other.hears_nothing()
    assert await one.hears_nothing()


@pytest.mark.parametrize("frame", [{"message": "hi", "id": "abc"}, {"type": "end"}], ids=["a reply", "the end"])
async def test_other_processes_are_told_of_what_was_committed_without_a_word_of_it(
    frame: dict[str, Any], scripted: Script, visitors: Connect, mocker: Any
) -> None:
    tell = mocker.patch.object(Bus, "tell")
    scripted()
    visitor = await visitors()
    conversation = (await visitor.hello())["conversation"]
    await visitor.say("first")
    is_lost = lose_confirmation(mocker, of=lambda entry: entry.sender != "visitor")
    await visitor.send(**frame)
    last = 4 if "message" in frame else 3
    while (await visitor.receive_type("message"))["seq"] < last:
        pass
    await visitor.hears_nothing()

    assert is_lost.is_set()
    assert tell.call_args_list[-1].args[:2] == (conversation, last)


async def test_what_is_read_before_its_ack_is_left_to_the_ack(scripted: Script, visitors: Connect, mocker: Any) -> None:
    """Another process may announce a later message before this one is acknowledged."""
    scripted()
    visitor = await visitors()
    conversation = (await visitor.hello())["conversation"]
    publisher, loop = runtime.current().publisher, asyncio.get_running_loop()

    def commit(entries: list[Entry], known: batch.Known) -> list[Result]:
        results = batch.commit(entries, known)
        last = max(result.seq for result in results if isinstance(result, Stored))
        asyncio.run_coroutine_threadsafe(publisher.bring_up_to_date({conversation: (last, "bot")}), loop).result()
        return results

    mocker.patch.object(writer, "commit", commit)
    await visitor.send(message="hi", id="abc")

    assert await visitor.receive() == {"type": "ack", "id": "abc", "seq": 1}
    assert (await visitor.receive())["seq"] == 2
    assert await visitor.hears_nothing()


@pytest.fixture
def hold(mocker: Any, deadline: Callable[[float], None]) -> Callable[[str], threading.Event]:
    """A function that delays storing a sender's messages, until their time is over and the event is set."""
    deadline(1.0)  # the provider's answer must come within it, also on a busy machine
    mocker.patch.object(writer, "LOOK_EVERY", 0.05)

    return lambda sender: hold_commits(mocker, of=lambda entry: entry.sender == sender)


async def test_a_message_that_the_database_takes_late_is_answered_in_every_tab(
    scripted: Script, visitors: Connect, hold: Callable[[str], threading.Event]
) -> None:
    scripted()
    tabs = await two_tabs(visitors)
    gate = hold("visitor")

    await tabs[0].send(message="hi", id="abc")
    error = await tabs[0].receive_type("error")
    assert (error["code"], error["id"]) == ("try_again", "abc")
    gate.set()

    for tab in tabs:
        question, answer = [await tab.receive_type("message") for _ in range(2)]
        assert (question["seq"], question["id"], question["message"]) == (1, "abc", "hi")
        assert (answer["seq"], answer["in_reply_to"]) == (2, "abc")


async def test_a_reply_that_the_database_takes_late_reaches_every_tab(
    staffed: None, scripted: Script, visitors: Connect, hold: Callable[[str], threading.Event]
) -> None:
    scripted(reply("A colleague comes", handoff=True))
    tabs = await two_tabs(visitors)
    gate = hold("bot")

    await tabs[0].send(message="hi", id="abc")
    for tab in tabs:
        assert (await tab.receive_type("error"))["id"] == "abc"
    gate.set()

    for tab in tabs:
        assert (await tab.receive_reply())["message"] == "A colleague comes"
        assert (await tab.receive_type("status"))["status"] == "waiting"


async def test_an_end_that_the_database_takes_late_reaches_every_tab(
    scripted: Script, visitors: Connect, hold: Callable[[str], threading.Event]
) -> None:
    scripted()
    tabs = await two_tabs(visitors)
    await tabs[0].say("hi")
    gate = hold("system")

    await tabs[0].send(type="end")
    assert (await tabs[0].receive_type("error"))["code"] == "try_again"
    gate.set()

    for tab in tabs:
        assert (await tab.receive_type("status"))["status"] == "closed"
    assert [sender for _, sender, _ in await stored()] == ["visitor", "bot", "system"]


async def test_a_message_that_the_database_takes_late_opens_a_closed_conversation_in_every_tab(
    scripted: Script, visitors: Connect, hold: Callable[[str], threading.Event]
) -> None:
    scripted()
    tabs = await two_tabs(visitors)
    await tabs[0].say("hi")
    await tabs[0].send(type="end")
    for tab in tabs:
        assert (await tab.receive_type("status"))["status"] == "closed"
    gate = hold("visitor")

    await tabs[0].send(message="again", id="abc")
    assert (await tabs[0].receive_type("error"))["id"] == "abc"
    gate.set()

    for tab in tabs:
        assert (await tab.receive_type("status"))["status"] == "bot"


async def test_the_turns_of_a_conversation_run_in_order(scripted: Script, visitors: Connect) -> None:
    gate = Gate()
    adapter = scripted(gate.holding(reply("first")))
    visitor = await visitors()
    await visitor.send(message="1", id="1")
    await visitor.send(message="2", id="2")
    while (await visitor.receive_type("ack"))["id"] != "2":
        pass
    assert [utterance.text for utterance in adapter.asked] == ["1"]
    gate.opened.set()

    assert [(await visitor.receive_reply())["in_reply_to"] for _ in range(2)] == ["1", "2"]


async def test_a_message_whose_time_is_spent_waiting_is_not_asked(
    scripted: Script, visitors: Connect, mocker: Any, deadline: Callable[[float], None]
) -> None:
    deadline(1.0)  # the second message must come within it, also on a busy machine
    is_spent = hold_commits(mocker, of=lambda entry: entry.sender == "bot")
    await staff_writes(FallbackReply(text="Too slow"))
    adapter = scripted(Gate().holding(reply("never")))
    visitor = await visitors()
    await visitor.send(message="1", id="1")
    await visitor.send(message="2", id="2")
    while (await visitor.receive_type("ack"))["id"] != "2":
        pass
    await asyncio.sleep(1.0)  # the second message came a little later, and its time must be over, too
    is_spent.set()

    assert [(await visitor.receive_reply())["message"] for _ in range(2)] == ["Too slow"] * 2
    assert [utterance.text for utterance in adapter.asked] == ["1"]


async def test_a_full_queue_is_busy_and_stores_nothing(
    scripted: Script, visitors: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "MAX_QUEUED", 2)
    gate = Gate()
    scripted(gate.holding(reply("done")))
    visitor = await visitors()
    for number in range(3):
        await visitor.send(message="hi", id=str(number))

    error = await visitor.receive_type("error")

    assert (error["code"], error["temporary"], error["id"]) == ("busy", True, "2")
    assert await Message.objects.filter(sender="visitor").acount() == 2
    await visitor.send(message="hi", id="1")  # sent again, so not stored again
    assert (await visitor.receive_type("ack"))["id"] == "1"
    gate.opened.set()


async def test_a_slow_provider_delays_no_other_visitor_and_no_ping(scripted: Script, visitors: Connect) -> None:
    gate = Gate()
    scripted(gate.holding(reply("done")))
    slow = await visitors()
    await slow.send(message="hi")
    await gate.reached.wait()

    assert (await (await visitors()).say("quick"))["message"] == "quick"
    await slow.receive_type("ack")
    assert await slow.hears_nothing()
    gate.opened.set()


async def test_a_drain_ends_what_runs_and_takes_nothing_new(scripted: Script, visitors: Connect) -> None:
    gate = Gate()
    scripted(gate.holding(reply("done")))
    visitor = await visitors()
    await visitor.send(message="before")
    await gate.reached.wait()

    draining = asyncio.create_task(runtime.drain())
    await asyncio.sleep(0)
    await visitor.send(message="after", id="abc")
    error = await visitor.receive_type("error")
    assert (error["code"], error["temporary"], error["id"]) == ("draining", True, "abc")
    gate.opened.set()
    await draining

    assert [text for _, _, text in await stored()] == ["before", "done"]
