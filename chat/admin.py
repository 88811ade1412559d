"""Django looks for the admin's classes here. They are in `chat.staff`."""

from chat.staff import conversations, replies, sites

__all__ = ["conversations", "replies", "sites"]
