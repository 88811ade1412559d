"""A visitor on a slow line gets a long history, and nobody waits for that."""

from __future__ import annotations

import json
from typing import Any

from websockets.sync.client import connect

from tests.support.servers import Site

TIMEOUT = 60
LONG = """
import datetime
from chat.models import Conversation, Message
conversation = Conversation.objects.get()
now = datetime.datetime.now(datetime.UTC)
Message.objects.bulk_create(
    Message(conversation=conversation, seq=seq, sender="bot", text="x" * 30_000, created_at=now) for seq in range(3, 303)
)
Conversation.objects.update(last_seq=302)
"""


def frames(socket: Any) -> Any:
    while True:
        yield json.loads(socket.recv(TIMEOUT))


def test_who_reads_late_gets_everything_while_others_are_served(site: Site) -> None:
    options: dict[str, Any] = {"origin": site.url, "max_size": None}
    with connect(site.socket_url, **options) as first:
        first.send(json.dumps({"message": "hi"}))
        token = next(frame["token"] for frame in frames(first) if frame["type"] == "ready")
        assert any(frame["type"] == "message" for frame in frames(first))
    done = site.manage("shell", "-c", LONG)
    assert done.returncode == 0, done.stderr

    with (
        connect(site.socket_url, max_queue=1, ping_interval=None, **options) as slow,
        connect(site.socket_url, **options) as other,
    ):
        slow.send(json.dumps({"type": "hello", "token": token, "after": 0}))
        for _ in range(50):  # meanwhile 9 MB are on their way to the slow one
            other.send(json.dumps({"message": "hello"}))
            assert any(frame["type"] == "message" for frame in frames(other))

        seqs = []
        for frame in frames(slow):
            seqs += [message["seq"] for message in frame.get("messages", [])] or ([frame["seq"]] if "at" in frame else [])
            if seqs and seqs[-1] == 302:
                break
        assert seqs == list(range(1, 303))
