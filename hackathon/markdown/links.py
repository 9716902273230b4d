"""Bare addresses become links: `https://…`, `www.…`, `name@example.org`.

A rule of our own: an address ends where ASCII ends, as Chinese text puts no space around it, and each is read once.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

_ADDRESS = re.compile(r"(?:https?://|www\.)[A-Za-z0-9\[][!#-;=?-_a-~]*")
_SCHEME = re.compile(r"(?<![A-Za-z0-9])https?$")
_NAME = re.compile(r"(?<![A-Za-z0-9.+_/@-])[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}$")
_DOMAIN = re.compile(r"@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}(?![A-Za-z0-9-]|@)")
_LONGEST = 2_000


def bare_links_plugin(md: MarkdownIt) -> None:
    md.inline.add_terminator_char("w")
    md.inline.ruler.push("bare_link", _bare_link)


def _bare_link(state: StateInline, silent: bool) -> bool:
    if silent or state.linkLevel > 0:
        return False
    found = _found(state)
    if found is None:
        return False
    taken, text, scheme = found
    address = state.md.normalizeLink(scheme + text)
    if not state.md.validateLink(address):
        return False
    state.pending = state.pending[: len(state.pending) - taken]
    state.push("link_open", "a", 1).attrs = {"href": address}
    state.push("text", "", 0).content = text
    state.push("link_close", "a", -1)
    state.pos += len(text) - taken
    return True


def _found(state: StateInline) -> tuple[int, str, str] | None:
    """(characters of it already read, the address as typed, what a link needs before it)."""
    text, pos = state.src[: state.posMax], state.pos
    recent = state.pending[-70:]
    if text.startswith("://", pos) and (scheme := _SCHEME.search(recent)):
        taken = len(scheme.group())
        address = _ADDRESS.match(text, pos - taken, pos + _LONGEST)
        return (taken, _without_end(address.group()), "") if address else None
    if text.startswith("www.", pos) and not (recent[-1:].isascii() and recent[-1:].isalnum()):
        address = _ADDRESS.match(text, pos, pos + _LONGEST)
        return (0, _without_end(address.group()), "http://") if address and "." in address.group()[4:] else None
    if text.startswith("@", pos) and (name := _NAME.search(recent)) and (domain := _DOMAIN.match(text, pos, pos + 255)):
        return len(name.group()), name.group() + domain.group(), "mailto:"
    return None


def _without_end(address: str) -> str:
    """Without the punctuation of the sentence, and without a bracket that was opened before the address."""
    while True:
        last = address[-1]
        opened = {")": "(", "]": "["}.get(last)
        if last in "?!.,:;*_~'|\\" or (opened and address.count(last) > address.count(opened)):
            address = address[:-1]
        else:
            return address
