"""`manage.py prepare`: what has to be done before the site can be served."""

from typing import Any

from django.core.management import BaseCommand, CommandError, call_command
from django.db import OperationalError

from chat.management.commands.doctor import unreachable


class Command(BaseCommand):
    help = "Migrate the database and collect the static files."
    requires_system_checks = "__all__"

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            call_command("migrate", verbosity=0, interactive=False)
        except OperationalError as error:
            raise CommandError(unreachable(error)) from None
        call_command("collectstatic", verbosity=0, interactive=False)
