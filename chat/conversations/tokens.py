"""The visitor's token: the signed id of a conversation, and the only key to it. It is sent in frames, never in a cookie or
an address."""

from django.core.signing import BadSignature, TimestampSigner


def issue(public_id: str, site: int | None) -> str:
    """site: the key of the site that the token is for, None for the default."""
    return _signer(site).sign(public_id)


def read(token: str, max_age_days: int, site: int | None) -> str | None:
    """The conversation's public id, or None if the token is forged, damaged, expired or for another site."""
    try:
        return _signer(site).unsign(token, max_age=max_age_days * 86_400)
    except (BadSignature, ValueError):
        return None


def _signer(site: int | None) -> TimestampSigner:
    return TimestampSigner(salt="chat.visitor" if site is None else f"chat.visitor.{site}")
