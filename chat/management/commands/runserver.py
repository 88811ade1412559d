"""`manage.py runserver`: leads to the server that the chat needs. Django's own serves no WebSockets."""

from typing import Any

from django.core.management import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Not used here. `make run` and `manage.py serve` start the chat."
    requires_system_checks = []

    def run_from_argv(self, argv: list[str]) -> None:
        super().run_from_argv(argv[:2])  # whatever address was given

    def handle(self, *args: Any, **options: Any) -> None:
        raise CommandError(
            "runserver serves no WebSockets, so the chat can't run on it. Use `make run` or `manage.py serve`."
        )
