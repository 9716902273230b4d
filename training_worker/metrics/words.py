"""Words of a text for metrics that count them. Scripts that are written without spaces count by the character."""

from __future__ import annotations

import re

UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Han and kana, as the inside of a class of a regular expression."""
_UNSPACED = re.compile(f"([{UNSPACED}])")
_WORD = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+")


def spaced(text: str) -> str:
    """The text with spaces around each character of an unspaced script, as sacrebleu's tokenizer `zh` has them; any
    other text as it is."""
    return text if text.isascii() else _UNSPACED.sub(r" \1 ", text)


def plain_words(text: str) -> list[str]:
    """Letters and digits alone, in lower case. Of a text in ASCII these are rouge_score's tokens, which has none of
    other scripts."""
    return _WORD.findall(text.lower())
