"""A link of a page that narrows what the page shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FilterLink:
    """`query` is the part of an address behind the question mark, `count` how much is shown there, where it is said."""

    text: str
    query: str
    is_chosen: bool
    count: int | None = None
