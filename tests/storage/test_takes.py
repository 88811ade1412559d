"""Who speaks is decided by the conversation's row: one operator takes it, whoever else tries at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from chat.models import Conversation, new_public_id
from chat.storage.batch import Known, commit
from chat.storage.columns import SELDOM
from chat.storage.entries import ConversationRef, Entry, Refusal, Result, Stored
from chat.storage.status import Kind, Reason
from tests.support.entries import CONVERSATION, said, texts

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 200
PROCESSES = 5
OPERATORS = 50


def by(author: int, kind: Kind, conversation: ConversationRef = CONVERSATION, text: str = "") -> Entry:
    return Entry(conversation=conversation, kind=kind, text=text or kind.value, author=author, name=f"Op {author}")


def test_fifty_take_at_once_and_one_gets_it_two_hundred_times() -> None:
    """Each thread is a process: it has a connection and a memory of its own."""
    rooms = [ConversationRef(public_id=new_public_id(), language="en") for _ in range(ROUNDS)]
    commit([said("hi", "1", room) for room in rooms], {})
    start = Barrier(PROCESSES)

    def run(process: int) -> list[list[Result | Exception]]:
        known: Known = {}
        own = range(process, OPERATORS, PROCESSES)
        try:
            rounds = []
            for room in rooms:
                start.wait()
                rounds.append(commit([by(author, Kind.TAKE, room) for author in own], known))
            return rounds
        finally:
            connection.close()

    with ThreadPoolExecutor(PROCESSES) as threads:
        results = list(threads.map(run, range(PROCESSES)))

    for number, room in enumerate(rooms):
        of_room = [result for process in results for result in process[number]]
        [taken] = [result for result in of_room if isinstance(result, Stored)]
        row = Conversation.objects.get(public_id=room.public_id)
        assert (row.status, row.last_seq, taken.seq) == ("operator", 2, 2)
        assert row.holder == row.messages.get(seq=2).author
        assert [result for result in of_room if result is not taken] == [Refusal(Reason.TAKEN, row.holder)] * 49


def test_only_the_holder_may_write_give_back_and_close() -> None:
    commit([said(), by(1, Kind.TAKE)], {})

    for kind in (Kind.OPERATOR, Kind.RETURN, Kind.CLOSE, Kind.TAKE):
        assert commit([by(2, kind)], {}) == [Refusal(Reason.TAKEN, 1)]
    [message, returned, after, again] = commit(
        [by(1, Kind.OPERATOR), by(1, Kind.RETURN), by(1, Kind.OPERATOR), by(2, Kind.TAKE)], {}
    )
    assert isinstance(message, Stored)
    assert isinstance(returned, Stored)
    assert after == Refusal(Reason.FREE)
    assert isinstance(again, Stored)
    assert (message.status, returned.status, returned.returned, again.status) == ("operator", "bot", 4, "operator")


def test_what_awaits_the_bot_is_settled_by_a_take_and_nothing_awaits_it_meanwhile() -> None:
    [question, _] = commit([said(), said("more", "2")], {})
    assert isinstance(question, Stored)
    commit([by(1, Kind.TAKE), said("for the operator", "3")], {})

    reply = Entry(
        conversation=CONVERSATION, kind=Kind.REPLY, text="late", in_reply_to_id=question.key, in_reply_to_seq=question.seq
    )
    assert commit([reply], {}) == [Refusal(Reason.SETTLED, 1)]
    commit([by(1, Kind.RETURN), said("for the bot", "4")], {})

    assert Conversation.objects.get().awaiting == "6"
    assert [text for _, text in texts()] == ["hi", "more", "take", "for the operator", "return", "for the bot"]


@pytest.mark.parametrize("end", [Kind.CLOSE, Kind.END, Kind.RETURN])
def test_who_leaves_holds_nothing(end: Kind) -> None:
    commit([said(), by(1, Kind.TAKE), by(1, end)], {})

    row = Conversation.objects.get()
    assert (row.holder, row.returned) == (None, 3)


def test_each_column_of_a_conversation_is_as_if_it_had_been_read_again() -> None:
    talk = [
        Entry(conversation=CONVERSATION, kind=Kind.WELCOME, text="welcome"),
        said(),
        Entry(conversation=CONVERSATION, kind=Kind.HANDOFF, text="asked", is_miss=True),
        by(1, Kind.TAKE),
        said("more", "2"),
        Entry(conversation=CONVERSATION, kind=Kind.HAND_ON, text="passed", author=1, to=2),
        by(2, Kind.QUEUE),
        Entry(conversation=CONVERSATION, kind=Kind.MISSED, text="missed", tells_absence=True),
        said("the end", "3"),
        by(1, Kind.TAKE),
        by(1, Kind.CLOSE),
        said("again", "4"),
    ]
    known: Known = {}
    for entry in talk:
        [result] = commit([entry], known)
        assert isinstance(result, Stored)
        remembered = [getattr(known[CONVERSATION.public_id], name) for name in SELDOM]
        # Drivers give times in another form than they take them.
        assert [str(value)[:19] for value in Conversation.objects.values_list(*SELDOM).get()] == [
            str(value)[:19] for value in remembered
        ]


def test_a_reply_and_a_take_at_the_same_moment_leave_one_speaker() -> None:
    rooms = [ConversationRef(public_id=new_public_id(), language="en") for _ in range(50)]
    questions = commit([said("hi", "1", room) for room in rooms], {})
    start = Barrier(2)

    def run(entries: list[Entry]) -> list[Result | Exception]:
        try:
            known: Known = {}
            results = []
            for entry in entries:
                start.wait()
                results += commit([entry], known)
            return results
        finally:
            connection.close()

    replies = [
        Entry(conversation=room, kind=Kind.REPLY, text="hello", in_reply_to_id=question.key, in_reply_to_seq=1)  # type: ignore[union-attr]
        for room, question in zip(rooms, questions, strict=True)
    ]
    with ThreadPoolExecutor(2) as threads:
        answered, taken = threads.map(run, [replies, [by(1, Kind.TAKE, room) for room in rooms]])

    assert all(isinstance(result, Stored) for result in taken)
    for room, answer in zip(rooms, answered, strict=True):
        senders = list(
            Conversation.objects.get(public_id=room.public_id).messages.order_by("seq").values_list("sender", flat=True)
        )
        assert senders == (["visitor", "bot", "system"] if isinstance(answer, Stored) else ["visitor", "system"])
