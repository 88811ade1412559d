# mypy: allow-untyped-calls
import asyncio

import grpc
import pytest
from google.api_core import exceptions
from google.auth import exceptions as auth_exceptions

from integrations import AdapterError, AuthenticationFailed, ProviderTimeout, Unavailable
from integrations.google.errors import meaning, translated
from tests.support import fixtures


@pytest.mark.parametrize("name", fixtures.names("dialogflow", errors=True))
def test_a_status_becomes_the_outcome_that_its_fixture_expects(name: str) -> None:
    fixture = fixtures.load("dialogflow", name)
    status = grpc.StatusCode[fixture["grpc_status"]]

    found = meaning(exceptions.from_grpc_status(status, fixture["grpc_details"]))

    assert type(found) is fixtures.error_class(fixture)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (exceptions.RetryError("late", exceptions.ServiceUnavailable("down")), Unavailable),
        (exceptions.RetryError("late", exceptions.PermissionDenied("no")), AuthenticationFailed),
        (exceptions.RetryError("late", None), ProviderTimeout),
        (auth_exceptions.TransportError("no route"), Unavailable),
        (auth_exceptions.RefreshError("invalid_grant"), AuthenticationFailed),
        (auth_exceptions.DefaultCredentialsError("none"), AuthenticationFailed),
        (grpc.aio.UsageError("Channel is closed."), Unavailable),
        (grpc.RpcError(), Unavailable),
    ],
)
def test_an_exception_of_the_libraries_has_a_meaning(error: Exception, expected: type[AdapterError]) -> None:
    with pytest.raises(expected), translated():
        raise error


def test_google_s_own_words_are_left_out() -> None:
    with pytest.raises(AdapterError) as caught, translated():
        raise exceptions.InvalidArgument("can't parse 'the visitor's words'")

    assert "visitor" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


async def test_a_call_that_a_closing_channel_cuts_off_is_unavailable() -> None:
    with pytest.raises(Unavailable), translated():
        raise asyncio.CancelledError


async def test_a_cancelled_task_stays_cancelled() -> None:
    async def call() -> None:
        with translated():
            await asyncio.Event().wait()

    task = asyncio.create_task(call())
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelled()


def test_other_exceptions_are_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), translated():
        raise ZeroDivisionError
