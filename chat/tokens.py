"""The visitor's token: a signed conversation, the only key to it. It travels in frames, never in a cookie or an address."""

from django.core.signing import BadSignature, TimestampSigner

_SALT = "chat.visitor"


def issue(public_id: str) -> str:
    return TimestampSigner(salt=_SALT).sign(public_id)


def read(token: str, max_age_days: int) -> str | None:
    """The conversation's public id, or None where the token is forged, damaged or expired."""
    try:
        return TimestampSigner(salt=_SALT).unsign(token, max_age=max_age_days * 86_400)
    except (BadSignature, ValueError):
        return None
