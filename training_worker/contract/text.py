"""Which characters a text from outside may have, how a sender of ours makes any text one that is taken, and when two
texts are read as the same.

Refused everywhere: NUL and the other control characters but tab and line breaks, and halves of surrogate pairs. A
database, a log or a page breaks on the one or the other.
"""

from __future__ import annotations

import re
import unicodedata

CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"
"""As the inside of a class of a regular expression, Python's or pydantic's."""
BREAKS = r"\n\r\x85"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_REFUSED = re.compile(f"[{CONTROLS}\ud800-\udfff]")
_BREAK = re.compile(rf"[{BREAKS}\u2028\u2029]+")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Unicode's property Default_Ignorable_Code_Point, and the marks of interlinear annotations."""
_BLANK = re.compile("[\u2800\U0001d159]")
"""Visible by their category, white space by their look."""
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Embeddings, overrides and isolates of the bidirectional algorithm, which reach beyond a text that does not end them.
The marks (U+200E, U+200F, U+061C) do not."""
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
LONGEST_KEY = 250


def refused_character(text: str) -> str:
    """The first character that may not come in, as "U+0000"; "" where there is none."""
    found = _REFUSED.search(text)
    return f"U+{ord(found[0]):04X}" if found else ""


def cleaned(text: str, most: int) -> str:
    """At most `most` characters of the text, with U+FFFD for those that may not come in."""
    return _REFUSED.sub(REPLACEMENT, text[:most])


def one_line(text: str, most: int) -> str:
    """As `cleaned`, with a space for line breaks."""
    return cleaned(_BREAK.sub(" ", text[: 2 * most]), most)


def normal_form(text: str) -> str:
    """One form for texts that people read as the same: without case, invisible characters and differences of white
    space; composed and compatible forms of a character (NFKC) are one.
    """
    if not text.isascii():
        text = _BLANK.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)))
    return " ".join(unicodedata.normalize("NFKC", text.casefold()).split())


def name_key(name: str) -> str:
    """What names are compared by, in a column of `LONGEST_KEY` characters."""
    return normal_form(name)[:LONGEST_KEY]


def turning_character(text: str) -> str:
    """The first character that turns the direction of what follows it, as "U+202E"; "" where there is none."""
    found = _TURNING.search(text)
    return f"U+{ord(found[0]):04X}" if found else ""


def has_visible_letter(text: str) -> bool:
    """Is there a letter or a digit, of any script, that a reader sees?"""
    return any(unicodedata.category(char)[0] in "LN" for char in _INVISIBLE.sub("", text))


def isolated(name: object) -> str:
    """A name for a sentence of plain text: where it has letters that run from right to left, between U+2068 and U+2069,
    so that the words beside it stay in their order. A page has `<bdi>` for that.
    """
    text = str(name)
    turns = turning_character(text) or any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text)
    return f"\u2068{text}\u2069" if turns else text
