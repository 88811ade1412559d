"""What staff see on the admin's front page: who answers, and today's numbers."""

from __future__ import annotations

import datetime
import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from chat import seeds
from chat.answers.breaker import Condition, State
from tests.support.staff import conversation, signed_in

pytestmark = pytest.mark.django_db

REPLY = {"sender": "bot", "outcome": "answered"}


def numbers(client: Client) -> dict[str, tuple[str, str]]:
    """By what is counted: the number, and the address of its rows."""
    page = client.get("/admin/").content.decode()
    found = re.findall(r'<li><a href="(/admin/[^"]*)"><strong>(.*?)</strong> (.*?)</a></li>', page)
    return {what: (number, unescape(address)) for address, number, what in found}


def test_each_number_leads_to_as_many_rows() -> None:
    client = signed_in(seeds.READERS)
    yesterday = timezone.now() - datetime.timedelta(days=1)
    bad = {**REPLY, "outcome": "no_match", "feedback": "down"}
    conversation({"text": "old"}, bad, {**REPLY, "outcome": "timeout"}, at=yesterday, status="waiting")
    conversation({"text": "new"}, bad, {**REPLY, "outcome": "low_confidence"}, {**REPLY, "outcome": "timeout"})
    for _ in range(2):
        conversation({"text": "well"}, {**REPLY, "feedback": "up"})

    found = numbers(client)

    assert {what: number for what, (number, _) in found.items()} == {
        "Visitors who wait for a person": "1",
        "Conversations today": "3",
        "Messages not understood today": "2",
        "Replies rated as not helpful today": "1",
    }
    for number, address in found.values():
        assert len(client.get(address).context["cl"].result_list) == int(number)


def test_a_number_stops_where_counting_takes_too_long(mocker: Any) -> None:
    mocker.patch("chat.staff.front.MOST", 1)
    for _ in range(3):
        conversation({"text": "hi"})

    assert numbers(signed_in(seeds.READERS))["Conversations today"][0] == "more than 1"


def test_staff_see_only_the_numbers_that_they_may_open() -> None:
    client = signed_in(seeds.EDITORS)
    assert numbers(client) == {}

    User.objects.get().user_permissions.add(Permission.objects.get(codename="answer_conversation"))

    assert numbers(client) == {"Visitors who wait for a person": ("0", "/admin/chat/desk/")}
    assert client.get("/admin/chat/desk/").status_code == 200


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (State.CLOSED, State.CLOSED, ["Answers visitors.", "Works, and isn't needed now."]),
        (State.OPEN, State.CLOSED, ["Down: No answer in time. The next one answers.", "Answers visitors."]),
        (
            State.OPEN,
            State.OPEN,
            ["Down: No answer in time. The next one answers.", "Down: No answer in time. Visitors get"],
        ),
        (State.HALF_OPEN, State.CLOSED, ["Was down, and is being tried again. The reason was: No answer in time.", "Works"]),
    ],
)
def test_staff_read_in_plain_words_who_answers(mocker: Any, first: State, second: State, said: list[str]) -> None:
    conditions = [
        Condition(provider=name, breaker=state, failures=5, cause="timeout", seconds=9, calls=0, max_calls=9)
        for name, state in (("wit", first), ("faq", second))
    ]
    mocker.patch("chat.runtime.conditions", return_value=conditions)

    page = unescape(signed_in(seeds.READERS).get("/admin/").content.decode())

    rows = re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td>', page)
    assert [name for name, _ in rows] == ["wit", "faq, stands by"]
    assert all(state.startswith(sentence) for (_, state), sentence in zip(rows, said, strict=True))
