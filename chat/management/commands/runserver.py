"""`manage.py runserver`: leads to the server that the chat needs. Django's own serves no WebSockets."""

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Not used here. `make run` and `manage.py serve` start the chat."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", nargs="?")

    def handle(self, *args: Any, **options: Any) -> None:
        raise CommandError("runserver serves no WebSockets, which the chat needs. Use `make run` or `manage.py serve`.")
