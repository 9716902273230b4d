"""How a text encoder makes one vector of many."""

from __future__ import annotations

import json
from pathlib import Path

from ..contract.facts import Pooling
from ..contract.families import Family
from .errors import ConversionError

STATEMENT = Path("1_Pooling", "config.json")
"""Where sentence-transformers writes it: a `pooling_mode`, or a switch `pooling_mode_<mode>` for each."""
MODES: dict[str, Pooling] = {"mean": "mean", "mean_tokens": "mean", "cls": "cls", "cls_token": "cls"}


def pooling_of(folder: Path, family: Family, chosen: Pooling | None) -> Pooling | None:
    """As chosen, else what the source states, else mean; None for a family that has no choice.

    Raises `ConversionError` where the source states what we do not have.
    """
    if family != "encoder":
        return None
    modes = [] if chosen else _stated(folder / STATEMENT)
    if not modes:
        return chosen or "mean"
    if len(modes) > 1 or modes[0] not in MODES:
        raise ConversionError(
            f"It pools by {' and '.join(modes)}; only mean or cls is known here: choose by --pooling."
        )
    return MODES[modes[0]]


def _stated(path: Path) -> list[str]:
    if not path.exists():
        return []
    try:
        stated = json.loads(path.read_text("utf-8"))
        switches = [key.removeprefix("pooling_mode_") for key, value in stated.items() if value is True]
    except (ValueError, AttributeError) as error:
        raise ConversionError(f"{STATEMENT} cannot be read: {error}") from error
    named = [str(stated["pooling_mode"])] if "pooling_mode" in stated else []
    return named or [mode for mode in switches if f"pooling_mode_{mode}" in stated]
