"""What people write in Markdown as HTML: CommonMark with GitHub's tables, tasks, footnotes, and with formulas.

Typed HTML is shown as typed. The one way user text becomes markup.
"""

from __future__ import annotations

import functools
import hashlib
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import footnote_ref

from .bounds import TooComplex, bounds_plugin, require_size, too_slow
from .document import PREFIX, document_plugin
from .formulas import formulas_plugin
from .links import bare_links_plugin
from .sanitiser import CLEANER

LONGEST_RENDER = 0.2
"""Seconds of the processor's time."""
_LONGEST_LABEL = 100


def to_html(text: str) -> SafeString:
    """Safe HTML. Raises `TooComplex`."""
    require_size(text)
    html = _parser().render(text, {"docId": PREFIX.strip("-")})
    return mark_safe(CLEANER.clean(html))  # noqa: S308  # it is clean


def to_html_or_as_typed(text: str) -> SafeString:
    """A text that was written before there were bounds is still shown."""
    try:
        return to_html(text)
    except TooComplex:
        return mark_safe(f'<pre tabindex="0">{escape(text)}</pre>')  # noqa: S308  # escaped


def validate_markdown(text: str) -> None:
    """Raises Django's `ValidationError` for a text that is too large, too deep or too slow to show."""
    try:
        if _seconds(text) > LONGEST_RENDER and _seconds(text) > LONGEST_RENDER:  # the first may load libraries
            raise too_slow()
    except TooComplex as refused:
        raise ValidationError(str(refused), code="too_complex") from None


def _seconds(text: str) -> float:
    begin = time.thread_time()
    to_html(text)
    return time.thread_time() - begin


@functools.cache
def renderer_version() -> str:
    """Another one whenever the same text may become other HTML."""
    code = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    libraries = [version(name).encode() for name in ("markdown-it-py", "mdit-py-plugins", "latex2mathml", "nh3")]
    return hashlib.sha256(b"\0".join([*code, *libraries])).hexdigest()


@functools.cache
def _parser() -> MarkdownIt:
    """One for all: a text's own state is in its `env`."""
    md = MarkdownIt("commonmark", {"html": False, "tasklists": True}).enable(["table", "strikethrough"])
    md.disable(["html_inline", "html_block"])
    md.use(footnote_plugin, inline=False).use(formulas_plugin).use(bare_links_plugin)
    md.inline.ruler.at("footnote_ref", _footnote_ref)
    md.use(document_plugin).use(bounds_plugin)
    for rule in (
        table_open,
        table_close,
        th_open,
        td_open,
        list_item_open,
        footnote_caption,
        footnote_anchor,
        footnote_block_open,
    ):
        md.add_render_rule(rule.__name__, rule)
    md.render("text")  # it sorts its rules at first use, which two threads must not do at once
    return md


def _footnote_ref(state: StateInline, silent: bool) -> bool:
    """The plugin looks for each bracket's end through the whole text."""
    return state.src.find("]", state.pos, state.pos + _LONGEST_LABEL) > 0 and footnote_ref(state, silent)


# --- rules of the renderer, named as their tokens ---------------------------------------------------------------------


def table_open(_self: Any, _tokens: Sequence[Token], _index: int, _options: Any, _env: Any) -> str:
    return f'<div class="scroll" role="group" tabindex="0" aria-label="{escape(_("Table"))}"><table>\n'


def table_close(_self: Any, _tokens: Sequence[Token], _index: int, _options: Any, _env: Any) -> str:
    return "</table></div>\n"


def _cell(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """Alignment as a class: the Content-Security-Policy takes no style."""
    alignment = str(tokens[index].attrs.pop("style", "")).removeprefix("text-align:")
    if alignment:
        tokens[index].attrs["class"] = {"left": "start", "right": "end"}.get(alignment, alignment)
    return str(self.renderToken(tokens, index, options, env))


def th_open(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return _cell(self, tokens, index, options, env)


def td_open(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return _cell(self, tokens, index, options, env)


def list_item_open(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """A task's box says its state to who does not see it."""
    box, is_checked = "", tokens[index].meta.get("checked")
    if is_checked is not None:
        label = _("done") if is_checked else _("not done")
        box = f'<input type="checkbox" disabled{" checked" if is_checked else ""} aria-label="{escape(label)}"> '
    return f"{self.renderToken(tokens, index, options, env)}{box}"


def footnote_caption(_self: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    """The note's number, each time it is referred to."""
    return f"[{tokens[index].meta['id'] + 1}]"


def footnote_block_open(_self: Any, _tokens: Sequence[Token], _index: int, _options: Any, _env: Any) -> str:
    return '<section class="footnotes">\n<ol>\n'


def footnote_anchor(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """↩ with a selector that keeps it a letter."""
    name, nth = self.rules["footnote_anchor_name"](tokens, index, options, env), tokens[index].meta["subId"]
    target = f"#fnref{name}" + (f":{nth}" if nth > 0 else "")
    return f' <a href="{escape(target)}" aria-label="{escape(_("Back to the text"))}">\u21a9\ufe0e</a>'
