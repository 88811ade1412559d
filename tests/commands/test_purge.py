"""Old conversations are deleted, with all their messages, and nothing else."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from chat.management.commands import purge_conversations
from chat.models import Conversation, Message
from tests.support.staff import conversation

pytestmark = pytest.mark.django_db


def days_ago(days: float) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(days=days)


@pytest.fixture
def kept() -> Conversation:
    return conversation({"text": "young"}, {"sender": "bot", "text": "yes"}, at=days_ago(29.9))


@pytest.fixture(autouse=True)
def _old(kept: Conversation) -> None:
    for age in (30.1, 40, 400):
        old = conversation({"text": "old"}, {"sender": "bot", "text": "yes"}, at=days_ago(age))
        question, answer = old.messages.order_by("seq")
        answer.in_reply_to = question
        answer.save()


def test_what_has_rested_for_longer_goes_and_the_rest_stays(kept: Conversation, capsys: Any) -> None:
    call_command("purge_conversations", "--days", "30")

    assert list(Conversation.objects.all()) == [kept]
    assert set(Message.objects.values_list("conversation", flat=True)) == {kept.pk}
    assert "Deleted 3 conversations with 6 messages" in capsys.readouterr().out


def test_a_dry_run_only_counts(capsys: Any) -> None:
    call_command("purge_conversations", "--days", "30", "--dry-run")

    assert Conversation.objects.count() == 4
    assert "Would delete 3 conversations with 6 messages" in capsys.readouterr().out


@pytest.mark.parametrize("batch", [1, 2, 3, 4])
def test_it_goes_on_batch_by_batch_to_the_end(kept: Conversation, mocker: Any, capsys: Any, batch: int) -> None:
    mocker.patch.object(purge_conversations, "BATCH", batch)
    mocker.patch.object(purge_conversations, "PAUSE", 0)

    call_command("purge_conversations", "--days", "30")

    assert list(Conversation.objects.all()) == [kept]
    assert "Deleted 3 conversations with 6 messages" in capsys.readouterr().out


def test_a_batch_is_a_handful_of_statements_however_many_messages_it_holds(django_assert_max_num_queries: Any) -> None:
    conversation(*({"text": "old"} for _ in range(500)), at=days_ago(50))

    with django_assert_max_num_queries(10):
        call_command("purge_conversations", "--days", "30")


def test_nothing_old_is_no_error(capsys: Any) -> None:
    call_command("purge_conversations", "--days", "1000")

    assert "Deleted 0 conversations with 0 messages" in capsys.readouterr().out


def test_nothing_is_drawn_where_nobody_watches(capsys: Any) -> None:
    call_command("purge_conversations", "--days", "30")

    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("arguments", [[], ["--days", "0"], ["--days", "-1"], ["--days", "soon"], ["--days", "1e3"]])
def test_without_a_sensible_number_of_days_nothing_is_deleted(arguments: list[str]) -> None:
    with pytest.raises(CommandError, match="days"):
        call_command("purge_conversations", *arguments)

    assert Conversation.objects.count() == 4
