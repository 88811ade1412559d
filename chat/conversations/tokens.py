"""The visitor's token: the signed id of a conversation, and the only key to it. It is sent in frames, never in a cookie or
an address."""

from __future__ import annotations

from typing import Final, NamedTuple

from django.core.signing import BadSignature, TimestampSigner

_STORED: Final = "+"


class Token(NamedTuple):
    """stored: the conversation was stored when the token was issued. If it isn't any more, it was deleted."""

    public_id: str
    stored: bool


def issue(public_id: str, site: int | None, *, stored: bool) -> str:
    """site: the key of the site that the token is for, None for the default."""
    return _signer(site).sign(f"{public_id}{_STORED}" if stored else public_id)


def read(token: str, max_age_days: int, site: int | None) -> Token | None:
    """None if the token is forged, damaged, expired or for another site."""
    try:
        value = _signer(site).unsign(token, max_age=max_age_days * 86_400)
    except (BadSignature, ValueError):
        return None
    return Token(value.removesuffix(_STORED), value.endswith(_STORED))


def _signer(site: int | None) -> TimestampSigner:
    return TimestampSigner(salt="chat.visitor" if site is None else f"chat.visitor.{site}")
