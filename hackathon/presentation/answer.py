"""One answer as the presentation templates show it."""

from __future__ import annotations

from dataclasses import dataclass

from .overlay import Overlay
from .places import Place
from .spans import Segment
from .word_diff import DiffPart, word_diff


@dataclass(frozen=True)
class Candidate:
    """`relevance` is the true one, `score` that of the answer as text, "" for the truth."""

    text: str
    relevance: float
    score: str = ""


@dataclass(frozen=True)
class Guess:
    """A word for a hidden one, and how probable it is."""

    word: str
    probability: float
    is_right: bool


@dataclass(frozen=True)
class ShownAnswer:
    """The truth, the run's answer or the base model's. `is_right` is None where right and wrong is no question."""

    name: str
    text: str
    """ "" where there is no answer."""
    is_right: bool | None = None
    probability: float | None = None
    ranked: tuple[Candidate, ...] = ()
    """The candidates of the input in the order of this answer; empty where the answer is no ranking."""
    guesses: tuple[Guess, ...] = ()
    """The most probable words; empty where the answer is none of them."""
    segments: tuple[Segment, ...] = ()
    """The words of the input with the spans of this answer; empty where the answer is no list of tags."""
    reference: str = ""
    """The text that this one is compared with."""
    place: Place | None = None
    """Where it is in the input that it is a part of."""
    choice: int | None = None
    """Its number, where it is one of the item's choices."""
    overlay: Overlay | None = None
    """What is drawn over the image; None where nothing can be."""

    @property
    def diff(self) -> tuple[DiffPart, ...]:
        """Of a text, word by word; () where it is too long for that."""
        return word_diff(self.reference, self.text)
