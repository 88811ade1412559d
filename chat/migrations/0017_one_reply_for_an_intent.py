"""One active reply for each intent and language.

Until now there could be several, of which only one was ever said: the first one that overrides, otherwise the first one.
That one stays active. The others are made inactive.
"""

from django.db import migrations, models

from chat.text import composed


def forwards(apps, schema_editor):
    replies = apps.get_model("chat", "IntentReply").objects
    said = set()
    for reply in replies.filter(active=True).order_by("-overrides", "intent", "language", "pk"):
        intent = composed(reply.intent)
        reply.active = (intent, reply.language) not in said
        said.add((intent, reply.language))
        if len(intent) <= 255:
            reply.intent = intent
        reply.save(update_fields=["active", "intent"])


class Migration(migrations.Migration):
    dependencies = [("chat", "0016_desk_groups")]

    operations = [
        migrations.RunPython(forwards, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="intentreply",
            constraint=models.UniqueConstraint(
                condition=models.Q(active=True),
                fields=("intent", "language"),
                name="intent_reply",
                violation_error_message="An active reply for this intent and language exists. Visitors get one only. "
                "Change that one, or make it inactive first.",
            ),
        ),
    ]
