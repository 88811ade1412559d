import dataclasses

import pytest

from integrations import ConfigurationError, Options, variable
from integrations.options import number, switch, url, whole_number


@dataclasses.dataclass(frozen=True, kw_only=True)
class BotOptions(Options):
    token: str = variable("BOT_TOKEN", str, example="abc", secret=True)
    calls: int = variable("BOT_CALLS", whole_number(minimum=1, maximum=99), example="10", default="5")
    address: str = variable("BOT_URL", url, example="https://bot.example.com", default="https://bot.example.com")


def test_variables_are_read_and_unset_ones_take_their_default() -> None:
    options = BotOptions.from_environ({"BOT_TOKEN": "abc", "BOT_CALLS": " 7 ", "OTHER": "x"})

    assert (options.token, options.calls, options.address) == ("abc", 7, "https://bot.example.com")


@pytest.mark.parametrize("empty", ["", "   "])
def test_an_empty_variable_is_an_unset_one(empty: str) -> None:
    assert BotOptions.from_environ({"BOT_TOKEN": "abc", "BOT_CALLS": empty}).calls == 5
    with pytest.raises(ConfigurationError, match="BOT_TOKEN is not set"):
        BotOptions.from_environ({"BOT_TOKEN": empty})


def test_every_problem_is_reported_at_once_with_an_example_and_without_the_value() -> None:
    with pytest.raises(ConfigurationError) as caught:
        BotOptions.from_environ({"BOT_CALLS": "secret-thing", "BOT_URL": "secret-thing"})

    assert [problem.variable for problem in caught.value.problems] == ["BOT_TOKEN", "BOT_CALLS", "BOT_URL"]
    assert str(caught.value).splitlines()[1] == ("BOT_CALLS must be a whole number from 1 to 99. Example: BOT_CALLS=10")
    assert "secret-thing" not in str(caught.value)


def test_a_secret_stays_out_of_the_repr() -> None:
    options = BotOptions.from_environ({"BOT_TOKEN": "secret-thing"})

    assert "secret-thing" not in repr(options)
    assert "calls=5" in repr(options)


def test_the_variables_can_be_listed() -> None:
    assert BotOptions.defaults() == {"BOT_TOKEN": None, "BOT_CALLS": "5", "BOT_URL": "https://bot.example.com"}
    assert BotOptions.variables() == ["BOT_TOKEN", "BOT_CALLS", "BOT_URL"]


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("0.5", 0.5), ("1", 1), ("1e-1", 0.1)])
def test_a_number_is_read(text: str, value: float) -> None:
    assert number(minimum=0, maximum=1)(text) == value


@pytest.mark.parametrize("text", ["", "-0.1", "1.1", "nan", "inf", "half", "0,5"])
def test_a_number_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be a number from 0 to 1\."):
        number(minimum=0, maximum=1)(text)


@pytest.mark.parametrize("text", ["", "0", "100", "5.0", "-5", "²", "٣", "9" * 5000])
def test_a_whole_number_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be a whole number from 1 to 99\."):
        whole_number(minimum=1, maximum=99)(text)


@pytest.mark.parametrize(("text", "value"), [("on", True), ("TRUE", True), ("1", True), ("Off", False), ("no", False)])
def test_a_switch_is_read(text: str, value: bool) -> None:
    assert switch(text) is value


def test_a_switch_is_on_or_off() -> None:
    with pytest.raises(ValueError, match=r"must be on or off\."):
        switch("maybe")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("https://api.example.com", "https://api.example.com"),
        ("http://127.0.0.1:8600/", "http://127.0.0.1:8600"),
        ("https://example.com/wit//", "https://example.com/wit"),
        ("http://[::1]:8600", "http://[::1]:8600"),
    ],
)
def test_an_address_is_read_without_its_last_slash(text: str, value: str) -> None:
    assert url(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "api.example.com",
        "ftp://example.com",
        "https://",
        "https:///path",
        "https://exa mple.com",
        "https://example.com:99999",
        "https://example.com:port",
        "https://[::1",
        "https://user:password@example.com",
        "https://example.com?a=b",
        "https://example.com#a",
    ],
)
def test_another_text_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="must be an address"):
        url(text)
