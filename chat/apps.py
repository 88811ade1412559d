"""The app: registers the system checks, and makes edits by staff take effect at once."""

from typing import Any

from django.apps import AppConfig
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _


class ChatConfig(AppConfig):
    name = "chat"
    verbose_name = _("Chat")

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_out

        from chat import checks  # noqa: F401 - importing registers them
        from chat.models import DeskText, FallbackReply, IntentReply, Site

        for model in (DeskText, FallbackReply, IntentReply, Site):
            for signal in (post_save, post_delete):
                signal.connect(_edited, sender=model, dispatch_uid="chat")
        user_logged_out.connect(_logged_out, dispatch_uid="chat")


def _edited(**kwargs: Any) -> None:
    from chat import runtime

    transaction.on_commit(runtime.read_anew)


def _logged_out(request: Any, **kwargs: Any) -> None:
    from chat.connections import desk

    if request.session.session_key:
        desk.log_out(request.session.session_key)
