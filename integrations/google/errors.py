"""What the exceptions of Google's libraries mean.

Messages don't repeat Google's own words, since these may quote the visitor.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Iterator
from typing import NamedTuple

import grpc
from google.api_core import exceptions
from google.auth import exceptions as auth_exceptions

from integrations.base import (
    AdapterError,
    AuthenticationFailed,
    InvalidResponse,
    ProviderTimeout,
    RateLimited,
    Rejected,
    Unavailable,
)

_BAD_GRANTS = ("invalid_grant", "invalid_client", "unauthorized_client", "invalid_scope", "access_denied", "deleted_client")
# What google.auth says if the token of a workload identity is missing or refused. The last is a file that can't be read.
_BAD_TOKEN = re.compile(r"was not found|subject_token|Executable |Error code invalid_|\[Errno \d+\] [^:']*: '")
_REFUSED = "Google refuses the credentials. If the key was revoked, set DIALOGFLOW_CREDENTIALS to a new one."
_NO_IDENTITY = (
    "The identity in GOOGLE_APPLICATION_CREDENTIALS has no token that can be used. Check credential_source in that file, "
    "and that this process may read what it names."
)


class Product(NamedTuple):
    """Its name, and the variables that say which agent is meant."""

    name: str
    variables: str


ES = Product("Dialogflow ES", "DIALOGFLOW_PROJECT_ID, DIALOGFLOW_LOCATION and DIALOGFLOW_ENVIRONMENT")


@contextlib.contextmanager
def translated(product: Product) -> Iterator[None]:
    """Turn what a call raises into an AdapterError. If our own side cancels the call, CancelledError passes through."""
    try:
        yield
    except (exceptions.GoogleAPIError, auth_exceptions.GoogleAuthError, grpc.RpcError, grpc.aio.BaseError) as error:
        raise meaning(error, product) from None
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise Unavailable("The connection to Dialogflow was closed during the call.") from None


def meaning(error: BaseException, product: Product) -> AdapterError:
    match error:
        case exceptions.RetryError():
            return meaning(error.cause, product) if error.cause else ProviderTimeout("Dialogflow didn't answer in time.")
        case exceptions.GoogleAPICallError():
            return _call_error(error, product)
        case auth_exceptions.TransportError() | auth_exceptions.TimeoutError():
            return Unavailable("Google's sign-in can't be reached.")
        case auth_exceptions.GoogleAuthError():
            return AuthenticationFailed(_REFUSED)
    return Unavailable(f"The connection to Dialogflow can't be used ({type(error).__name__}).")


def _call_error(error: exceptions.GoogleAPICallError, product: Product) -> AdapterError:
    details = str(error)
    match error:
        case exceptions.GatewayTimeout():
            return ProviderTimeout("Dialogflow didn't answer in time.")
        case exceptions.TooManyRequests() if "message larger than max" in details:  # said by the client's library
            return InvalidResponse("Dialogflow's answer is too large.")
        case exceptions.TooManyRequests():
            return RateLimited("The project's quota of Dialogflow is used up. Wait a minute, or ask Google for more.")
        case exceptions.Unauthorized():
            return AuthenticationFailed(_REFUSED)
        case exceptions.ServiceUnavailable() if "metadata from plugin failed" in details and _names(details, _BAD_GRANTS):
            return AuthenticationFailed(_REFUSED)
        case exceptions.ServiceUnavailable() if "metadata from plugin failed" in details and _BAD_TOKEN.search(details):
            return AuthenticationFailed(_NO_IDENTITY)
        case exceptions.Forbidden():
            return AuthenticationFailed(
                "Google denies access: turn the Dialogflow API on in the project, and give the service account the role "
                "Dialogflow API Client."
            )
        case exceptions.NotFound():
            return AuthenticationFailed(f"Dialogflow finds no agent: check {product.variables}.")
        case exceptions.FailedPrecondition():
            return Unavailable("Dialogflow's agent isn't ready. Train it in the console.")
        case exceptions.BadRequest():
            return Rejected("Dialogflow refuses the input.")
        case exceptions.MethodNotImplemented():
            return InvalidResponse(f"The server at Dialogflow's address is not {product.name}.")
        case exceptions.ServiceUnavailable() if "Failed parsing HTTP" in details:
            return InvalidResponse("The server at Dialogflow's address doesn't speak gRPC.")
    return Unavailable(f"Dialogflow can't be reached or has failed ({type(error).__name__}).")


def _names(details: str, words: tuple[str, ...]) -> bool:
    return any(word in details for word in words)
