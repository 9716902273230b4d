"""Names that data sets give to their splits."""

from __future__ import annotations

import re

SPLIT_NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev", "eval"),
    "test": ("test", "testing"),
}
_OURS = {theirs: ours for ours, names in SPLIT_NAMES.items() for theirs in names}


def split_of(name: str) -> str:
    """The split that a name begins with: `train-00000-of-00002.parquet`; "" where it names none."""
    word = re.split(r"[^a-z]", name.lower(), maxsplit=1)[0]
    return _OURS.get(word, "")
