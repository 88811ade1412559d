"""An operator at the wire: a WebSocket client that knows only the documented protocol of the desk."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from chat.models import Operator as Profile
from tests.support.visitor import Connect, Visitor

RIGHTS = ("view_conversation", "answer_conversation")


def account(name: str, *rights: str, public_name: str = "", groups: tuple[str, ...] = ()) -> User:
    """A staff account with these rights."""
    user = User.objects.create_user(name, password="tests", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="chat", codename__in=rights))
    user.groups.set(Group.objects.filter(name__in=groups))
    if public_name:
        Profile.objects.create(user=user, public_name=public_name)
    return user


def cookie_of(user: User) -> str:
    """The session cookie of an account that has just logged in."""
    client = Client()
    client.force_login(user)
    return f"sessionid={client.cookies['sessionid'].value}"


class Operator(Visitor):
    """A desk's connection."""

    def __init__(self, cookie: str, **options: Any) -> None:
        super().__init__((b"cookie", cookie.encode()), path="/ws/desk/", **options)


@contextlib.asynccontextmanager
async def desk_of(user: User) -> AsyncIterator[Operator]:
    """The open desk of an account."""
    operator = Operator(await sync_to_async(cookie_of)(user))
    assert await operator.connect()
    try:
        yield operator
    finally:
        await operator.leave()


async def talking(visitors: Connect, text: str = "hi") -> tuple[Visitor, str]:
    """A visitor with a conversation that the bot has answered, and its public id."""
    visitor: Visitor = await visitors()
    ready = await visitor.hello(language="en")
    await visitor.say(text, id="1")
    return visitor, ready["conversation"]
