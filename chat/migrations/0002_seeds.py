"""The default fallback replies and the two groups for staff. Going back removes nothing: staff may have changed them."""

from django.db import migrations

from chat import seeds


def forwards(apps, schema_editor):
    seeds.add_replies(apps.get_model("chat", "FallbackReply"))
    seeds.add_groups(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
