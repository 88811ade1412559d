"""Answers that a provider on this machine learns. The group of reply editors may write them."""

from django.db import migrations, models

import chat.models
from chat import seeds


def forwards(apps, schema_editor):
    seeds.let_editors_write_answers(apps)


class Migration(migrations.Migration):
    dependencies = [
        ('chat', '0009_seven_languages'),
    ]

    operations = [
        migrations.CreateModel(
            name='Answer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(max_length=35)),
                ('title', models.CharField(help_text='A few words, such as “Opening hours”. If two answers are nearly as likely, visitors read both titles and choose one.', max_length=80)),
                ('questions', models.TextField(help_text='What visitors ask, one a line, in their words. Ten different ones are good, one is enough to begin.', max_length=20000, verbose_name='example questions')),
                ('text', models.TextField(help_text='What the visitor reads.', max_length=4000)),
                ('active', models.BooleanField(default=True)),
                ('stamp', models.PositiveIntegerField(default=chat.models.new_stamp, editable=False)),
            ],
            options={
                'ordering': ['language', 'title'],
                'constraints': [models.UniqueConstraint(fields=('language', 'title'), name='answer_title', violation_error_message='There is an answer with this title in this language. Change that one, or choose another title.')],
            },
        ),
        migrations.RunPython(forwards, migrations.RunPython.noop),
    ]
