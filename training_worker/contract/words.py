"""Hidden words: how a text says where one is, and when two words are the same."""

from __future__ import annotations

import unicodedata

MASK = "[MASK]"
"""What stands in a text for the word, whatever the tokens of a model are called."""
MOST_WORDS = 100
"""Of one answer, the most probable first."""
LONGEST_WORD = 30
"""Characters of a word."""


def word_form(word: str) -> str:
    """Equal for words that differ in case, accents or spaces around them only, which many models do not tell apart:
    "Café" and "cafe"."""
    parts = unicodedata.normalize("NFKD", word.strip().casefold())
    return unicodedata.normalize("NFC", "".join(part for part in parts if not unicodedata.combining(part)))
