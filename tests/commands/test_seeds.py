"""What a new site starts with."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from chat import seeds
from chat.models import FALLBACK_OUTCOMES, Conversation, FallbackReply, Message

pytestmark = pytest.mark.django_db

LANGUAGES = ["", *(tag for tag, _ in settings.LANGUAGES if tag != "en")]
OLD = ["", "de", "es", "fr"]


@pytest.fixture
def fresh() -> None:
    """The state after a flush, which other tests may have left."""
    FallbackReply.objects.all().delete()
    Group.objects.all().delete()
    seeds.add_replies(FallbackReply)
    seeds.add_groups(apps)


def test_every_outcome_has_words_in_every_language(fresh: None) -> None:
    cases = set(FallbackReply.objects.values_list("outcome", "language"))

    assert cases == {(outcome, language) for outcome, _ in FALLBACK_OUTCOMES for language in LANGUAGES}


def test_what_is_not_understood_is_answered_in_more_than_one_way(fresh: None) -> None:
    for language in LANGUAGES:
        assert FallbackReply.objects.filter(outcome="no_match", language=language).count() == 2


def test_no_default_reply_overrides_the_provider(fresh: None) -> None:
    assert not FallbackReply.objects.filter(overrides=True).exists()


def test_default_replies_pass_the_form_s_own_rules(fresh: None) -> None:
    for reply in FallbackReply.objects.all():
        reply.full_clean()


def test_what_staff_have_changed_stays(fresh: None) -> None:
    FallbackReply.objects.filter(outcome="timeout", language="de").update(text="Zu langsam.")
    FallbackReply.objects.filter(outcome="no_match", language="de").first().delete()  # type: ignore[union-attr]
    before = list(FallbackReply.objects.order_by("pk").values())

    seeds.add_replies(FallbackReply)

    assert list(FallbackReply.objects.order_by("pk").values()) == before


@pytest.mark.django_db(transaction=True)
def test_going_back_and_forth_over_the_migration_changes_nothing(fresh: None) -> None:
    FallbackReply.objects.filter(outcome="timeout").update(text="changed")
    before = list(FallbackReply.objects.order_by("pk").values())

    call_command("migrate", "chat", "0001", verbosity=0)
    call_command("migrate", "chat", verbosity=0)

    assert list(FallbackReply.objects.order_by("pk").values()) == before


def upgraded() -> set[tuple[str, str]]:
    """The outcomes and languages that the upgrade adds to replies in the old languages."""
    before = set(FallbackReply.objects.values_list("outcome", "language"))
    import_module("chat.migrations.0009_seven_languages").forwards(apps, None)
    return set(FallbackReply.objects.values_list("outcome", "language")) - before


@pytest.fixture
def old(fresh: None) -> None:
    """What a site had before there were seven languages."""
    FallbackReply.objects.exclude(language__in=OLD).delete()
    FallbackReply.objects.filter(outcome="invalid_response", language="").update(
        text="I got an answer that I can't make sense of. Please try again, or put it differently."
    )


def test_an_upgrade_adds_the_new_languages_to_untouched_replies(old: None) -> None:
    assert upgraded() == {(outcome, language) for outcome, _ in FALLBACK_OUTCOMES for language in ("pt", "ar", "ja")}
    assert upgraded() == set()


def test_an_upgrade_adds_nothing_where_staff_have_been(old: None) -> None:
    FallbackReply.objects.filter(outcome="timeout", language="de").update(text="Zu langsam.")
    FallbackReply.objects.filter(outcome="rejected", language="fr").delete()
    FallbackReply.objects.filter(outcome="internal", language="").update(active=False)
    FallbackReply.objects.filter(outcome="no_match", language="es").first().delete()  # type: ignore[union-attr]
    FallbackReply.objects.create(outcome="rate_limited", language="de", text="Noch eine.")

    touched = {"timeout", "rejected", "internal", "no_match", "rate_limited"}
    assert {outcome for outcome, _ in upgraded()} == {outcome for outcome, _ in FALLBACK_OUTCOMES} - touched


def rights(group: str) -> set[str]:
    return set(Permission.objects.filter(group__name=group).values_list("codename", flat=True))


def test_there_is_a_group_for_each_kind_of_work(fresh: None) -> None:
    actions = ("add", "change", "delete", "view")
    assert rights(seeds.EDITORS) == {f"{action}_{model}reply" for action in actions for model in ("fallback", "intent")}
    assert rights(seeds.READERS) == {"view_conversation"}


@pytest.mark.parametrize("has_readers", [True, False])
def test_an_upgrade_adds_groups_and_the_right_to_see_the_provider(fresh: None, has_readers: bool) -> None:
    if not has_readers:
        Group.objects.all().delete()

    import_module("chat.migrations.0021_rights").forwards(apps, None)

    assert rights(seeds.SITE_MANAGERS) == {"add_site", "change_site", "delete_site", "view_site", "view_provider"}
    assert rights(seeds.DELETERS) == {"view_conversation", "delete_conversation"}
    assert rights(seeds.READERS) == ({"view_conversation", "view_provider"} if has_readers else set())


def test_what_an_administrator_has_changed_of_a_group_stays(fresh: None) -> None:
    Group.objects.get(name=seeds.EDITORS).permissions.clear()

    seeds.add_groups(apps)

    assert rights(seeds.EDITORS) == set()


def test_the_permissions_are_those_that_django_makes_itself(fresh: None) -> None:
    made = set(Permission.objects.filter(group__isnull=False).values_list("content_type__model", "codename", "name"))
    Permission.objects.all().delete()
    call_command("migrate", verbosity=0)

    assert made <= set(Permission.objects.values_list("content_type__model", "codename", "name"))


@pytest.mark.parametrize("messages", [2, 3, 501])
def test_made_up_conversations_look_like_real_ones(messages: int, capsys: Any) -> None:
    call_command("seed_conversations", messages=messages)

    assert f"with {messages} messages" in capsys.readouterr().out
    assert Message.objects.count() == messages
    for conversation in Conversation.objects.all():
        said = list(conversation.messages.order_by("seq"))
        assert [message.seq for message in said] == list(range(1, conversation.last_seq + 1))
        assert [message.sender for message in said] == (["visitor", "bot"] * len(said))[: len(said)]
        assert all(answer.in_reply_to == question for question, answer in zip(said[::2], said[1::2], strict=False))


def test_measuring_names_the_time_of_every_page(capsys: Any) -> None:
    call_command("seed_conversations", messages=50, measure=True)

    shown = capsys.readouterr().out
    pages = ("the list", "by outcome, no answer in time", "search, absent word", "transcript")
    for what in (*pages, "the front page", "messages not understood today", "the desk's page"):
        assert what in shown
