"""Ranges of everything that is sent: what the columns of both databases, floating point and a page survive.

A sender of ours brings its values into them (`clipped`, `word`, `paragraph`, `log_lines.LogLine.said`), so that
nothing it says honestly is refused.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from .text import BREAKS, CONTROLS, cleaned, one_line

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""No date outside of these two is taken anywhere: there is room on both sides for time zones and sums."""

MOST_COUNT = 2**31 - 1
"""What an integer column holds."""
MOST_BYTES = 2**53
"""Up to here whole numbers are exact as floating point, JavaScript's too."""
LARGEST_FIGURE = 1e150
"""Its square is finite."""
LONGEST_SECONDS = 31 * 86_400.0
SLOWEST, FASTEST = 0.1, 1e9
"""Units of cost a second: dividing any size of data by them stays sensible."""

Count = Annotated[int, Field(ge=0, le=MOST_COUNT)]
Megabytes = Count
Parameters = Annotated[int, Field(ge=0, le=MOST_BYTES)]
Bytes = Annotated[int, Field(ge=0, le=MOST_BYTES)]
Seconds = Annotated[float, Field(ge=0.0, le=LONGEST_SECONDS)]
MegabytesUsed = Annotated[float, Field(ge=0.0, le=MOST_COUNT)]
Rate = Annotated[float, Field(ge=SLOWEST, le=FASTEST)]
Figure = Annotated[float, Field(ge=-LARGEST_FIGURE, le=LARGEST_FIGURE)]
"""A loss, a score, a difference of them."""
Moment = Annotated[AwareDatetime, Field(ge=EARLIEST, le=LATEST)]

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._/+-]{0,63}$")]
"""Key of a figure: a stage, a metric, a library."""

LONGEST_WORD = 100
LONGEST_LINE = 500
LONGEST_PARAGRAPH = 2000
_LINE = rf"^[^{CONTROLS}{BREAKS}]*$"
Word = Annotated[str, StringConstraints(max_length=LONGEST_WORD, pattern=_LINE)]
Line = Annotated[str, StringConstraints(max_length=LONGEST_LINE, pattern=_LINE)]
Paragraph = Annotated[str, StringConstraints(max_length=LONGEST_PARAGRAPH, pattern=rf"^[^{CONTROLS}]*$")]
"""May have line breaks."""


def word(text: str) -> str:
    """The text as a `Word`: cut and cleaned."""
    return one_line(text, LONGEST_WORD)


def paragraph(text: str) -> str:
    """The text as a `Paragraph`: cut and cleaned."""
    return cleaned(text, LONGEST_PARAGRAPH)


def clipped(value: float, low: float = -LARGEST_FIGURE, high: float = LARGEST_FIGURE) -> float:
    """The value of the range that is nearest to `value`, which is a number."""
    return min(max(value, low), high)
