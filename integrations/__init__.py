"""NLU providers behind one interface. Everything the rest of the project may use is named here."""

from integrations.base import (
    Adapter,
    AdapterError,
    AuthenticationFailed,
    InvalidResponse,
    ProviderTimeout,
    RateLimited,
    Rejected,
    Reply,
    Unavailable,
    Utterance,
)
from integrations.options import ConfigurationError, Options, Problem, variable
from integrations.parts import Accordion, Button, Card, Image, Link, List, ListItem, Part, Payload, QuickReplies, Text
from integrations.registry import ADAPTERS, create, find, place

__all__ = [
    "ADAPTERS",
    "Accordion",
    "Adapter",
    "AdapterError",
    "AuthenticationFailed",
    "Button",
    "Card",
    "ConfigurationError",
    "Image",
    "InvalidResponse",
    "Link",
    "List",
    "ListItem",
    "Options",
    "Part",
    "Payload",
    "Problem",
    "ProviderTimeout",
    "QuickReplies",
    "RateLimited",
    "Rejected",
    "Reply",
    "Text",
    "Unavailable",
    "Utterance",
    "create",
    "find",
    "place",
    "variable",
]
