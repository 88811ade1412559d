"""Which reply the visitor reads."""

import json
from typing import Any

import pytest

from chat.answers.choice import MAX_REPLY_BYTES, Choice, choose, outcome_of, storable_json, storable_parts
from chat.answers.staff_replies import Replies
from chat.models import FallbackReply, IntentReply, Outcome
from integrations import Button, Card, List, ListItem, Part, Payload, QuickReplies, Reply, Text
from tests.support.scripted import reply

FALLBACK = FallbackReply(outcome="no_match", text="What?")
INTENT = IntentReply(intent="hours", text="Nine to five.")
STAFF = Replies(fallback=(FALLBACK,), intents=(INTENT,))


def staff(**overriding: bool) -> Replies:
    return Replies(
        fallback=(FallbackReply(outcome="no_match", text="What?", overrides=overriding.get("fallback", False)),),
        intents=(IntentReply(intent="hours", text="Nine to five.", overrides=overriding.get("intent", False)),),
    )


def words(choice: Choice) -> list[str]:
    assert choice.words is not None
    return [part.plain for part in choice.words]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (reply("x", intent="hours", confidence=0.7), Outcome.ANSWERED),
        (reply("x", intent="hours", confidence=0.69), Outcome.LOW_CONFIDENCE),
        (reply("x", intent="", confidence=0.0), Outcome.ANSWERED),
        (reply("x", intent="hours", confidence=None), Outcome.ANSWERED),
        (reply("x", intent="fallback", confidence=1.0, is_fallback=True), Outcome.NO_MATCH),
    ],
)
def test_the_threshold_holds_only_where_there_is_an_intent(answer: Reply, outcome: Outcome) -> None:
    assert outcome_of(answer, 0.7) == outcome


def test_the_provider_s_words_are_used() -> None:
    choice = choose(staff(), reply("We open at nine.", intent="hours"), Outcome.ANSWERED, "en")

    assert (choice.outcome, words(choice)) == (Outcome.ANSWERED, ["We open at nine."])


def test_an_overriding_intent_reply_replaces_the_provider_s_words() -> None:
    choice = choose(staff(intent=True), reply("We open at nine.", intent="hours"), Outcome.ANSWERED, "en")

    assert (choice.outcome, words(choice)) == (Outcome.ANSWERED, ["Nine to five."])


def test_an_intent_without_words_gets_the_staff_s() -> None:
    choice = choose(staff(), reply(intent="hours"), Outcome.ANSWERED, "en")

    assert (choice.outcome, words(choice)) == (Outcome.ANSWERED, ["Nine to five."])


def test_an_intent_without_any_words_is_no_reply() -> None:
    choice = choose(staff(), reply(intent="prices"), Outcome.ANSWERED, "en")

    assert (choice.outcome, choice.words, choice.candidates) == (Outcome.NO_REPLY, None, ())


def test_blank_bubbles_are_no_words() -> None:
    assert choose(staff(), reply("", " \n", intent="prices"), Outcome.ANSWERED, "en").outcome == Outcome.NO_REPLY


def test_the_provider_s_own_fallback_words_are_used() -> None:
    choice = choose(staff(), reply("Say that again?", is_fallback=True), Outcome.NO_MATCH, "en")

    assert (choice.outcome, words(choice)) == (Outcome.NO_MATCH, ["Say that again?"])


def test_an_overriding_fallback_reply_replaces_them() -> None:
    choice = choose(staff(fallback=True), reply("Say that again?", is_fallback=True), Outcome.NO_MATCH, "en")

    assert (choice.outcome, [candidate.text for candidate in choice.candidates]) == (Outcome.NO_MATCH, ["What?"])


def test_an_overriding_fallback_reply_does_not_touch_an_answer() -> None:
    any_outcome = Replies(fallback=(FallbackReply(outcome="", text="What?", overrides=True),))

    assert words(choose(any_outcome, reply("Nine.", intent="hours"), Outcome.ANSWERED, "en")) == ["Nine."]


def test_low_confidence_discards_the_provider_s_words_and_its_intent() -> None:
    choice = choose(staff(intent=True), reply("Nine.", intent="hours", confidence=0.1), Outcome.LOW_CONFIDENCE, "en")

    assert (choice.outcome, choice.words) == (Outcome.LOW_CONFIDENCE, None)


def test_a_failure_gets_the_staff_s_words_for_it() -> None:
    replies = Replies(fallback=(FALLBACK, FallbackReply(outcome="timeout", text="Too slow.")))

    assert [found.text for found in choose(replies, Reply(), Outcome.TIMEOUT, "en").candidates] == ["Too slow."]


def test_a_payload_alone_is_no_words_but_goes_along() -> None:
    payload = Payload({"action": "open-map"})

    choice = choose(staff(), Reply(intent="hours", confidence=1.0, parts=(payload,)), Outcome.ANSWERED, "en")

    assert choice.words == (Text("Nine to five."), payload)


def test_the_plain_text_has_one_line_for_each_bubble() -> None:
    chips = QuickReplies("What next?", (Button("Book"),))

    text, parts = storable_parts([Text("One."), Text(""), Card(title="Room", text="Two beds"), chips])

    assert text == "One.\nRoom: Two beds\nWhat next? (Book)"
    assert [part["type"] for part in parts] == ["text", "card", "quick_replies"]


def test_what_a_provider_sends_is_cleaned_and_cut_to_what_a_frame_can_hold() -> None:
    text, parts = storable_parts([Text("a\x00\ud800b"), *[Text("x" * 20_000)] * 10])

    assert parts[0]["text"] == "a\ufffd\ufffdb"
    assert 1 < len(parts) < 6
    assert len(text) < 50_000


@pytest.mark.parametrize(
    "part",
    [
        Text("ü" * 5_000_000),
        Card(title="Room", text="😀" * 5_000_000),
        Card(title="Room", buttons=(Button("Book", message="ü" * 100_000),) * 1000),
        List("Rooms", tuple(ListItem("ü" * 10_000, text="ü" * 10_000) for _ in range(1000))),
        QuickReplies("Which?", (Button("ü" * 100_000),) * 1000),
    ],
)
def test_the_first_part_fits_a_frame_whatever_its_size(part: Part) -> None:
    text, [stored, *others] = storable_parts([part, Text("Anything else?")])

    assert len(json.dumps(stored, ensure_ascii=False).encode()) <= MAX_REPLY_BYTES
    assert len(text) <= 16_000
    assert stored.get("text") or stored.get("title")
    assert others in ([], [{"type": "text", "text": "Anything else?"}])


def test_a_payload_that_fits_no_frame_is_left_out() -> None:
    assert storable_parts([Payload({"map": "x" * 5_000_000}), Text("Here.")]) == (
        "Here.",
        [{"type": "text", "text": "Here."}],
    )


def test_what_is_nested_without_end_is_cut() -> None:
    deep: Any = "bottom"
    for _ in range(900):
        deep = [{"deeper": deep}]

    _, [payload] = storable_parts([Payload({"kind": "map", "data": deep})])
    assert payload["data"]["kind"] == "map"
    assert storable_json({"city": "Rome", "maze": deep})["city"] == "Rome"
    assert "bottom" not in json.dumps([payload, storable_json({"maze": deep})])


@pytest.mark.parametrize(("entities", "stored"), [({"a": "\ud800"}, {"a": "\ufffd"}), ({"a": "x" * 40_000}, {})])
def test_entities_are_cleaned_or_left_out(entities: dict[str, Any], stored: dict[str, Any]) -> None:
    assert storable_json(entities) == stored
