import json
import math
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct

from integrations import Payload, Text
from integrations.google.messages import has_sign, plain, read
from integrations.providers.dialogflow import DialogflowOptions, understand
from tests.fakes import dialogflow
from tests.support import fixtures

PROJECT = {"DIALOGFLOW_PROJECT_ID": "example-project"}


def options(**environ: str) -> DialogflowOptions:
    return DialogflowOptions.from_environ({**PROJECT, **environ})


def struct(**fields: Any) -> Struct:
    made = Struct()
    made.update(fields)
    return made


@pytest.mark.parametrize("name", fixtures.names("dialogflow", errors=False))
def test_a_response_becomes_the_reply_that_its_fixture_expects(name: str) -> None:
    fixture = fixtures.load("dialogflow", name)

    reply = understand(dialogflow.response(fixture["body"]), options(**fixture.get("options", {})))

    assert json.loads(json.dumps(fixtures.as_json(reply))) == fixtures.expected(fixture)


def test_a_message_of_a_kind_that_is_not_known_yet_is_skipped() -> None:
    message = dialogflow.response({"queryResult": {"fulfillmentMessages": [{}]}})._pb.query_result.fulfillment_messages[0]
    message.MergeFromString(bytes([0xFA, 0x01, 0x02, 0x0A, 0x00]))  # field 31, which a newer server may send

    assert read([message], "Plain words", platform=0, handoff=("a", "b")) == (Text("Plain words"),)


def test_a_struct_becomes_plain_json_with_whole_numbers() -> None:
    found = plain(struct(nights=2, price=2.5, ids=[1, {"note": None}], pets=True, huge=1e300))

    assert found == {"nights": 2, "price": 2.5, "ids": [1, {"note": None}], "pets": True, "huge": 1e300}
    assert json.dumps([found["nights"], found["ids"][0]]) == "[2, 1]"


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_does_not_know_is_refused(number: float) -> None:
    with pytest.raises(ValueError):
        plain(struct(a=[number]))


@pytest.mark.parametrize(
    ("fields", "sign"),
    [
        ({"action": "handoff"}, ("action", "handoff")),
        ({"handoff": True}, ("handoff", "true")),
        ({"queue": 3}, ("queue", "3")),
    ],
)
def test_a_sign_is_found_whatever_its_type(fields: dict[str, Any], sign: tuple[str, str]) -> None:
    assert has_sign(struct(**fields), sign)


@pytest.mark.parametrize("fields", [{}, {"action": "stay"}, {"Action": "handoff"}, {"inner": {"action": "handoff"}}])
def test_another_payload_is_no_sign(fields: dict[str, Any]) -> None:
    assert not has_sign(struct(**fields), ("action", "handoff"))


def test_a_deeply_nested_payload_is_kept() -> None:
    nested: dict[str, Any] = {"end": True}
    for _ in range(12):
        nested = {"in": [nested]}
    body = {"queryResult": {"fulfillmentMessages": [{"payload": nested}]}}

    reply = understand(dialogflow.response(body), options())

    assert reply.parts == (Payload(nested),)
    assert json.loads(json.dumps(reply.parts[0].as_json()))["data"] == nested
