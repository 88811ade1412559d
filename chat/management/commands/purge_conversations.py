"""Keep to the site's retention: delete old conversations."""

from __future__ import annotations

import argparse
import datetime
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone
from tqdm import tqdm

from chat.models import Conversation, Message

BATCH = 200
"""Conversations deleted in one transaction, which takes a few tens of milliseconds."""
PAUSE = 0.05
"""Seconds between two transactions. On SQLite a waiting writer tries only now and then. Without a pause the chat would
find the database locked again and again."""


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 36500:
        raise argparse.ArgumentTypeError("must be a whole number of days from 1 to 36500, as in --days 90.")
    return int(text)


class Command(BaseCommand):
    help = "Delete the conversations whose last activity was more than a number of days ago, with all their messages."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days", type=_days, required=True, help="How many days a conversation is kept after its last message."
        )
        parser.add_argument("--dry-run", action="store_true", help="Only say how much would be deleted.")

    def handle(self, *args: Any, days: int, dry_run: bool, **options: Any) -> None:
        before = timezone.now() - datetime.timedelta(days=days)
        if dry_run:
            old = Conversation.objects.filter(last_activity_at__lt=before)
            conversations, messages = old.count(), Message.objects.filter(conversation__in=old).count()
        else:
            conversations, messages = purge(before)
        verb = "Would delete" if dry_run else "Deleted"
        self.stdout.write(
            f"{verb} {conversations:,} conversations with {messages:,} messages. "
            f"Their last activity was before {before:%Y-%m-%d %H:%M} UTC."
        )


def purge(before: datetime.datetime) -> tuple[int, int]:
    """Delete in short transactions, oldest first. Return the number of conversations and of messages."""
    old = Conversation.objects.filter(last_activity_at__lt=before).order_by("last_activity_at")
    conversations = messages = 0
    with tqdm(total=old.count(), unit=" conversations", disable=None) as bar:
        while True:
            with transaction.atomic():
                # Locked, so that nobody continues one of them meanwhile. If somebody is just continuing one, it is skipped.
                batch = list(old.select_for_update(skip_locked=True).values_list("pk", flat=True)[:BATCH])
                _, deleted = Conversation.objects.filter(pk__in=batch).delete()
            conversations += len(batch)
            messages += deleted.get("chat.Message", 0)
            bar.update(len(batch))
            if len(batch) < BATCH:
                return conversations, messages
            time.sleep(PAUSE)
