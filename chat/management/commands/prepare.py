"""`manage.py prepare`: gets the site ready to be served."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import OperationalError, connection

from chat.management.commands.doctor import unreachable

MIGRATING = 0x63686174
"""The key of PostgreSQL's advisory lock."""


class Command(BaseCommand):
    help = "Migrate the database and collect the static files."
    requires_system_checks = "__all__"

    def handle(self, *args: Any, **options: Any) -> None:
        with _one_at_a_time():
            try:
                with _one_machine_at_a_time():
                    call_command("migrate", verbosity=0, interactive=False)
            except OperationalError as error:
                raise CommandError(unreachable(error)) from None
            call_command("collectstatic", verbosity=0, interactive=False)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two processes that collect into one folder would delete each other's files."""
    os.makedirs(settings.STATIC_ROOT, exist_ok=True)
    folder = os.open(settings.STATIC_ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


@contextmanager
def _one_machine_at_a_time() -> Iterator[None]:
    """Containers that start together share a database, and each would apply the same migrations."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATING])
    try:
        yield
    finally:
        connection.close()  # frees the lock, also after an error
