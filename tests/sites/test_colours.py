"""The shades of a brand colour: any colour can be read, in both themes."""

from __future__ import annotations

import itertools

import pytest

from chat.sites.colours import CONTRAST, SURFACES, contrast, readable, shades

STEPS = (0, 51, 102, 153, 204, 255)
COLOURS = [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in itertools.product(STEPS, repeat=3)]


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_every_colour_has_shades_that_can_be_read() -> None:
    for colour in COLOURS:
        found = shades(colour)
        assert found["--brand"] == colour
        assert contrast(colour, found["--on-brand"]) >= CONTRAST
        assert contrast(found["--brand-pressed"], found["--on-brand"]) >= CONTRAST
        for theme, surfaces in SURFACES.items():
            assert all(contrast(readable(colour, theme), surface) >= CONTRAST for surface in surfaces), (colour, theme)


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert shades("#0b6a5b")["--brand-text"].startswith("light-dark(#0b6a5b, ")
