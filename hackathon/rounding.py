"""The step that scores are rounded to before anybody sees them. Pure, in decimal arithmetic."""

from __future__ import annotations

from decimal import Decimal

MIN_STEP, MAX_STEP = 1e-6, 1e12
"""What a phase may have: a mean squared error has the square of the target's unit and can be huge."""


def display_step(se: float) -> float:
    """The largest 1, 2 or 5 × 10^k that is at most half of the standard error `se`. Raises ValueError unless se > 0."""
    if not se > 0:
        raise ValueError("A display step needs a standard error above 0.")
    half = Decimal(repr(float(se))) / 2
    exponent = half.adjusted()
    mantissa = half.scaleb(-exponent)
    leading = next(digit for digit in (5, 2, 1) if digit <= mantissa)
    return float(Decimal(leading).scaleb(exponent))
