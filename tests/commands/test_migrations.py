"""The migrations make what the models say."""

from django.core.management import call_command


def test_no_migration_is_missing() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
