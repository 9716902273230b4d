r"""LaTeX to MathML by latex2mathml; "" for what that library does not understand, so that it is shown as typed."""

from __future__ import annotations

import html
import re
from xml.etree.ElementTree import Element, tostring  # makes XML here, reads none

from latex2mathml.converter import convert_to_element

LONGEST = 1_000
"""Characters of one formula."""
_MACROS = re.compile(r"\\(?:(?:re|provide)?new|provide|[gex]?def|let|DeclareMath)")
"""What defines names: a name may stand for twice another, and so on."""
_ENVIRONMENT = re.compile(r"(\\(?:begin|end)\s*\{)(?:aligned|alignedat|align)(\})")
_ARG = re.compile(r"\\arg(?![a-zA-Z])")
_CHILDREN = {
    **dict.fromkeys(("mfrac", "mroot", "msub", "msup", "munder", "mover"), 2),
    **dict.fromkeys(("msubsup", "munderover"), 3),
}
_LEAVES = {"mi", "mn", "mo", "mtext"}


def mathml(latex: str, *, is_display: bool) -> str:
    if len(latex) > LONGEST or _MACROS.search(latex):
        return ""
    try:
        found: Element = convert_to_element(_in_words_it_knows(latex), display="block" if is_display else "inline")
    except (
        Exception
    ):  # whatever a wrong formula does to the library: it has errors of its own, and IndexError, StopIteration
        return ""
    for element in found.iter():
        element.text = html.unescape(element.text or "")  # its texts are written as references
    return tostring(found, encoding="unicode") if _is_understood(found, latex) else ""


def _in_words_it_knows(latex: str) -> str:
    return _ARG.sub(r"\\operatorname{arg}", _ENVIRONMENT.sub(r"\1split\2", latex))


def _is_understood(math: Element, latex: str) -> bool:
    """It keeps unknown commands, a lost `&` and half a fraction without a word."""
    texts = [element.text or "" for element in math.iter() if element.tag in _LEAVES]
    if any(text.startswith("\\") and len(text) > 1 for text in texts) or texts.count("&") != latex.count(r"\&"):
        return False
    return bool(texts) and all(map(_is_whole, math.iter()))


def _is_whole(element: Element) -> bool:
    if element.tag in _LEAVES:
        return len(element) == 0 and (element.tag != "mo" or bool(element.text))
    if "linebreak" in element.attrib:  # browsers do not break there
        return False
    return len(element) == _CHILDREN.get(element.tag, len(element))
