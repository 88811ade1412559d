"""The shades of a brand colour that can be read on the chat's surfaces, by the contrast of WCAG 2.2."""

from __future__ import annotations

import functools
from typing import Final

CONTRAST: Final = 4.5
"""What WCAG's level AA asks of text."""
SURFACES: Final = {"light": ("#ffffff", "#f2f4f3"), "dark": ("#171c1b", "#262d2b")}
"""What links stand on in each theme: the panel and a bubble, as in chat/static/chat/styles.js."""
BLACK, WHITE = "#000000", "#ffffff"


@functools.lru_cache(maxsize=64)
def shades(brand: str) -> dict[str, str]:
    """Custom properties of the widget for a brand colour (#rrggbb). Values: CSS colours.

    `--brand` is the colour itself, `--on-brand` the text on it, `--brand-pressed` the colour under the mouse, and
    `--brand-text` its shade for links, for light and for dark.
    """
    on = max((WHITE, BLACK), key=lambda colour: contrast(brand, colour))
    text = {theme: readable(brand, theme) for theme in SURFACES}
    return {
        "--brand": brand,
        "--on-brand": on,
        "--brand-pressed": mixed(brand, BLACK if on == WHITE else WHITE, 0.15),
        "--brand-text": f"light-dark({text['light']}, {text['dark']})",
    }


def readable(brand: str, theme: str) -> str:
    """The shade nearest to the brand colour that can be read on all surfaces of a theme."""
    towards = BLACK if theme == "light" else WHITE
    steps = (mixed(brand, towards, step / 50) for step in range(51))
    return next(shade for shade in steps if all(contrast(shade, surface) >= CONTRAST for surface in SURFACES[theme]))


def contrast(one: str, other: str) -> float:
    """Of two colours, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mixed(colour: str, other: str, share: float) -> str:
    """A colour with this share of another one."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(own + (its - own) * share):02x}" for own, its in pairs)


def _channels(colour: str) -> list[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def _luminance(colour: str) -> float:
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in _channels(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
