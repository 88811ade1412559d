"""`manage.py serve`: the site under Daphne."""

from typing import Any

from channels.routing import get_default_application
from django.conf import settings
from django.core.management import BaseCommand, CommandParser

from chat.server import serve


class Command(BaseCommand):
    help = "Serve the chat, the pages and the admin."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.HOST, help="Address to listen on; HOST by default.")
        parser.add_argument("--port", type=int, default=settings.PORT, help="Port to listen on; PORT by default.")

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        self.stdout.write(
            f"The chat is at http://{host}:{port}/ and the admin at http://{host}:{port}/admin/ (Ctrl+C ends it)"
        )
        self.stdout.flush()
        serve(get_default_application(), host=host, port=port)
