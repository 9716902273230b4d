"""Which names are read as the same, which can be one, and how one stands in a sentence."""

from __future__ import annotations

import unicodedata

import pytest

from training_worker.contract.text import (
    LONGEST_KEY,
    has_visible_letter,
    isolated,
    name_key,
    normal_form,
    turning_character,
)

OVERRIDE = "\N{RIGHT-TO-LEFT OVERRIDE}"
HEBREW = "לוטרות"


@pytest.mark.parametrize(
    "spelling",
    [
        "otters",
        " OTTERS ",
        "Ｏｔｔｅｒｓ",
        "ot\N{ZERO WIDTH SPACE}ters",
        "otters\N{HANGUL FILLER}",
        "otters\N{HALFWIDTH HANGUL FILLER}",
        "\N{BRAILLE PATTERN BLANK}otters",
        "ot\N{VARIATION SELECTOR-16}ters",
        "otters\N{COMBINING GRAPHEME JOINER}",
        "\N{RIGHT-TO-LEFT MARK}otters",
        "otters\N{TAG LATIN SMALL LETTER A}",
        "ot\N{SOFT HYPHEN}ters",
    ],
)
def test_one_name_in_any_spelling(spelling: str) -> None:
    assert name_key(spelling) == "otters"


@pytest.mark.parametrize("one", ["Zoë", "Straße", "ﬁlm", "水獺", "Ⅷ", "A\u3000B"])
def test_forms_of_a_character_are_one(one: str) -> None:
    forms = {unicodedata.normalize(form, one) for form in ("NFC", "NFD", "NFKC", "NFKD")}
    assert len({name_key(form) for form in forms}) == 1
    assert name_key(name_key(one)) == name_key(one)


@pytest.mark.parametrize(("one", "other"), [("otters", "otter s"), ("Zoë", "Zoe"), ("otters", "оtters"), ("1", "2")])
def test_other_names_are_others(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


def test_a_key_fits_its_column() -> None:
    assert len(normal_form("\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 80)) > LONGEST_KEY
    assert len(name_key("\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 80)) == LONGEST_KEY


@pytest.mark.parametrize("name", ["a", "7", "水", "م", "é", "…a", "🦦 1"])
def test_a_letter_or_digit_is_seen(name: str) -> None:
    assert has_visible_letter(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "…", "--", "🦦", "\N{ZERO WIDTH SPACE}", "\N{HANGUL FILLER}", "\N{HANGUL CHOSEONG FILLER}"),
        *("\N{BRAILLE PATTERN BLANK}", "\N{COMBINING ACUTE ACCENT}", "\N{TAG LATIN SMALL LETTER A}"),
    ],
)
def test_no_letter_or_digit_is_seen(name: str) -> None:
    assert not has_visible_letter(name)


@pytest.mark.parametrize("code", [*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
def test_what_turns_the_direction_is_named(code: int) -> None:
    assert turning_character(f"a{chr(code)}b") == f"U+{code:04X}"


@pytest.mark.parametrize("name", ["Otters", HEBREW, f"{HEBREW}\N{RIGHT-TO-LEFT MARK}", "\N{ZERO WIDTH JOINER}"])
def test_what_turns_nothing_is_taken(name: str) -> None:
    assert turning_character(name) == ""


def test_names_from_right_to_left_are_isolated_in_a_sentence_and_others_are_as_they_are() -> None:
    assert isolated("Otters & Zoë 水獺 1") == "Otters & Zoë 水獺 1"
    for name in (HEBREW, f"a {HEBREW}", "١٢٣", f"a{OVERRIDE}b"):
        assert isolated(name) == f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}"
