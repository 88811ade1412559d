import pytest

from integrations import Adapter, AdapterError, ConfigurationError, Reply, Unavailable, Utterance


class Silent(Adapter):
    def __init__(self, options: object = None) -> None:
        self.asked: list[Utterance] = []

    async def detect_intent(self, utterance: Utterance) -> Reply:
        self.asked.append(utterance)
        raise Unavailable("down")


async def test_the_check_asks_one_question_and_says_what_went_wrong() -> None:
    adapter = Silent()

    with pytest.raises(Unavailable, match="down"):
        await adapter.check()

    assert len(adapter.asked) == 1


async def test_a_provider_that_can_t_list_its_intents_has_none() -> None:
    assert await Silent().list_intents() == []


def test_every_trouble_has_an_outcome_of_its_own() -> None:
    outcomes = {error.outcome: error.temporary for error in AdapterError.__subclasses__()}

    assert outcomes == {
        "timeout": True,
        "unavailable": True,
        "rate_limited": True,
        "authentication": False,
        "rejected": False,
        "invalid_response": False,
    }


def test_a_mistake_of_ours_is_no_trouble_of_the_provider() -> None:
    assert not issubclass(ConfigurationError, AdapterError)
