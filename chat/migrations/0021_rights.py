"""Groups for those who manage sites and for those who delete conversations, and the right to see how the provider does.

The other changes are plainer words in the forms, which no database knows of.
"""

from django.conf import settings
from django.db import migrations, models

from chat import seeds


def forwards(apps, schema_editor):
    seeds.add_groups(apps, seeds.MORE_GROUPS)
    seeds.let_groups_see_the_provider(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0020_site_looks"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="conversation",
            options={
                "ordering": ["-last_activity_at", "-id"],
                "permissions": [
                    ("answer_conversation", "Can answer visitors at the desk"),
                    ("view_provider", "Can see whether the provider works"),
                ],
            },
        ),
        migrations.AlterModelOptions(
            name="message",
            options={"ordering": ["conversation_id", "seq"], "verbose_name_plural": "messages that need attention"},
        ),
        migrations.AlterField(
            model_name="site",
            name="origins",
            field=models.TextField(
                help_text="The addresses of the pages, one a line, such as https://www.example.com. What follows the host is "
                "left out. With and without www are two addresses.",
                max_length=4000,
                verbose_name="addresses",
            ),
        ),
        migrations.AlterField(
            model_name='answer',
            name='active',
            field=models.BooleanField(default=True, help_text='Used for visitors. Switch it off instead of deleting it if you may want it again.'),
        ),
        migrations.AlterField(
            model_name='desktext',
            name='active',
            field=models.BooleanField(default=True, help_text='Used for visitors. Switch it off instead of deleting it if you may want it again.'),
        ),
        migrations.AlterField(
            model_name='desktext',
            name='case',
            field=models.CharField(choices=[('asked', 'A person was asked for'), ('absent', 'Nobody is there'), ('absent_until', 'Nobody is there before a certain time'), ('missed', 'Nobody has come in time'), ('address', 'The visitor has left an address'), ('joined', 'An operator joins'), ('left', 'An operator gives back to the bot'), ('passed', 'A colleague takes over'), ('queued', 'An operator puts the visitor into the queue'), ('lost', 'An operator is gone'), ('closed', 'An operator ends the conversation')], help_text='When visitors read this.', max_length=16),
        ),
        migrations.AlterField(
            model_name='desktext',
            name='text',
            field=models.TextField(help_text='What the visitor reads, up to 4,000 characters. Line breaks stay.', max_length=4000),
        ),
        migrations.AlterField(
            model_name='fallbackreply',
            name='active',
            field=models.BooleanField(default=True, help_text='Used for visitors. Switch it off instead of deleting it if you may want it again.'),
        ),
        migrations.AlterField(
            model_name='fallbackreply',
            name='outcome',
            field=models.CharField(blank=True, choices=[('no_match', 'Not understood'), ('low_confidence', 'Not sure enough'), ('no_reply', 'Understood, but no words for it'), ('timeout', 'No answer in time'), ('unavailable', 'Provider not reachable'), ('rate_limited', "Provider's quota used up"), ('authentication', 'Provider refuses the credentials'), ('rejected', 'Provider refuses the input'), ('invalid_response', "Provider's answer makes no sense"), ('internal', 'Unexpected error')], help_text='Empty: any situation.', max_length=16, verbose_name='situation'),
        ),
        migrations.AlterField(
            model_name='fallbackreply',
            name='overrides',
            field=models.BooleanField(default=False, help_text='Also if the service behind the bot has sent words of its own.', verbose_name='always say this'),
        ),
        migrations.AlterField(
            model_name='fallbackreply',
            name='text',
            field=models.TextField(help_text='What the visitor reads, up to 4,000 characters. Line breaks stay.', max_length=4000),
        ),
        migrations.AlterField(
            model_name='fallbackreply',
            name='weight',
            field=models.PositiveSmallIntegerField(default=1, help_text='If several replies fit: how often this one is chosen, compared with the others. 0: never.', verbose_name='how often'),
        ),
        migrations.AlterField(
            model_name='hoursexception',
            name='date',
            field=models.DateField(help_text="On this day the hours of the week don't count."),
        ),
        migrations.AlterField(
            model_name='intentreply',
            name='active',
            field=models.BooleanField(default=True, help_text='Used for visitors. Switch it off instead of deleting it if you may want it again.'),
        ),
        migrations.AlterField(
            model_name='intentreply',
            name='overrides',
            field=models.BooleanField(default=False, help_text='Also if the service behind the bot has sent words of its own.', verbose_name='always say this'),
        ),
        migrations.AlterField(
            model_name='intentreply',
            name='text',
            field=models.TextField(help_text='What the visitor reads, up to 4,000 characters. Line breaks stay.', max_length=4000),
        ),
        migrations.AlterField(
            model_name='openinghours',
            name='opens',
            field=models.TimeField(help_text='In the time zone above.', verbose_name='from'),
        ),
        migrations.AlterField(
            model_name='openinghours',
            name='weekday',
            field=models.PositiveSmallIntegerField(choices=[(0, 'Monday'), (1, 'Tuesday'), (2, 'Wednesday'), (3, 'Thursday'), (4, 'Friday'), (5, 'Saturday'), (6, 'Sunday')], help_text='A day may have several spans.'),
        ),
        migrations.AlterField(
            model_name='readyanswer',
            name='text',
            field=models.TextField(help_text='What the visitor reads. Operators can change it before they send it.', max_length=4000),
        ),
        migrations.AlterField(
            model_name='site',
            name='theme',
            field=models.CharField(choices=[('auto', "As on the visitor's device"), ('light', 'Light'), ('dark', 'Dark')], default='auto', help_text='Of the chat.', max_length=5, verbose_name='colours'),
        ),
        migrations.AlterField(
            model_name='operator',
            name='user',
            field=models.OneToOneField(help_text="The colleague's account.", on_delete=models.CASCADE, primary_key=True, related_name='operator', serialize=False, to=settings.AUTH_USER_MODEL),
        ),
        migrations.RunPython(forwards, migrations.RunPython.noop),
    ]
