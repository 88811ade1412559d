"""An adapter's exception, as its developer sees it in the admin."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.test import Client

from chat import runtime
from tests.support.own_adapter import OwnAdapter, OwnOptions
from tests.support.visitor import Visitor

WORDS = "ValueError at own_adapter.py, line "


def front_page() -> str:
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    return client.get("/admin/").content.decode()


@pytest.mark.parametrize("is_developer", [True, False])
async def test_only_a_developer_sees_the_message_and_the_log_never(
    transactional_db: None, settings: Any, is_developer: bool, caplog: pytest.LogCaptureFixture
) -> None:
    settings.DEBUG = is_developer
    runtime.use(runtime.build(OwnAdapter(OwnOptions(words="/crash"))))
    visitor = Visitor()
    try:
        assert await visitor.connect()
        await visitor.send(message="a private matter")
        for _ in range(3):
            await visitor.receive()
        page = await sync_to_async(front_page)()
    finally:
        await visitor.leave()
        await runtime.aclose()

    assert (WORDS in page) is is_developer
    assert ("no answer to a private matter" in page) is is_developer
    assert "Unexpected ValueError at " in caplog.text
    assert "private" not in caplog.text
