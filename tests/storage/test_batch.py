"""One transaction: each entry is stored once and in order, even if others write at the same time."""

from __future__ import annotations

import random
import threading
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.models import F

from chat.models import Conversation, Message, Outcome, Status, new_public_id
from chat.storage import batch, columns
from chat.storage.batch import Known
from chat.storage.entries import ConversationRef, Entry, Refusal, Repeat, Result, Stored
from chat.storage.postgresql import PostgreSQL
from chat.storage.statements import SQLite
from chat.storage.status import Kind, Reason
from tests.support.entries import CONVERSATION, said, texts

pytestmark = pytest.mark.django_db(transaction=True)

OTHER = ConversationRef(public_id="00000000-0000-4000-8000-000000000002", language="en")


def commit(entries: list[Entry]) -> list[Result | Exception]:
    """Commit in a process that knows nothing yet."""
    return batch.commit(entries, {})


def answer(
    to: Stored, text: str = "hello", conversation: ConversationRef = CONVERSATION, kind: Kind = Kind.REPLY, **fields: Any
) -> Entry:
    return Entry(
        conversation=conversation,
        kind=kind,
        text=text,
        in_reply_to_id=to.key,
        in_reply_to_seq=to.seq,
        outcome=Outcome.ANSWERED.value,
        **fields,
    )


def welcome() -> Entry:
    return Entry(conversation=CONVERSATION, kind=Kind.WELCOME, text="Welcome")


def test_the_first_message_makes_its_conversation() -> None:
    [stored] = commit([said()])

    conversation = Conversation.objects.get()
    assert isinstance(stored, Stored)
    assert stored.seq == 1
    assert (conversation.public_id, conversation.language, conversation.origin) == (
        CONVERSATION.public_id,
        "de",
        "http://localhost",
    )
    assert (conversation.last_seq, conversation.status) == (1, "bot")
    assert conversation.messages.get(seq=1).created_at == stored.at
    assert conversation.last_activity_at == stored.at.replace(microsecond=0)


def test_every_field_of_a_reply_is_stored() -> None:
    [question] = commit([said()])
    assert isinstance(question, Stored)
    entry = answer(
        question,
        parts=[{"type": "text", "text": "hé"}],
        intent="hours",
        confidence=0.75,
        entities={"day": ["monday"]},
        provider="wit",
        traits={"mood": "good"},
        latency_ms=12,
        kind=Kind.HANDOFF,
    )

    commit([entry])

    reply = Message.objects.get(seq=2)
    assert (reply.sender, reply.text, reply.parts, reply.in_reply_to_id) == (
        "bot",
        "hello",
        entry.parts,
        Message.objects.get(seq=1).pk,
    )
    assert (reply.intent, reply.confidence, reply.entities) == ("hours", 0.75, {"day": ["monday"]})
    assert reply.traits == {"mood": "good"}
    assert (reply.outcome, reply.provider, reply.latency_ms) == ("answered", "wit", 12)
    assert Conversation.objects.get().status == "waiting"


def test_seq_counts_up_by_one_within_each_conversation() -> None:
    other = ConversationRef(public_id=new_public_id(), language="en")

    commit([said("a", "1"), said("x", "1", other), said("b", "2")])
    commit([said("c", "3"), said("y", "2", other)])

    by_conversation = [
        list(conversation.messages.order_by("seq").values_list("seq", "text"))
        for conversation in Conversation.objects.order_by("id")
    ]
    assert sorted(by_conversation) == [[(1, "a"), (2, "b"), (3, "c")], [(1, "x"), (2, "y")]]


def test_a_client_id_is_stored_once_also_within_one_batch() -> None:
    first, again = commit([said("a"), said("another text")])
    [later] = commit([said("a")])

    assert isinstance(first, Stored)
    assert [again, later] == [Repeat(key=first.key, seq=1, last_seq=1, status="bot")] * 2
    assert texts() == [(1, "a")]


def test_the_same_client_id_in_another_conversation_is_another_message() -> None:
    commit([said()])
    [other] = commit([said(conversation=ConversationRef(public_id=new_public_id(), language="en"))])

    assert isinstance(other, Stored)


def test_the_second_answer_to_a_message_loses() -> None:
    [question] = commit([said()])
    assert isinstance(question, Stored)

    first, second = commit([answer(question, "first"), answer(question, "second")])
    [third] = commit([answer(question, "third")])

    assert isinstance(first, Stored)
    assert [second, third] == [Repeat(key=first.key, seq=2, last_seq=2, status="bot")] * 2
    assert texts() == [(1, "hi"), (2, "first")]


def test_a_conversation_is_welcomed_once() -> None:
    commit([welcome()])
    commit([welcome(), said()])

    assert texts() == [(1, "Welcome"), (2, "hi")]


def end() -> Entry:
    return Entry(conversation=CONVERSATION, kind=Kind.END, text="The end")


def test_a_conversation_is_closed_once_and_only_where_something_was_said() -> None:
    assert commit([end()])[0] == Refusal(Reason.NOTHING_TO_END)
    assert not Conversation.objects.exists()

    before, _, closing, again = commit([end(), said(), end(), end()])

    assert before == Refusal(Reason.NOTHING_TO_END)
    assert again == Refusal(Reason.NOTHING_TO_END)
    assert isinstance(closing, Stored)
    assert (closing.seq, closing.status) == (2, "closed")
    assert commit([end()])[0] == Refusal(Reason.NOTHING_TO_END)
    assert texts() == [(1, "hi"), (2, "The end")]
    assert Conversation.objects.get().status == "closed"


def test_only_its_visitor_opens_a_closed_conversation() -> None:
    [question] = commit([said()])
    assert isinstance(question, Stored)

    _, reply = commit([end(), answer(question, kind=Kind.HANDOFF)])
    assert isinstance(reply, Stored)
    assert (reply.status, Conversation.objects.get().status) == ("closed", "closed")

    [more] = commit([said("more", "2")])
    assert isinstance(more, Stored)
    assert (more.status, Conversation.objects.get().status) == ("bot", "bot")


def test_a_message_sent_again_leaves_a_conversation_closed() -> None:
    commit([said(), end()])

    again, other = commit([said(), said("x", "1", ConversationRef(public_id=new_public_id(), language="en"))])

    assert isinstance(again, Repeat)
    assert (again.status, Conversation.objects.get(public_id=CONVERSATION.public_id).status) == ("closed", "closed")
    assert isinstance(other, Stored)
    assert other.status == "bot"


def test_the_answer_to_a_deleted_conversation_is_dropped() -> None:
    [question] = commit([said()])
    assert isinstance(question, Stored)
    Conversation.objects.all().delete()

    [result] = commit([answer(question)])

    assert result == Refusal(Reason.DELETED)
    assert not Message.objects.exists()


def test_a_conversation_that_the_process_knows_is_not_asked_for(mocker: Any) -> None:
    known: Known = {}
    asked = mocker.spy(SQLite if connection.vendor == "sqlite" else PostgreSQL, "begin")

    for number in range(3):
        batch.commit([said(str(number), str(number))], known)

    assert texts() == [(1, "0"), (2, "1"), (3, "2")]
    assert asked.call_count == 1


def test_what_another_process_wrote_meanwhile_is_found_and_hurts_no_other_conversation() -> None:
    other = ConversationRef(public_id=new_public_id(), language="en")
    here: Known = {}
    there: Known = {}
    batch.commit([said("a", "1"), said("x", "1", other)], here)
    batch.commit([said("b", "2"), said("c", "3")], there)

    batch.commit([said("d", "4"), said("y", "2", other), said("e", "5")], here)
    batch.commit([said("f", "6")], there)

    stored = Message.objects.order_by("conversation", "seq").values_list("conversation__public_id", "seq", "text")
    assert [(seq, text) for public_id, seq, text in stored if public_id == CONVERSATION.public_id] == [
        (1, "a"),
        (2, "b"),
        (3, "c"),
        (4, "d"),
        (5, "e"),
        (6, "f"),
    ]
    assert [(seq, text) for public_id, seq, text in stored if public_id == other.public_id] == [(1, "x"), (2, "y")]


def test_a_database_that_was_set_back_gets_no_gap() -> None:
    known: Known = {}
    batch.commit([said("a", "1"), said("b", "2"), said("c", "3")], known)
    Message.objects.filter(seq__gt=1).delete()
    Conversation.objects.update(last_seq=1)

    batch.commit([said("d", "4")], known)

    assert texts() == [(1, "a"), (2, "d")]


def test_a_conversation_that_was_opened_elsewhere_meanwhile_is_closed() -> None:
    here: Known = {}
    batch.commit([said("a", "1"), end()], here)
    commit([said("b", "2")])

    [closing] = batch.commit([end()], here)

    assert isinstance(closing, Stored)
    assert Conversation.objects.get().status == "closed"


def test_what_comes_after_a_superfluous_end_keeps_its_place() -> None:
    known: Known = {}
    batch.commit([said("a", "1"), end()], known)

    closing, more = batch.commit([end(), said("b", "2")], known)

    assert closing == Refusal(Reason.NOTHING_TO_END)
    assert isinstance(more, Stored)
    assert (more.seq, Conversation.objects.get().status) == (3, "bot")


def test_a_bad_row_in_a_conversation_that_another_process_wrote_hurts_nobody_else() -> None:
    other = ConversationRef(public_id=new_public_id(), language="en")
    known: Known = {}
    batch.commit([said("a", "1"), said("x", "1", other)], known)
    commit([said("b", "2")])

    broken = said("bad", "3")
    broken.provider = None  # type: ignore[assignment]
    stored, next, bad = batch.commit([said("x", "2", other), said("y", "3", other), broken], known)

    assert isinstance(stored, Stored)
    assert isinstance(next, Stored)
    assert (stored.seq, next.seq) == (2, 3)
    assert isinstance(bad, Exception)
    assert Message.objects.filter(conversation__public_id=other.public_id).count() == 3


def test_a_conversation_that_has_another_ones_key_now_is_not_written() -> None:
    """The database was emptied, or restored, while a process runs."""
    other = ConversationRef(public_id=new_public_id(), language="en")
    known: Known = {}
    batch.commit([said("a", "1")], known)
    Conversation.objects.update(public_id=other.public_id)

    [lost] = batch.commit([Entry(conversation=CONVERSATION, kind=Kind.MESSAGE, text="secret", seen=1)], known)

    assert lost == Refusal(Reason.DELETED)
    assert texts() == [(1, "a")]


def test_after_an_outage_nothing_is_known(mocker: Any) -> None:
    known: Known = {}
    batch.commit([said()], known)
    mocker.patch.object(batch, "_commit_together", side_effect=OperationalError)

    batch.commit([said("other", "2", ConversationRef(public_id=new_public_id(), language="en"))], known)

    assert known == {}


def test_the_answer_to_a_conversation_that_was_known_and_is_deleted_is_dropped() -> None:
    known: Known = {}
    [question] = batch.commit([said()], known)
    assert isinstance(question, Stored)
    Conversation.objects.all().delete()

    [reply] = batch.commit([answer(question)], known)

    assert reply == Refusal(Reason.DELETED)
    assert not Message.objects.exists()


@pytest.fixture
def known() -> Known:
    """Commit in a process that has answered the first message of each conversation."""
    known: Known = {}
    for conversation in (CONVERSATION, OTHER):
        [question] = batch.commit([said("hi", "1", conversation)], known)
        assert isinstance(question, Stored)
        batch.commit([answer(question, conversation=conversation)], known)
    return known


def talk(conversation: ConversationRef = CONVERSATION) -> list[tuple[int, str, str | None]]:
    """The messages after the first two: seq, text, and the text that each answers."""
    messages = Message.objects.filter(conversation__public_id=conversation.public_id, seq__gt=2).order_by("seq")
    return list(messages.values_list("seq", "text", "in_reply_to__text"))


def test_messages_and_replies_of_several_conversations_are_stored_together(known: Known) -> None:
    [ours, theirs] = batch.commit([said("a", "2"), said("x", "2", OTHER)], known)
    assert isinstance(ours, Stored)
    assert isinstance(theirs, Stored)
    Message.objects.filter(text="x").update(text="X?")
    Message.objects.filter(conversation__public_id=OTHER.public_id, seq=2).delete()

    entries = [answer(theirs, "X", conversation=OTHER), said("b", "3"), answer(ours, "A")]
    results = batch.commit(entries, known)

    assert talk() == [(3, "a", None), (4, "b", None), (5, "A", "a")]
    assert talk(OTHER) == [(3, "X?", None), (4, "X", "X?")]
    for result, entry in zip(results, entries, strict=True):
        assert isinstance(result, Stored)
        message = Message.objects.get(pk=result.key)
        assert (message.seq, message.text) == (result.seq, entry.text)
    assert Conversation.objects.get(public_id=CONVERSATION.public_id).last_seq == 5


def test_a_message_that_is_sent_again_in_one_batch_has_one_reply(known: Known) -> None:
    first, again = batch.commit([said("a", "2"), said("a", "2")], known)
    assert isinstance(first, Stored)
    assert isinstance(again, Repeat)
    assert (first.key, first.seq) == (again.key, again.seq)
    batch.commit([answer(first, "A")], known)

    [third] = batch.commit([said("a", "2")], known)

    assert isinstance(third, Repeat)
    assert third.seq == 3
    assert talk() == [(3, "a", None), (4, "A", "a")]


@pytest.mark.parametrize("has_answered", [False, True])
def test_what_another_process_has_written_meanwhile_comes_first(known: Known, has_answered: bool) -> None:
    there: Known = {}
    [question] = batch.commit([said("theirs", "2")], there)
    assert isinstance(question, Stored)
    if has_answered:
        batch.commit([answer(question, "THEIRS")], there)

    here, other = batch.commit([said("a", "3"), said("x", "2", OTHER)], known)

    assert isinstance(here, Stored)
    assert isinstance(other, Stored)
    assert talk()[-1][1:] == ("a", None)
    assert talk(OTHER) == [(3, "x", None)]


@pytest.mark.parametrize("bad", [{"provider": None}, {"entities": {"no": object()}}], ids=["the row", "its JSON"])
@pytest.mark.parametrize("others", [[], [OTHER]], ids=["alone", "with others"])
def test_a_reply_that_can_t_be_stored_costs_no_others(
    known: Known, bad: dict[str, Any], others: list[ConversationRef]
) -> None:
    [message] = batch.commit([said("a", "2")], known)
    assert isinstance(message, Stored)

    broken, *more = batch.commit([answer(message, **bad), *(said("x", "2", other) for other in others)], known)

    assert isinstance(broken, Exception)
    assert talk() == [(3, "a", None)]
    assert all(isinstance(result, Stored) for result in more)
    assert talk(OTHER) == [(3, "x", None)][: len(others)]


def test_only_the_last_conversations_stay_known(mocker: Any) -> None:
    mocker.patch.object(batch, "MAX_KNOWN", 2)
    known: Known = {}

    for room in ("a", "b", "a", "c"):
        batch.commit([said("hi", new_public_id(), ConversationRef(public_id=room, language="en"))], known)

    assert list(known) == ["a", "c"]


def test_processes_that_begin_the_same_conversations_at_once_never_wait_for_each_other_in_a_circle() -> None:
    rounds, rooms = 10, 30
    rng = random.Random(1)
    together = threading.Barrier(3)
    failures: list[Result] = []

    def write(number: int) -> None:
        known: Known = {}
        try:
            for one in range(rounds):
                conversations = [ConversationRef(public_id=f"{one} {room}", language="en") for room in range(rooms)]
                together.wait()
                for _ in range(4):
                    entries = [
                        said("hi", f"{number} {rng.random()}", conversation)
                        for conversation in rng.sample(conversations, 10)
                    ]
                    failures.extend(result for result in batch.commit(entries, known) if not isinstance(result, Stored))
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert Message.objects.count() == 3 * rounds * 4 * 10


def test_one_bad_row_hurts_nobody_else() -> None:
    good, bad, other = commit(
        [said("a", "1"), said("b", "2", ConversationRef(public_id="1", language=None)), said("c", "3")]
    )  # type: ignore[arg-type]

    assert isinstance(good, Stored)
    assert isinstance(other, Stored)
    assert isinstance(bad, Exception)
    assert texts() == [(1, "a"), (2, "c")]


def test_every_column_of_a_message_is_written_or_comes_later() -> None:
    later = {"id", "feedback"}

    assert {field.attname for field in Message._meta.concrete_fields} == {*columns.MESSAGE, *later}


def test_a_message_awaits_its_reply_until_that_is_stored(known: Known) -> None:
    def awaiting() -> str:
        return Conversation.objects.get(public_id=CONVERSATION.public_id).awaiting

    first, second = batch.commit([said("a", "2"), said("b", "3")], known)
    assert isinstance(first, Stored)
    assert isinstance(second, Stored)
    assert awaiting() == "3 4"

    batch.commit([answer(second, "B")], known)
    assert awaiting() == "3"
    batch.commit([answer(first, "A")], {})
    assert awaiting() == ""


def test_a_reply_to_a_message_that_no_longer_awaits_one_is_refused(known: Known) -> None:
    """As if a person had taken over."""
    [question] = batch.commit([said("a", "2")], known)
    assert isinstance(question, Stored)
    Conversation.objects.update(awaiting="", last_seq=F("last_seq"))

    assert batch.commit([answer(question)], {}) == [Refusal(Reason.SETTLED)]
    assert talk() == [(3, "a", None)]


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        (Kind.REPLY, ["bot", "waiting", "operator", "closed"]),
        (Kind.HANDOFF, ["waiting", "waiting", "operator", "closed"]),
        (Kind.FAREWELL, ["closed", "closed", "operator", "closed"]),
    ],
)
def test_what_a_reply_does_to_the_status(kind: Kind, statuses: list[str]) -> None:
    for before, after in zip(Status.values, statuses, strict=True):
        conversation = ConversationRef(public_id=new_public_id(), language="en")
        [question] = commit([said(conversation=conversation)])
        assert isinstance(question, Stored)
        Conversation.objects.filter(public_id=conversation.public_id).update(status=before)
        [stored] = commit([answer(question, kind=kind, conversation=conversation)])
        assert isinstance(stored, Stored)
        assert stored.status == Conversation.objects.get(public_id=conversation.public_id).status == after
