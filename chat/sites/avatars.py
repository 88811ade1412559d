"""The picture of a site: an address, or a static file of the chat's server."""

from __future__ import annotations

from django.contrib.staticfiles import finders
from django.templatetags.static import static


def avatar_address(avatar: str) -> str | None:
    """The picture's address, or its path on the chat's server. None if there is none."""
    if not avatar or avatar.startswith("https://"):
        return avatar or None
    try:
        return static(avatar)
    except ValueError:  # the file has gone since staff chose it
        return None


def is_static_file(name: str) -> bool:
    return not name.startswith("/") and ".." not in name and finders.find(name) is not None
