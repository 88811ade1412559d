"""Staff accounts and conversations for tests of the admin."""

from __future__ import annotations

import datetime
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from chat import seeds
from chat.models import Conversation, Message


def signed_in(*groups: str, superuser: bool = False) -> Client:
    """The browser of a staff member of these groups."""
    seeds.add_groups(apps)  # a test before this one may have flushed the migrations' groups
    seeds.add_groups(apps, seeds.MORE_GROUPS)
    seeds.let_editors_write_answers(apps)
    seeds.let_groups_see_the_provider(apps)
    user = User.objects.create_user("ada", password="tests", is_staff=True, is_superuser=superuser)
    user.groups.set(Group.objects.filter(name__in=groups))
    client = Client()
    client.force_login(user)
    return client


def conversation(*messages: dict[str, Any], at: datetime.datetime | None = None, **fields: Any) -> Conversation:
    """A stored conversation. Messages without a sender are the visitor's."""
    at = at or timezone.now()
    fields = {"language": "en", **fields}
    created = Conversation.objects.create(last_seq=len(messages), created_at=at, last_activity_at=at, **fields)
    Message.objects.bulk_create(
        Message(**{"conversation": created, "seq": seq, "sender": "visitor", "created_at": at, **message})
        for seq, message in enumerate(messages, 1)
    )
    return created
