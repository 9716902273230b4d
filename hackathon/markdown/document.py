"""What takes the whole text to know: ids of headings, links to them, `[TOC]`, and images that a page may load."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.utils.html import escape
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

PREFIX = "user-content-"
"""Of every id that an author makes, as on GitHub: none is one of the page's own."""
TOP_LEVEL = 3
"""Headings start below those of the page."""
_TEXTS = {"text", "code_inline", "formula", "text_special"}


@dataclass(frozen=True)
class Heading:
    level: int
    anchor: str
    text: str


def document_plugin(md: MarkdownIt) -> None:
    md.core.ruler.push("document", _complete)


def _complete(state: StateCore) -> None:
    headings = list(_headings(state.tokens))
    if headings:
        _put_contents(state.tokens, headings)
    known = {heading.anchor for heading in headings}
    for token in state.tokens:
        if token.children:
            _point_to_headings(token.children, known)
            token.children = list(_with_loadable_images(token.children))


def _headings(tokens: list[Token]) -> Iterator[Heading]:
    """Gives each its id and its level in the page."""
    used: dict[str, int] = {}
    for index, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        level = min(int(token.tag[1]) + TOP_LEVEL - 1, 6)
        token.tag = tokens[index + 2].tag = f"h{level}"
        text = _text(tokens[index + 1].children or [])
        token.attrs["id"] = PREFIX + (anchor := _anchor(text, used))
        yield Heading(level, anchor, text)


def _text(tokens: Iterable[Token]) -> str:
    return "".join(
        token.content if token.type in _TEXTS else _text(token.children or ()) if token.type == "image" else ""
        for token in tokens
    )


def _anchor(text: str, used: dict[str, int]) -> str:
    """As on GitHub: "Data & rules" is `data--rules`, a second one `data--rules-1`."""
    slug = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-") or "section"
    anchor = slug
    while anchor in used:
        used[slug] += 1
        anchor = f"{slug}-{used[slug]}"
    used[anchor] = 0
    return anchor


def _put_contents(tokens: list[Token], headings: list[Heading]) -> None:
    """In the place of the first paragraph that is `[TOC]`."""
    for index, token in enumerate(tokens):
        if token.type == "inline" and token.content.strip() == "[TOC]" and tokens[index - 1].type == "paragraph_open":
            contents = Token("html_block", "", 0)
            contents.content = _contents(headings)
            tokens[index - 1 : index + 2] = [contents]
            return


def _contents(headings: list[Heading]) -> str:
    """Nested lists of links; a heading opens a list where it is deeper than the one before."""
    parts: list[str] = []
    open_levels: list[int] = []
    for heading in headings:
        while open_levels and open_levels[-1] > heading.level:
            parts.append("</li></ul>")
            open_levels.pop()
        if open_levels and open_levels[-1] == heading.level:
            parts.append("</li>")
        else:
            parts.append("<ul>")
            open_levels.append(heading.level)
        parts.append(f'<li><a href="#{PREFIX}{escape(heading.anchor)}">{escape(heading.text)}</a>')
    lists = "".join([*parts, "</li></ul>" * len(open_levels)])
    return f'<nav class="toc" aria-label="{escape(_("Contents"))}">{lists}</nav>'


def _point_to_headings(tokens: list[Token], known: set[str]) -> None:
    for token in tokens:
        href = str(token.attrs.get("href", ""))
        if token.type == "link_open" and href.startswith("#") and unquote(href[1:]) in known:
            token.attrs["href"] = f"#{PREFIX}{href[1:]}"


def _with_loadable_images(tokens: list[Token]) -> Iterator[Token]:
    """An image of another site becomes a link to it: the Content-Security-Policy would not load it."""
    depth = 0
    for token in tokens:
        depth += (token.type == "link_open") - (token.type == "link_close")
        if token.type != "image" or _is_loadable(str(token.attrs["src"])):
            yield token
            continue
        text = Token("text", "", 0)
        text.content = _text(token.children or ()) or str(token.attrs["src"])
        if depth:
            yield text
            continue
        opening = Token("link_open", "a", 1)
        opening.attrs = {name: value for name, value in token.attrs.items() if name == "title"} | {
            "href": token.attrs["src"]
        }
        yield from (opening, text, Token("link_close", "a", -1))


def _is_loadable(source: str) -> bool:
    """What `img-src 'self' data:` of the Content-Security-Policy allows."""
    try:
        parts = urlsplit(source)
    except ValueError:  # half an IPv6 address
        return False
    own = urlsplit(settings.SITE_URL)
    is_own = (parts.scheme or own.scheme, parts.netloc or own.netloc) == (own.scheme, own.netloc)
    return is_own or parts.scheme == "data"
