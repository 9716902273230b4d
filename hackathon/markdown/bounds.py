"""How large and how deep a text may be: counted, so that it does not depend on the machine."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

LONGEST = 50_000
"""Characters."""
MOST_LINES = 5_000
MOST_STEPS = 25_000
"""Positions at which the parser tries its rules; prose of 50,000 characters takes about 10,000."""
MOST_CELLS = 2_000
"""Of one table, with those that its short rows lack."""
MOST_FORMULA_CHARACTERS = 10_000
LARGEST_HTML = 500_000
"""Characters of texts and attributes: a long address may be written once and be used by thousands of links."""
DEEPEST = 20
"""Levels of lists and quotes, each item one of its own. Below them the parser would drop what is written."""


class TooComplex(ValueError):
    """The text is refused; says why in a sentence for its author."""


def require_size(text: str) -> None:
    if len(text) > LONGEST:
        raise TooComplex(_("This text has more than %(limit)d characters.") % {"limit": LONGEST})
    if text.count("\n") >= MOST_LINES:
        raise TooComplex(_("This text has more than %(limit)d lines.") % {"limit": MOST_LINES})


def too_slow() -> TooComplex:
    return TooComplex(_("This text takes too long to show: make it shorter, or simpler."))


def spend(env: Any, name: str, amount: int, limit: int) -> None:
    """Counts in `env`, which lasts for one text. Raises `TooComplex` above the limit."""
    env[name] = env.get(name, 0) + amount
    if env[name] > limit:
        raise too_slow()


def bounds_plugin(md: MarkdownIt) -> None:
    md.options["maxNesting"] = DEEPEST
    first_inline, first_block = md.inline.ruler.get_all_rules()[0], md.block.ruler.get_all_rules()[0]
    md.inline.ruler.before(first_inline, "steps", _count_inline)
    md.block.ruler.before(first_block, "steps", _count_block)
    md.block.ruler.before("table", "cells", _count_cells, {"alt": ["paragraph", "reference"]})
    md.core.ruler.after("block", "depth", _require_depth)
    md.core.ruler.push("size", _require_html_size)


def _count_inline(state: StateInline, silent: bool) -> bool:
    spend(state.env, "steps", 1, MOST_STEPS)
    return False


def _count_block(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    spend(state.env, "steps", 1, MOST_STEPS)
    return False


def _count_cells(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Before the table is made: a short row is given all the cells of the first one."""
    if line + 2 > end or "-" not in (rule := _line(state, line + 1)) or rule.strip("|:- \t"):
        return False
    columns = _columns(rule)
    if "|" not in _line(state, line) or _columns(_line(state, line)) != columns:
        return False
    last = line + 2
    while last < end and not state.isEmpty(last):
        last += 1
        if (last - line - 1) * columns > MOST_CELLS:
            raise TooComplex(_("A table has more than %(limit)d cells.") % {"limit": MOST_CELLS})
    return False


def _columns(row: str) -> int:
    row = row.strip().removeprefix("|").removesuffix("|")
    return row.count("|") - row.count(r"\|") + 1


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] : state.eMarks[line]]


def _require_depth(state: StateCore) -> None:
    if any(token.level >= DEEPEST - 1 for token in state.tokens):
        raise TooComplex(_("Lists or quotes are nested too deeply."))


def _require_html_size(state: StateCore) -> None:
    tokens = [*state.tokens, *(child for token in state.tokens for child in token.children or ())]
    if sum(map(_size, tokens)) > LARGEST_HTML:
        raise too_slow()


def _size(token: Token) -> int:
    return len(token.content) + sum(len(str(value)) for value in token.attrs.values())
