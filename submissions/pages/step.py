"""One thing that a person does next."""

from __future__ import annotations

from dataclasses import dataclass

from hackathon.models import Phase


@dataclass(frozen=True)
class NextStep:
    """One sentence, where its link goes ("" for none), and the phase whose time it must be done in."""

    text: str
    url: str = ""
    label: str = ""
    phase: Phase | None = None
    is_urgent: bool = False
