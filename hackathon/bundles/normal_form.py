"""One form for texts that people read as the same."""

from __future__ import annotations

import unicodedata


def normal_form(text: str) -> str:
    """Without case, invisible characters (zero-width ones, marks of direction) and differences of white space; composed
    and compatible forms of a character (NFKC) are one. Pure.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", text.casefold()).split())
