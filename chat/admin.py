"""Django looks for the admin's classes here. They are in `chat.staff`."""

from chat.staff import answers, conversations, replies, sites

__all__ = ["answers", "conversations", "replies", "sites"]
