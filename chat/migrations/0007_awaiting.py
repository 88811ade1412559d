"""Whether a message awaits the bot becomes a stored fact, and `taken_by`, which names a process, says so."""

import datetime

from django.db import migrations, models

STILL_AWAITED = datetime.timedelta(days=30)
"""Older messages without a reply stay without one: nobody expects an answer after so long."""


def note_what_is_awaited(apps, schema_editor):
    conversation_class = apps.get_model("chat", "Conversation")
    since = datetime.datetime.now(datetime.UTC) - STILL_AWAITED
    unanswered = (
        apps.get_model("chat", "Message")
        .objects.filter(
            conversation__last_activity_at__gte=since, created_at__gte=since, sender="visitor", answer__isnull=True
        )
        .order_by("conversation_id", "seq")
        .values_list("conversation_id", "seq")
    )
    awaiting = {}
    for conversation, seq in unanswered.iterator(chunk_size=10_000):
        awaiting.setdefault(conversation, []).append(str(seq))
    conversation_class.objects.bulk_update(
        (conversation_class(pk=conversation, awaiting=" ".join(seqs)) for conversation, seqs in awaiting.items()),
        ["awaiting"],
        batch_size=200,
    )


class Migration(migrations.Migration):
    dependencies = [("chat", "0006_taken_by")]

    operations = [
        migrations.RenameField("conversation", "taken_by", "process"),
        migrations.AddField("conversation", "awaiting", models.TextField(db_default="", editable=False)),
        migrations.AddField(
            "message",
            "traits",
            models.JSONField(blank=True, default=dict, db_default=models.Value({}, models.JSONField())),
        ),
        migrations.RunPython(note_what_is_awaited, migrations.RunPython.noop),
    ]
