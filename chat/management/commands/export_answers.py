"""`manage.py export_answers`: all answers as a CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from chat.answers.table import export
from chat.models import Answer


class Command(BaseCommand):
    help = "Write all answers to a CSV file, which import_answers reads."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        answers = list(Answer.objects.all())
        try:
            file.write_bytes(export(answers))
        except OSError as error:
            raise CommandError(f"{file} can't be written ({error.strerror}). Check the path.") from None
        self.stdout.write(f"{len(answers)} answers are in {file}.")
