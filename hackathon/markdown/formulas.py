r"""`$…$` and `\(…\)` in a line, `$$…$$` in a line or over several: formulas. "$500 to $900" is money.

Rules of our own: those of mdit-py-plugins look for the end of each `\(` through the whole text, and take no formula at
the start of a text that ends in a digit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from . import mathml
from .bounds import MOST_FORMULA_CHARACTERS, spend

MOST_LINES = 50
"""Of one formula."""
_ENDS = {"$": "$", "$$": "$$", r"\(": r"\)"}
_AMOUNT = re.compile(r"\d[\d.,]*\s?[kKmM]?\s+(?:[^\W\d_]{2}|[-–—(&/])")
"""How money goes on: "500 to", "1.5 million"."""


def formulas_plugin(md: MarkdownIt) -> None:
    md.inline.ruler.before("escape", "formula", _inline)
    md.block.ruler.before("fence", "formula", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    md.add_render_rule("formula", _render)
    md.add_render_rule("formula_block", _render_block)


def _inline(state: StateInline, silent: bool) -> bool:
    start = state.src[state.pos : state.pos + 2]
    opening = start if start in _ENDS else start[:1]
    if opening not in _ENDS:
        return False
    begin = state.pos + len(opening)
    end = _end(state.src[begin : min(state.posMax, begin + mathml.LONGEST + 2)], _ENDS[opening])
    latex = state.src[begin : begin + end]
    if not latex.strip() or (opening == "$" and not _is_formula(state.src, begin, begin + end)):
        return False
    if not silent:
        token = state.push("formula", "", 0)
        token.content, token.markup = latex, opening
        spend(state.env, "formulas", len(latex), MOST_FORMULA_CHARACTERS)
    state.pos = begin + end + len(_ENDS[opening])
    return True


def _end(text: str, closing: str) -> int:
    r"""Where `closing` is; 0 where it is not. A `\$` is no end of a formula."""
    found = text.find(closing)
    while found > 0 and closing[0] == "$" and text[found - 1] == "\\":
        found = text.find(closing, found + 1)
    return max(found, 0)


def _is_formula(text: str, begin: int, end: int) -> bool:
    """As Pandoc has it: no space inside of the dollars, no digit after the last one, and none before the first."""
    before, after = text[max(begin - 2, 0) : begin - 1], text[end + 1 : end + 2]
    if text[begin].isspace() or text[end - 1].isspace() or before.isalnum() or after.isdigit():
        return False
    return not _AMOUNT.match(text, begin, end)


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """`$$` at the start of a line, up to a line that ends in `$$`; no line between them is empty."""
    first = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    if state.is_code_block(start) or not first.startswith("$$"):
        return False
    last = _last_line(state, start, min(end, start + MOST_LINES), first)
    if last is None:
        return False
    latex = state.getLines(start, last + 1, state.blkIndent, False).strip()[2:-2]
    if not latex.strip():
        return False
    if not silent:
        token = state.push("formula_block", "", 0)
        token.content, token.markup, token.block, token.map = latex, "$$", True, [start, last + 1]
        spend(state.env, "formulas", len(latex), MOST_FORMULA_CHARACTERS)
        state.line = last + 1
    return True


def _last_line(state: StateBlock, start: int, end: int, first: str) -> int | None:
    if "$$" in first[2:]:
        return start if first.rstrip().endswith("$$") and first.rstrip().count("$$") == 2 else None
    for line in range(start + 1, end):
        if state.isEmpty(line) or state.sCount[line] < state.blkIndent:
            return None
        text = state.src[state.bMarks[line] : state.eMarks[line]].rstrip()
        if "$$" in text:
            return line if text.endswith("$$") else None
    return None


def _render(_renderer: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    token = tokens[index]
    typed = f"{token.markup}{token.content}{_ENDS[token.markup]}"
    shown = mathml.mathml(token.content, is_display=token.markup == "$$")
    return shown or f'<span class="formula">{escapeHtml(typed)}</span>'


def _render_block(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """What is wider than the page is scrolled, by keyboard too."""
    return f'<div class="formula" tabindex="0">{_render(renderer, tokens, index, options, env)}</div>\n'
