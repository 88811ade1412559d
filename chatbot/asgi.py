"""The ASGI application: HTTP to Django, WebSockets to the chat."""

import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatbot.settings")
django_application = get_asgi_application()

from chat.routing import websocket_application  # noqa: E402 - the app registry must be ready first

application = ProtocolTypeRouter({"http": django_application, "websocket": websocket_application})
