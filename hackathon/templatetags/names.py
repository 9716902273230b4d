"""Names that people choose, beside other words: their letters may run the other way."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from training_worker.contract.text import isolated

register = template.Library()
register.filter("isolated", isolated)
"""For a page's title and for attributes, which hold no elements."""


@register.filter
def bdi(name: object) -> SafeString:
    """For a sentence that is translated; elsewhere the template writes the element."""
    return format_html("<bdi>{}</bdi>", name)


@register.filter
def bdi_list(names: Iterable[object]) -> SafeString:
    return format_html_join(", ", "<bdi>{}</bdi>", ((name,) for name in names))
