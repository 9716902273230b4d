"""What differs between a reference and an output, word by word. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

MOST_WORDS = 400
"""Of either text: finding the differences of longer ones takes too long for a page."""
UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"\s*(?:[{UNSPACED}]|[^\s{UNSPACED}]+)\s*")
"""With the white space around it; of Han and kana a character."""
_BREAK = re.compile(rf"[\s{UNSPACED}]")


@dataclass(frozen=True)
class DiffPart:
    """Neighbouring words that both texts have, or only the reference (`del`), or only the output (`ins`); `tag` is the
    HTML element for it."""

    text: str
    tag: Literal["span", "del", "ins"]


def word_diff(reference: str, output: str) -> tuple[DiffPart, ...]:
    """The output's words in order, with what is missing where it would stand; () where a text is too long. The texts
    of the parts, one behind the other, have the spaces that they need."""
    right, said = _WORD.findall(reference), _WORD.findall(output)
    if max(len(right), len(said)) > MOST_WORDS:
        return ()
    matcher = SequenceMatcher(None, [word.strip() for word in right], [word.strip() for word in said], autojunk=False)
    parts: list[DiffPart] = []
    for tag, of_right, to_right, of_said, to_said in matcher.get_opcodes():
        if tag != "equal" and to_right > of_right:
            _add(parts, "".join(right[of_right:to_right]), "del")
        if to_said > of_said:
            _add(parts, "".join(said[of_said:to_said]), "span" if tag == "equal" else "ins")
    return tuple(parts)


def _add(parts: list[DiffPart], text: str, tag: Literal["span", "del", "ins"]) -> None:
    """With a space in front where the words would run together."""
    bare = text.strip()
    if parts and not _BREAK.search(parts[-1].text[-1:] + bare[:1]):
        parts.append(DiffPart(" ", "span"))
    parts.append(DiffPart(bare, tag))
    if space := text[len(text.rstrip()) :]:
        parts.append(DiffPart(space, "span"))
