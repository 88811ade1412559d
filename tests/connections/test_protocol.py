"""The golden frames, which the widget's tests read, too, and rules that no example can show."""

import datetime
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.connections import protocol
from chat.connections.protocol import Pong, encode
from chat.models import Outcome
from chat.values import (
    APOLOGIES,
    ERRORS,
    MAX_FRAME_BYTES,
    Ack,
    Page,
    Rating,
    Ready,
    Refused,
    StatusChange,
    StoredMessage,
    Typing,
)

GOLDEN = Path(__file__).parents[1] / "golden"
AT = datetime.datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=datetime.UTC)
CONVERSATION = "0b9c0f5e-5a51-4c0b-8c3c-0d1f6b7e8a90"
FROM_VISITOR = StoredMessage(seq=1, sender="visitor", id="1", text="hi", at=AT)
FROM_BOT = StoredMessage(seq=2, sender="bot", text="hi", parts=[{"type": "text", "text": "hi"}], in_reply_to="1", at=AT)
HELPED = msgspec.structs.replace(FROM_BOT, feedback="up")
NOTICE = StoredMessage(seq=3, sender="system", text="The conversation has ended.", at=AT)
READY: dict[str, Any] = {
    "token": "eyJ.token",
    "conversation": CONVERSATION,
    "language": "en",
    "status": "bot",
    "more": False,
    "max_characters": 256,
}
SERVER_VALUES = {
    "a new conversation": Ready(**READY, resumed=False, stored=False, seq=0, messages=[]),
    "a resumed conversation with what was missed": Ready(**READY, resumed=True, stored=True, seq=2, messages=[FROM_BOT]),
    "a closed conversation with a reply that helped": Ready(
        **{**READY, "status": "closed"}, resumed=True, stored=True, seq=2, messages=[HELPED]
    ),
    "committed": Ack(id="1", seq=1),
    "the bot takes its time": Typing("bot"),
    "a reply": FROM_BOT,
    "a reply to a failure": msgspec.structs.replace(FROM_BOT, outcome="unavailable"),
    "the visitor's own words in another tab": FROM_VISITOR,
    "an older page": Page(messages=[FROM_VISITOR], more=False),
    "alive": Pong(),
    "an operator is wanted": StatusChange("waiting"),
    "the end of the conversation": NOTICE,
    "the conversation is closed": StatusChange("closed"),
    "a reply did not help": Rating(seq=2, value="down"),
    "feedback was taken back": Rating(seq=2, value=None),
    "too long": Refused(
        "too_long",
        "The message has 300 characters; at most 256 are possible. Shorten it and send it again.",
        id="1",
        limit=256,
    ),
    "not stored": Refused("try_again", id="1"),
    "too fast": Refused("rate_limited", id="1", retry_after=2.5),
    "about to restart": Refused("draining", id="1"),
}


def golden(name: str) -> list[Any]:
    examples = json.loads((GOLDEN / name).read_text())
    return [pytest.param(example, id=example["name"]) for example in examples]


@pytest.mark.parametrize("example", golden("client.json"))
def test_a_client_frame_is_read_as_its_example_says(example: dict[str, Any]) -> None:
    parsed = protocol.parse(json.dumps(example["frame"]))

    kind = next(name for name, frame_class in protocol.CLIENT_FRAMES.items() if isinstance(parsed, frame_class))
    assert {"type": kind, **msgspec.to_builtins(parsed)} == {**example["parsed"]}


@pytest.mark.parametrize("example", golden("refused.json"))
def test_a_bad_frame_is_refused_as_its_example_says(example: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        protocol.parse(example["text"])

    frame = json.loads(encode(refused.value))
    assert {name: frame[name] for name in ("code", "id") if name in frame} == example["error"]
    assert frame["message"].endswith(".")


@pytest.mark.parametrize("example", golden("server.json"))
def test_a_server_frame_looks_as_its_example_says(example: dict[str, Any]) -> None:
    assert json.loads(encode(SERVER_VALUES[example["name"]])) == example["frame"]


def test_every_server_frame_has_an_example() -> None:
    assert set(SERVER_VALUES) == {example.values[0]["name"] for example in golden("server.json")}


def test_a_frame_over_64_kib_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(Refused, match="too_large"):
        protocol.parse("[" * (MAX_FRAME_BYTES + 1))
    with pytest.raises(Refused, match="too_large"):
        protocol.parse(json.dumps({"message": "é" * (MAX_FRAME_BYTES // 2)}, ensure_ascii=False))


def test_deeply_nested_json_is_refused() -> None:
    with pytest.raises(Refused, match="bad_json"):
        protocol.parse("[" * 60_000)


def test_a_number_beyond_every_limit_is_refused() -> None:
    with pytest.raises(Refused):
        protocol.parse('{"type": "history", "before": ' + "9" * 5000 + "}")
    with pytest.raises(Refused, match="bad_field"):
        protocol.parse('{"type": "history", "before": 99999999999999999999}')


def test_lone_surrogates_become_replacement_characters() -> None:
    parsed = protocol.parse('{"message": "a\\ud800b"}')

    assert isinstance(parsed, protocol.VisitorMessage)
    assert parsed.message == "a\ufffdb"


@pytest.mark.parametrize("kind", protocol.CLIENT_FRAMES)
def test_an_unknown_field_is_ignored_whatever_its_name(kind: str) -> None:
    fields = {"message": "hi", "before": 2, "seq": 2, "value": "up"}

    assert protocol.parse(json.dumps({"type": kind, **fields, "\ud800": "\ud800"})) == protocol.parse(
        json.dumps({"type": kind, **fields})
    )


@given(st.text())
def test_any_text_is_read_or_refused_with_a_documented_code(text: str) -> None:
    for attempt in (text, json.dumps({"message": text}), json.dumps({"type": "hello", "token": text})):
        try:
            parsed = protocol.parse(attempt)
        except Refused as refused:
            assert refused.code in ERRORS
        else:
            msgspec.json.encode(parsed)


FIELDS = [(kind, name) for kind, frame in protocol.CLIENT_FRAMES.items() for name in ("type", *frame.__struct_fields__)]
ANY_TEXT = st.text(st.characters(codec=None))  # also lone surrogates, which JSON can contain


@given(st.sampled_from(FIELDS), st.recursive(st.none() | st.booleans() | st.integers() | ANY_TEXT, st.lists, max_leaves=5))
def test_any_value_in_any_field_is_read_or_refused(field: tuple[str, str], value: object) -> None:
    kind, name = field
    try:
        protocol.parse(json.dumps({"type": kind, "message": "hi", "seq": 1, "value": None, name: value}))
    except Refused as refused:
        assert refused.code in ERRORS


def test_a_failure_is_every_outcome_but_an_answer_and_what_the_bot_did_not_understand() -> None:
    assert frozenset(Outcome) - {"answered", "no_match", "low_confidence", "no_reply"} == APOLOGIES
