"""Names of models and fields, which staff read in their language. No SQL."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0021_rights'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='answer',
            options={'ordering': ['language', 'title'], 'verbose_name': 'answer', 'verbose_name_plural': 'answers'},
        ),
        migrations.AlterModelOptions(
            name='conversation',
            options={'ordering': ['-last_activity_at', '-id'], 'permissions': [('answer_conversation', 'Can answer visitors at the desk'), ('view_provider', 'Can see whether the provider works')], 'verbose_name': 'conversation', 'verbose_name_plural': 'conversations'},
        ),
        migrations.AlterModelOptions(
            name='desktext',
            options={'ordering': ['case', 'language', 'id'], 'verbose_name': 'desk text', 'verbose_name_plural': 'desk texts'},
        ),
        migrations.AlterModelOptions(
            name='fallbackreply',
            options={'ordering': ['outcome', 'language', 'id'], 'verbose_name': 'fallback reply', 'verbose_name_plural': 'fallback replies'},
        ),
        migrations.AlterModelOptions(
            name='intentreply',
            options={'ordering': ['intent', 'language', 'id'], 'verbose_name': 'intent reply', 'verbose_name_plural': 'intent replies'},
        ),
        migrations.AlterModelOptions(
            name='message',
            options={'ordering': ['conversation_id', 'seq'], 'verbose_name': 'message', 'verbose_name_plural': 'messages that need attention'},
        ),
        migrations.AlterModelOptions(
            name='note',
            options={'ordering': ['pk'], 'verbose_name': 'note', 'verbose_name_plural': 'notes'},
        ),
        migrations.AlterModelOptions(
            name='openinghours',
            options={'ordering': ['weekday', 'opens'], 'verbose_name': 'opening hours', 'verbose_name_plural': 'opening hours'},
        ),
        migrations.AlterModelOptions(
            name='operator',
            options={'verbose_name': 'operator', 'verbose_name_plural': 'operators'},
        ),
        migrations.AlterModelOptions(
            name='readyanswer',
            options={'ordering': ['name', 'language', 'id'], 'verbose_name': 'ready-made answer', 'verbose_name_plural': 'ready-made answers'},
        ),
        migrations.AlterModelOptions(
            name='site',
            options={'ordering': ['name', 'id'], 'verbose_name': 'site', 'verbose_name_plural': 'sites'},
        ),
        migrations.AlterField(
            model_name='answer',
            name='active',
            field=models.BooleanField(default=True, help_text='Used for visitors. Switch it off instead of deleting it if you may want it again.', verbose_name='active'),
        ),
        migrations.AlterField(
            model_name='answer',
            name='language',
            field=models.CharField(max_length=35, verbose_name='language'),
        ),
        migrations.AlterField(
            model_name='answer',
            name='text',
            field=models.TextField(help_text='What the visitor reads.', max_length=4000, verbose_name='text'),
        ),
        migrations.AlterField(
            model_name='answer',
            name='title',
            field=models.CharField(help_text='A few words, such as “Opening hours”. If two answers are nearly as likely, visitors read both titles and choose one.', max_length=80, verbose_name='title'),
        ),
        migrations.AlterField(
            model_name='conversation',
            name='language',
            field=models.CharField(max_length=35, verbose_name='language'),
        ),
        migrations.AlterField(
            model_name='conversation',
            name='status',
            field=models.CharField(choices=[('bot', 'With the bot'), ('waiting', 'Waiting for an operator'), ('operator', 'With an operator'), ('closed', 'Closed')], default='bot', max_length=8, verbose_name='status'),
        ),
        migrations.AlterField(
            model_name='desktext',
            name='active',
            field=models.BooleanField(default=True, help_text='Used for visitors. Switch it off instead of deleting it if you may want it again.', verbose_name='active'),
        ),
        migrations.AlterField(
            model_name='desktext',
            name='case',
            field=models.CharField(choices=[('asked', 'A person was asked for'), ('absent', 'Nobody is there'), ('absent_until', 'Nobody is there before a certain time'), ('missed', 'Nobody has come in time'), ('address', 'The visitor has left an address'), ('joined', 'An operator joins'), ('left', 'An operator gives back to the bot'), ('passed', 'A colleague takes over'), ('queued', 'An operator puts the visitor into the queue'), ('lost', 'An operator is gone'), ('closed', 'An operator ends the conversation')], help_text='When visitors read this.', max_length=16, verbose_name='case'),
        ),
        migrations.AlterField(
            model_name='desktext',
            name='text',
            field=models.TextField(help_text='What the visitor reads, up to 4,000 characters. Line breaks stay.', max_length=4000, verbose_name='text'),
        ),
        migrations.AlterField(
            model_name='fallbackreply',
            name='active',
            field=models.BooleanField(default=True, help_text='Used for visitors. Switch it off instead of deleting it if you may want it again.', verbose_name='active'),
        ),
        migrations.AlterField(
            model_name='fallbackreply',
            name='text',
            field=models.TextField(help_text='What the visitor reads, up to 4,000 characters. Line breaks stay.', max_length=4000, verbose_name='text'),
        ),
        migrations.AlterField(
            model_name='hoursexception',
            name='date',
            field=models.DateField(help_text="On this day the hours of the week don't count.", verbose_name='date'),
        ),
        migrations.AlterField(
            model_name='intentreply',
            name='active',
            field=models.BooleanField(default=True, help_text='Used for visitors. Switch it off instead of deleting it if you may want it again.', verbose_name='active'),
        ),
        migrations.AlterField(
            model_name='intentreply',
            name='intent',
            field=models.CharField(max_length=255, verbose_name='intent'),
        ),
        migrations.AlterField(
            model_name='intentreply',
            name='text',
            field=models.TextField(help_text='What the visitor reads, up to 4,000 characters. Line breaks stay.', max_length=4000, verbose_name='text'),
        ),
        migrations.AlterField(
            model_name='openinghours',
            name='weekday',
            field=models.PositiveSmallIntegerField(choices=[(0, 'Monday'), (1, 'Tuesday'), (2, 'Wednesday'), (3, 'Thursday'), (4, 'Friday'), (5, 'Saturday'), (6, 'Sunday')], help_text='A day may have several spans.', verbose_name='weekday'),
        ),
        migrations.AlterField(
            model_name='operator',
            name='public_name',
            field=models.CharField(blank=True, help_text="What visitors read. Empty: “Team member” in the visitor's language.", max_length=80, verbose_name='public name'),
        ),
        migrations.AlterField(
            model_name='operator',
            name='user',
            field=models.OneToOneField(help_text="The colleague's account.", on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='operator', serialize=False, to=settings.AUTH_USER_MODEL, verbose_name='user'),
        ),
        migrations.AlterField(
            model_name='readyanswer',
            name='language',
            field=models.CharField(blank=True, help_text='Empty: any language.', max_length=35, verbose_name='language'),
        ),
        migrations.AlterField(
            model_name='readyanswer',
            name='name',
            field=models.CharField(help_text='Short, such as “parcel”. Operators type / and its beginning.', max_length=40, verbose_name='name'),
        ),
        migrations.AlterField(
            model_name='readyanswer',
            name='text',
            field=models.TextField(help_text='What the visitor reads. Operators can change it before they send it.', max_length=4000, verbose_name='text'),
        ),
        migrations.AlterField(
            model_name='site',
            name='active',
            field=models.BooleanField(default=True, help_text='The chat appears only on the pages of active sites.', verbose_name='active'),
        ),
        migrations.AlterField(
            model_name='site',
            name='greeting',
            field=models.TextField(blank=True, help_text="What a visitor reads before the first message. Empty: “Hello! What can we do for you?” in the visitor's language.", max_length=500, verbose_name='greeting'),
        ),
        migrations.AlterField(
            model_name='site',
            name='language',
            field=models.CharField(blank=True, max_length=35, verbose_name='language'),
        ),
        migrations.AlterField(
            model_name='site',
            name='name',
            field=models.CharField(help_text="For you and your colleagues. Visitors don't see it.", max_length=80, verbose_name='name'),
        ),
        migrations.AlterField(
            model_name='site',
            name='starters',
            field=models.TextField(blank=True, db_default='', default='', help_text='What visitors often ask, one a line, at most four. An empty chat offers them as buttons.', max_length=500, verbose_name='starters'),
        ),
        migrations.AlterField(
            model_name='site',
            name='time_zone',
            field=models.CharField(blank=True, help_text="Of the opening hours below, such as Europe/Berlin. Empty: the server's.", max_length=64, verbose_name='time zone'),
        ),
        migrations.AlterField(
            model_name='site',
            name='title',
            field=models.CharField(blank=True, help_text="Shown at the top of the chat. Empty: “Chat with us” in the visitor's language.", max_length=80, verbose_name='title'),
        ),
    ]
