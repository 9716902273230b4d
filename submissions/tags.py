"""Tags: what a team may write, and when two spellings are the same tag. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from django.utils.translation import gettext as _

from hackathon.errors import Invalid
from training_worker.contract.base import FieldError
from training_worker.contract.text import has_visible_letter, name_key

TAG_LENGTH = 30
MAX_TAGS = 8
_PUNCTUATION = "-_."


def split_tags(text: str) -> list[str]:
    """The tags of one line, between commas or spaces, of any script."""
    return unicodedata.normalize("NFKC", text).replace("、", " ").replace(",", " ").split()


def read_tags(names: Iterable[str]) -> list[str]:
    """The tags as they are kept: NFKC, trimmed, each once. Raises `Invalid` with every problem, on the field `tags`."""
    kept: dict[str, str] = {}
    for name in names:
        tag = unicodedata.normalize("NFKC", name).strip()
        kept.setdefault(name_key(tag), tag)
    problems = [problem for tag in kept.values() if (problem := _problem(tag)) is not None]
    if len(kept) > MAX_TAGS:
        message = _("There are more than %(count)d tags.") % {"count": MAX_TAGS}
        problems.append(FieldError(code="out_of_range", field="tags", message=message, allowed=f"0 … {MAX_TAGS}"))
    if problems:
        raise Invalid(_("These tags cannot be used."), hint=_("Nothing was changed or charged."), fields=problems)
    return list(kept.values())


def _problem(tag: str) -> FieldError | None:
    if len(tag) <= TAG_LENGTH and has_visible_letter(tag) and all(_is_allowed(letter) for letter in tag):
        return None
    message = _("“%(tag)s” is not a tag: letters, digits and - _ . only, at most %(length)d of them.")
    return FieldError(
        code="invalid_tag",
        field="tags",
        message=message % {"tag": tag[:TAG_LENGTH], "length": TAG_LENGTH},
        allowed=f"[letters, digits, - _ .]{{1,{TAG_LENGTH}}}",
    )


def _is_allowed(letter: str) -> bool:
    return letter in _PUNCTUATION or unicodedata.category(letter)[0] in "LMN"
