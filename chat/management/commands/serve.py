"""`manage.py serve`: serves the site with Daphne."""

from typing import Any

from channels.routing import get_default_application
from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.http.request import validate_host

from chat import conf, runtime
from chat.addresses import own_addresses
from chat.management.commands.doctor import Ailing, examine_database
from chat.server.daphne import CannotListenError, serve


def local_addresses(host: str, port: int) -> list[str]:
    """Where the pages are found without a proxy, if ALLOWED_HOSTS admits that."""
    names = own_addresses(host)
    served = [name for name in names if validate_host(name, settings.ALLOWED_HOSTS)]
    listed = [name for name in settings.ALLOWED_HOSTS if name[0] not in "*."]
    return [f"http://{name}:{port}{settings.PREFIX}" for name in served or listed or names]


class Command(BaseCommand):
    help = "Serve the chat, the pages and the admin."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.HOST, help="Address to listen on. Default: HOST.")
        parser.add_argument("--port", type=int, default=settings.PORT, help="Port to listen on. Default: PORT.")

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        def announce() -> None:
            addresses = settings.PUBLIC_URLS or local_addresses(host, port)
            chat = ", ".join(f"{address}/" for address in addresses)
            self.stdout.write(f"The chat is at {chat} and the admin at {addresses[0]}/admin/ (Ctrl+C ends it)")
            self.stdout.flush()

        try:
            examine_database()
        except Ailing as ailing:
            raise CommandError(str(ailing)) from None
        finally:
            connection.close()  # not needed any more, and PostgreSQL may allow only a few
        chat_options = conf.options()
        try:
            serve(
                get_default_application(),
                host=host,
                port=port,
                drain=runtime.drain,
                on_listening=announce,
                max_sockets=chat_options.sockets if chat_options.rate_limits else None,
            )
        except CannotListenError as error:
            raise CommandError(
                f"The server cannot listen on {host}:{port}: {error}. Stop what uses the port, or set HOST and PORT to an "
                "address that is free on this machine, and start it again."
            ) from None
