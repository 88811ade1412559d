import json
from typing import Any

import pytest

from integrations import InvalidResponse
from integrations.providers.wit.messages import understand, understand_intents
from tests.fakes.wit import Answer
from tests.support import fixtures


def read(name: str) -> Any:
    answer = Answer.from_file(fixtures.path("wit", name))
    return understand(answer.status, answer.content_type, answer.content)


@pytest.mark.parametrize("name", fixtures.names("wit", errors=False))
def test_a_body_becomes_the_reply_that_its_fixture_expects(name: str) -> None:
    assert json.loads(json.dumps(fixtures.as_json(read(name)))) == fixtures.expected(fixtures.load("wit", name))


@pytest.mark.parametrize("name", fixtures.names("wit", errors=True))
def test_an_error_becomes_the_outcome_that_its_fixture_expects(name: str) -> None:
    fixture = fixtures.load("wit", name)

    with pytest.raises(fixtures.error_class(fixture)) as caught:
        read(name)

    assert type(caught.value) is fixtures.error_class(fixture)
    assert fixture["expect"].get("message", "") in str(caught.value)


def body(**fields: Any) -> bytes:
    return json.dumps({"text": "x", "intents": [{"name": "a", "confidence": 0.9}], **fields}).encode()


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b'"text"',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"text": "x", "intents": [{"name": "a", "confidence": NaN}]}',
        b'{"text": "x", "intents": [{"name": "a", "confidence": 0.9}], "entities": {"n": [{"value": 1e999}]}}',
        body(intents=["a"]),
        body(intents=[{"name": "", "confidence": 0.9}]),
        body(intents=[{"name": "a", "confidence": True}]),
        body(intents=[{"name": "a", "confidence": None}]),
        body(intents={}),
    ],
)
def test_garbage_is_an_invalid_response(garbage: bytes) -> None:
    with pytest.raises(InvalidResponse):
        understand(200, "application/json", garbage)


def test_missing_parts_of_an_answer_are_no_garbage() -> None:
    reply = understand(200, "application/json", body(entities=None, traits=None))

    assert (reply.intent, reply.entities, reply.traits) == ("a", {}, {})


def test_a_number_with_too_many_digits_for_a_database_is_rounded() -> None:
    reply = understand(200, "application/json", body(entities={"number:number": [{"value": 10**30}, {"value": 10**17}]}))

    assert reply.entities == {"number:number": [1e30, 10**17]}
    assert [type(value) for value in reply.entities["number:number"]] == [float, int]


def test_json_is_not_looked_for_behind_another_content_type() -> None:
    with pytest.raises(InvalidResponse, match="WIT_URL"):
        understand(200, "text/html", body())


def test_an_error_repeats_nothing_of_what_was_received() -> None:
    with pytest.raises(InvalidResponse) as caught:
        understand(200, "application/json", json.dumps({"message": "the visitor's words"}).encode())

    assert "visitor" not in str(caught.value)


def test_intents_are_listed_by_name() -> None:
    assert understand_intents([{"id": "2", "name": "pay"}, {"id": "1", "name": "book"}, {"name": "pay"}]) == ["book", "pay"]


@pytest.mark.parametrize("garbage", [None, {}, {"error": "x"}, ["book"], [{"id": "1"}], [{"name": 5}]])
def test_a_list_of_intents_of_another_shape_is_an_invalid_response(garbage: Any) -> None:
    with pytest.raises(InvalidResponse):
        understand_intents(garbage)


@pytest.mark.parametrize(
    "odd",
    [
        {"entities": {"room": "suite"}},
        {"entities": {"room": [{}]}},
        {"entities": {"room": [{"from": None}]}},
        {"entities": ["suite"]},
        {"traits": {"mood": [{"value": "good"}]}},
        {"traits": "good"},
    ],
)
def test_an_entity_or_trait_that_can_t_be_read_does_not_cost_the_answer(odd: dict[str, Any]) -> None:
    reply = understand(200, "application/json", body(intents=[{"name": "book", "confidence": 0.9}], **odd))

    assert (reply.intent, reply.confidence) == ("book", 0.9)
    assert "room" not in reply.entities or reply.entities["room"] == []
    assert reply.traits == {}


def test_a_confidence_that_was_rounded_up_is_1() -> None:
    assert understand(200, "application/json", body(intents=[{"name": "book", "confidence": 1.0000001}])).confidence == 1.0


def test_an_answer_without_content_type_is_read() -> None:
    assert understand(200, "", body(intents=[{"name": "book", "confidence": 0.9}])).intent == "book"
