"""One answer as the presentation templates show it."""

from __future__ import annotations

from dataclasses import dataclass

from .overlay import Overlay
from .spans import Segment


@dataclass(frozen=True)
class ShownAnswer:
    """The truth, the run's answer or the base model's. `is_right` is None where right and wrong is no question."""

    name: str
    text: str
    """ "" where there is no answer."""
    is_right: bool | None = None
    probability: float | None = None
    segments: tuple[Segment, ...] = ()
    """The words of the input with the spans of this answer; empty where the answer is no list of tags."""
    overlay: Overlay | None = None
    """What is drawn over the image; None where nothing can be."""
