"""How exactly a score is shown: in steps that its own noise justifies. Pure, in decimal arithmetic."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal


def step_above(least: float) -> float:
    """The smallest 1, 2 or 5 × 10^k that is at least `least`. Raises ValueError unless `least` is above 0."""
    if not least > 0:
        raise ValueError("A step is above 0.")
    exponent = _exact(least).adjusted()
    leading = next(digit for digit in (1, 2, 5, 10) if digit >= _exact(least).scaleb(-exponent))
    return float(Decimal(leading).scaleb(exponent))


def round_to_step(value: float, step: float) -> float:
    """The multiple of `step` nearest to `value`, halves up. Idempotent: the result is the shortest float of it."""
    unit = _exact(step)
    return float((_exact(value) / unit).quantize(Decimal(1), rounding=ROUND_HALF_UP) * unit) + 0.0  # no -0.0


def decimals_of(step: float) -> int:
    """Decimal places that every multiple of `step` needs."""
    exponent = _exact(step).normalize().as_tuple().exponent
    return max(0, -int(exponent))


def round_se(se: float, step: float) -> float:
    """A standard error as shown: on the step, at least one step (the rounding alone hides that much)."""
    return max(round_to_step(se, step), round_to_step(step, step))


def score_text(value: float, se: float, step: float) -> str:
    """ "0.83 ± 0.02": value and standard error on the step, with as many decimals as it has."""
    places = decimals_of(step)
    return f"{round_to_step(value, step):.{places}f} ± {round_se(se, step):.{places}f}"


def decimals_for(value: float, *, digits: int = 4) -> int:
    """Decimal places that show `digits` significant digits of a value: 4 for 0.8123, 1 for 812.3, 7 for 0.0008123."""
    return digits if not value else max(0, digits - 1 - _exact(abs(value)).adjusted())


def _exact(number: float) -> Decimal:
    return Decimal(repr(float(number)))
