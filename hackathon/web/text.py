"""What people write, in a page."""

from __future__ import annotations

from django.utils.safestring import SafeString
from django.utils.translation import get_language

from hackathon.markdown.render import renderer_version, to_html_or_as_typed

from .kept import kept

KEPT_SECONDS = 86_400
"""A text's HTML does not grow old: it is kept under the text itself, and its renderer's version."""


def render_markdown(text: str) -> SafeString:
    """Safe HTML; its few words of ours (labels for who does not see it) are in the reader's language."""
    name = f"markdown {renderer_version()} {get_language()} {text}"
    return kept(name, lambda: to_html_or_as_typed(text), seconds=KEPT_SECONDS)
