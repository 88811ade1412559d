"""Two groups for the desk, and what an upgrade does with conversations that wait.

Until now nobody could answer them. Those without activity for an hour go back to the bot, without a word to anybody. The
others begin to wait now.
"""

import datetime

from django.db import migrations

from chat import seeds

STILL_WAITING = datetime.timedelta(hours=1)


def forwards(apps, schema_editor):
    seeds.add_groups(apps, seeds.DESK_GROUPS)
    conversations = apps.get_model("chat", "Conversation").objects
    now = datetime.datetime.now(datetime.UTC)
    waiting = conversations.filter(status="waiting", waiting_since__isnull=True)
    waiting.filter(last_activity_at__lt=now - STILL_WAITING).update(status="bot")
    waiting.update(waiting_since=now)
    conversations.filter(status="operator", holder__isnull=True).update(status="bot")  # nobody could have taken it


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0015_notes"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
