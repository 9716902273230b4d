"""What the config as a form and the config as YAML share."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from hackathon.web.translation import translated_error
from training_worker.contract.base import JSON, FieldError

from .annotations import ANNOTATIONS, AnnotationForm


def problem_text(error: FieldError) -> str:
    """What is wrong with a field and what it accepts, in the reader's language."""
    said = translated_error(error)
    if not said.allowed:
        return said.message
    return _("%(problem)s Allowed: %(allowed)s.") % {"problem": said.message, "allowed": said.allowed}


class DraftForm(AnnotationForm):
    """What both tabs share. Always bound, so that the contract's problems can be put beside their fields."""

    @property
    def annotations(self) -> dict[str, str]:
        """Note and tags as they were typed."""
        return {name: str(self.data.get(name, "")) for name in ANNOTATIONS}

    def config(self) -> JSON:
        """What is to be submitted, None where the text cannot be read. Needs `is_valid` to have been called."""
        raise NotImplementedError

    def add_problems(self, errors: Iterable[FieldError]) -> None:
        raise NotImplementedError
