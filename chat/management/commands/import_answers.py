"""`manage.py import_answers`: answers from a CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from chat.answers.table import BadTable, plan


class Command(BaseCommand):
    help = "Import answers from a CSV file with the columns title, questions, text and language. The same title replaces."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--language", default="", help="Language of all rows, if the file has no such column.")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would change.")

    def handle(self, *args: Any, file: Path, language: str, dry_run: bool, **options: Any) -> None:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file} can't be read ({error.strerror}). Check the path.") from None
        try:
            found = plan(content, language)
        except BadTable as bad:
            raise CommandError(f"Nothing was imported.\n{bad}") from None
        if not dry_run:
            found.carry_out()
        verb = "would be " if dry_run else ""
        for name, answers in (("added", found.new), ("changed", found.changed)):
            for answer in answers:
                self.stdout.write(f"{verb}{name}: {answer}")
        self.stdout.write(f"{len(found.new)} {verb}added, {len(found.changed)} {verb}changed, {len(found.same)} unchanged.")
