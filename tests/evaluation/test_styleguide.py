"""The style guide: there in debug only, true to the style sheet, and the style sheet true to WCAG AA and to itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.conf import settings as project
from django.test import Client

from evaluation.styleguide import colors, contrast, measured_pairs, stylesheet
from submissions.enums import JobState
from tests.pages import html

ADMIN = "admin.css"  # stands on Django's own tokens and sizes
SHEETS = sorted(sheet for sheet in Path(project.BASE_DIR).glob("*/static/**/*.css") if sheet.name != ADMIN)


def test_it_is_not_there_for_the_public(db: None) -> None:
    assert Client().get("/styleguide/").status_code == 404


def test_in_debug_it_shows_every_token_and_state(db: None, settings: LazySettings) -> None:
    settings.DEBUG = True
    text = html(Client().get("/styleguide/"))
    for name, both in colors(stylesheet()).items():
        assert f"<code>{name}</code>" in text
        assert all(color in text for color in both)
    for state in JobState:
        assert f"state-{state.value}" in text


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21), ("#ffffff", "#ffffff", 1), ("#767676", "#ffffff", 4.54)]
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.005)


def test_every_pair_of_colours_is_readable_in_both_themes() -> None:
    assert [pair for pair in measured_pairs(stylesheet()) if not pair.is_enough] == []


def test_colours_and_sizes_of_type_come_from_the_tokens() -> None:
    """Outside the tokens nothing names a colour or a size of its own, in any of our sheets."""
    strays = []
    for sheet in SHEETS:
        rules = re.sub(r"/\*.*?\*/|--[\w-]+: [^;]+;", "", sheet.read_text(), flags=re.DOTALL)
        stray = r"#[0-9a-fA-F]{3,8}\b(?=[^{}]*;)|rgba?\(|hsla?\(|font-size: [\d.]+r?em|font-weight: [5-9]\d\d"
        strays += [f"{sheet.name}: {one}" for one in re.findall(stray, rules)]
    assert strays == []


def test_every_token_that_is_used_is_there() -> None:
    known = set(re.findall(r"(--[\w-]+):", stylesheet()))
    used = {name for sheet in SHEETS for name in re.findall(r"var\((--[\w-]+)", sheet.read_text())}
    assert used <= known


def test_nothing_moves_for_those_who_do_not_want_it() -> None:
    assert re.search(r"prefers-reduced-motion: reduce\) \{\s+\*, [^}]*animation: none !important", stylesheet())
