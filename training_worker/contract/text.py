"""Which characters a text from outside may have, and how a sender of ours makes any text one that is taken.

Refused everywhere: NUL and the other control characters but tab and line breaks, and halves of surrogate pairs. A
database, a log or a page breaks on the one or the other.
"""

from __future__ import annotations

import re

CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"
"""As the inside of a class of a regular expression, Python's or pydantic's."""
BREAKS = r"\n\r\x85"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_REFUSED = re.compile(f"[{CONTROLS}\ud800-\udfff]")
_BREAK = re.compile(rf"[{BREAKS}\u2028\u2029]+")


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
