"""The staff's replies: which one matches and which one is drawn."""

import random

import pytest

from chat.answers.staff_replies import Replies, draw
from chat.models import FallbackReply, IntentReply


def said(replies: Replies, intent: str, language: str) -> str | None:
    reply = replies.for_intent(intent, language)
    return reply.text if reply else None


CASES = {"both": ("timeout", "de"), "outcome": ("timeout", ""), "language": ("", "de"), "any": ("", "")}


@pytest.mark.parametrize(
    ("present", "winner"),
    [
        (["any", "language", "outcome", "both"], "both"),
        (["any", "language", "outcome"], "outcome"),
        (["any", "language"], "language"),
        (["any"], "any"),
    ],
)
def test_the_most_specific_match_wins(present: list[str], winner: str) -> None:
    replies = Replies(
        fallback=tuple(FallbackReply(text=name, outcome=CASES[name][0], language=CASES[name][1]) for name in present)
    )

    assert [reply.text for reply in replies.candidates("timeout", "de")] == [winner]


def test_a_regional_language_is_served_by_its_base() -> None:
    replies = Replies(fallback=(FallbackReply(text="ja", language="de"), FallbackReply(text="yes")))

    assert [reply.text for reply in replies.candidates("timeout", "de-AT")] == ["ja"]


def test_the_nearest_language_of_the_same_script_serves() -> None:
    written = ("zh", "pt-BR", "nb", "")
    fallback = tuple(FallbackReply(text=language or "any", language=language) for language in written)
    intents = tuple(IntentReply(intent="hi", text=language or "any", language=language) for language in written)
    replies = Replies(fallback=fallback, intents=intents)

    for language, text in {"zh-TW": "any", "zh-CN": "zh", "pt-PT": "pt-BR", "no": "nb", "nn-NO": "nb", "de": "any"}.items():
        assert [reply.text for reply in replies.candidates("timeout", language)] == [text]
        assert said(replies, "hi", language) == text


def test_a_reply_for_another_outcome_or_language_never_matches() -> None:
    replies = Replies(fallback=(FallbackReply(outcome="no_match"), FallbackReply(language="fr")))

    assert replies.candidates("timeout", "de") == []


def test_an_intent_reply_in_the_visitor_s_language_comes_first() -> None:
    replies = Replies(
        intents=(IntentReply(intent="hi", text="Hello"), IntentReply(intent="hi", language="de", text="Hallo"))
    )

    assert [said(replies, "hi", language) for language in ("de", "fr")] == ["Hallo", "Hello"]
    assert said(replies, "bye", "de") is None


def test_the_name_of_an_intent_matches_in_either_form() -> None:
    replies = Replies(intents=(IntentReply(intent="cafe\u0301", text="old"), IntentReply(intent="thé", text="new")))

    assert [said(replies, intent, "fr") for intent in ("café", "cafe\u0301")] == ["old", "old"]
    assert [said(replies, intent, "fr") for intent in ("thé", "the\u0301")] == ["new", "new"]


def test_replies_are_drawn_by_weight() -> None:
    candidates = [FallbackReply(text="rare", weight=1), FallbackReply(text="often", weight=9)]
    rng = random.Random(1)

    drawn = [draw(candidates, last="", rng=rng).text for _ in range(1000)]

    assert 50 < drawn.count("rare") < 150


def test_the_same_words_never_come_twice_running_when_there_are_others() -> None:
    candidates = [FallbackReply(text="a", weight=100), FallbackReply(text="b", weight=1)]

    assert {draw(candidates, last="a", rng=random.Random(seed)).text for seed in range(50)} == {"b"}
    assert draw(candidates[:1], last="a", rng=random.Random(1)).text == "a"


@pytest.mark.django_db
def test_inactive_and_weightless_replies_are_never_said() -> None:
    FallbackReply.objects.all().delete()
    FallbackReply.objects.create(text="off", active=False)
    FallbackReply.objects.create(text="never", weight=0)
    IntentReply.objects.create(intent="hi", text="off", active=False)

    assert Replies.load() == Replies()
