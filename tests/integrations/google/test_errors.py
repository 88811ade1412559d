# mypy: allow-untyped-calls
import asyncio
import json
from pathlib import Path

import grpc
import pytest
from google.api_core import exceptions
from google.auth import exceptions as auth_exceptions
from google.auth.transport.grpc import AuthMetadataPlugin

from integrations import AdapterError, AuthenticationFailed, ProviderTimeout, Unavailable
from integrations.google.credentials import load
from integrations.google.errors import ES, meaning, translated
from tests.support import fixtures


@pytest.mark.parametrize("name", fixtures.names("dialogflow", errors=True))
def test_a_status_becomes_the_outcome_that_its_fixture_expects(name: str) -> None:
    fixture = fixtures.load("dialogflow", name)
    status = grpc.StatusCode[fixture["grpc_status"]]

    found = meaning(exceptions.from_grpc_status(status, fixture["grpc_details"]), ES)

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
    with pytest.raises(expected), translated(ES):
        raise error


def test_google_s_own_words_are_left_out() -> None:
    with pytest.raises(AdapterError) as caught, translated(ES):
        raise exceptions.InvalidArgument("can't parse 'the visitor's words'")

    assert "visitor" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("token", [None, "{}", "a directory"])
async def test_a_workload_identity_without_its_token_is_an_error_of_authentication(
    token: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The token's file is gone, or holds something else, or can't be read as a file. gRPC has only words for that."""
    if token == "a directory":
        (tmp_path / "token").mkdir()
    elif token is not None:
        (tmp_path / "token").write_text(token)
    source = {"file": str(tmp_path / "token"), "format": {"type": "json", "subject_token_field_name": "token"}}
    identity = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/provider",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "credential_source": source,
    }
    (tmp_path / "identity.json").write_text(json.dumps(identity))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "identity.json"))
    plugin = AuthMetadataPlugin(load("")[0], None)
    address, kind = f"unix:{tmp_path}/socket", grpc.LocalConnectionType.UDS
    server = grpc.aio.server()
    server.add_secure_port(address, grpc.local_server_credentials(kind))
    await server.start()
    channel_credentials = grpc.composite_channel_credentials(
        grpc.local_channel_credentials(kind), grpc.metadata_call_credentials(plugin)
    )
    async with grpc.aio.secure_channel(address, channel_credentials) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary("/Sessions/DetectIntent")(b"", timeout=20)
    await server.stop(None)

    found = meaning(exceptions.from_grpc_error(caught.value), ES)

    assert type(found) is AuthenticationFailed
    assert "GOOGLE_APPLICATION_CREDENTIALS" in str(found)
    assert str(tmp_path) not in str(found)


async def test_a_call_that_a_closing_channel_cuts_off_is_unavailable() -> None:
    with pytest.raises(Unavailable), translated(ES):
        raise asyncio.CancelledError


async def test_a_cancelled_task_stays_cancelled() -> None:
    async def call() -> None:
        with translated(ES):
            await asyncio.Event().wait()

    task = asyncio.create_task(call())
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelled()


def test_other_exceptions_are_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), translated(ES):
        raise ZeroDivisionError
