"""The languages of Dialogflow ES, and how a tag is written for it."""

from __future__ import annotations

from integrations.languages import parse

_ROOTS = """
af am az be bg bn bs ca ceb co cs cy da de el en eo es et eu fi fil fr fy ga gd gl gu ha hi hmn hr ht hu hy id ig is it ja jv
ka kk km kn ko ku ky la lb lt lv mg mi mk ml mn mr ms mt ne nl no ny or pa pl pt ro ru rw si sk sl sm sn so sq sr st su sv sw
ta te tg th tk tr tt uk uz vi xh yo zu
"""
_REGIONS = """
bn-BD bn-IN en-AU en-CA en-GB en-IN en-US es-419 es-ES fil-PH fr-CA fr-FR mr-IN ms-MY pt-BR ro-RO si-LK ta-IN ta-LK ta-MY
ta-SG te-IN vi-VN zh-CN zh-HK zh-TW
"""
LISTED = {tag.lower(): tag for tag in (_ROOTS + _REGIONS).split()}
"""https://cloud.google.com/dialogflow/es/docs/reference/language, read in November 2026."""


def listed(tag: str) -> str | None:
    """The listed tag that an agent understands for this one, None if there is none.

    Dialogflow itself takes an agent's root language (de) for a region of it (de-AT), but pt and pt-BR, and zh-CN, zh-HK and
    zh-TW have no root in common.
    """
    if found := LISTED.get(tag.lower()):
        return found
    language = parse(tag)
    if language is None:
        return None
    if language.base in ("zh", "yue"):
        if language.script == "Hans":
            return "zh-CN"
        return "zh-HK" if language.base == "yue" or language.territory in ("HK", "MO") else "zh-TW"
    region = f"{language.language}-{language.territory}".lower()
    return LISTED.get(region) or LISTED.get(language.base)
