"""Values of the data's columns as texts. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from training_worker.contract.base import JSON


def texts_in(value: JSON) -> Iterator[str]:
    """Every text and number in a value, in order; of objects the values alone."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from texts_in(part)
    elif value is not None:
        yield str(value)


def value_text(value: JSON) -> str:
    """A value as one line; "" for none, numbers with four digits."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return " ".join(texts_in(value))
