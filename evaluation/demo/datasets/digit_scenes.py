"""The challenge "Where are which digits?": scenes of handwritten digits, which come with scikit-learn.

python -m evaluation.demo.datasets.digit_scenes FOLDER
"""

from __future__ import annotations

import hashlib
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from evaluation.demo.base_model import EFFICIENTNET_96
from evaluation.demo.configs import BASELINE_NOTE, config
from evaluation.demo.pip_download import FetchFailed
from evaluation.demo.recipe import Recipe

from .bundle import Sizes, run, write_rows
from .scenes import SIDE, Scene, Thing, scenes

PIXELS_SHA256 = "8f26b2bd9d135c256808f68f14fdabddde6d9c7f869ae419704b051f0f14b3b3"
"""Of the 1,797 digits as scikit-learn has them, 8 × 8 bytes each."""
SIZES = Sizes(train=400, validation=100, test=400)
MODEL = EFFICIENTNET_96.slug
MAX_STEPS, MAX_SECONDS = 1000, 600.0
SEED = 20261127

CHALLENGE_YAML: dict[str, Any] = {
    "slug": "digit-scenes",
    "title": "Where are which digits?",
    "summary": "Find one to four handwritten digits in a small grey scene.",
    "description": f"""Each item is a grey scene of {SIDE} × {SIDE} pixels with one to four handwritten digits.
Say where each is, by the box around it, and which it is. The score is COCO's average precision.

**Data.** {SIZES.train:,} scenes to train on, {SIZES.validation} to validate, {SIZES.test:,} hidden test ones, of
which 30 % make the public score. No digit of a training scene is in a test scene.

**What you submit** is a config: a base model, a fine-tuning method and its hyper-parameters. The platform trains,
predicts and scores; a run may take {MAX_STEPS:,} steps or {MAX_SECONDS:g} seconds.

The digits are those of E. Alpaydin and C. Kaynak (UCI, 1998) as scikit-learn has them. They are public, as a demo's
data may be.
""",
    "task": "object-detection",
    "primary_metric": "map",
    "labels": [str(digit) for digit in range(10)],
    "limits": {
        "base_models": [MODEL],
        "methods": ["head", "full"],
        "budget": {"max_steps": MAX_STEPS, "max_seconds": MAX_SECONDS, "max_memory_mb": 6144},
    },
    "phases": [{"name": "Main", "precision": "fp32"}],
    "license": "CC-BY-4.0",
    "source": "Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, UCI 1998, in scikit-learn.",
}


def read_digits() -> list[Thing]:
    """All of them, in an order of their own. Raises `FetchFailed` where scikit-learn has others."""
    from sklearn.datasets import load_digits

    found = load_digits()
    pixels = found.images.astype(np.uint8)
    if hashlib.sha256(pixels.tobytes()).hexdigest() != PIXELS_SHA256:
        raise FetchFailed("scikit-learn's digits are not the expected ones.")
    things = [
        Thing(Image.fromarray(np.minimum(255, one * 16).astype(np.uint8)), str(label))
        for one, label in zip(pixels, found.target.tolist(), strict=True)
    ]
    random.Random(SEED).shuffle(things)
    return things


def make_scenes(things: list[Thing]) -> list[Scene]:
    """Those of train, validation and test, one after another; each split has digits of its own."""
    rng = random.Random(SEED)
    first, last = len(things) // 2, 2 * len(things) // 3
    parts = (things[:first], SIZES.train), (things[first:last], SIZES.validation), (things[last:], SIZES.test)
    return [scene for part, count in parts for scene in scenes(part, count, rng, sides=(16, 26), most=4)]


def write_bundle(folder: Path, made: list[Scene]) -> None:
    rows = [
        {"id": f"s{one.key}", "image": f"{one.key}.png", "width": SIDE, "height": SIDE, "objects": one.objects}
        for one in made
    ]
    write_rows(folder, CHALLENGE_YAML, rows, target="objects", sizes=SIZES)
    (folder / "files").mkdir(exist_ok=True)
    for one in made:
        (folder / "files" / f"{one.key}.png").write_bytes(one.png)


def make(folder: Path) -> None:
    write_bundle(folder, make_scenes(read_digits()))


RECIPE = Recipe(
    challenge=CHALLENGE_YAML,
    model=EFFICIENTNET_96,
    make=make,
    configs=(
        config(MODEL, "head", 1e-2, 15),
        config(MODEL, "full", 1e-3, 5, 8),
    ),
    baseline=config(MODEL, "head", 1e-3, 5),
    baseline_note=BASELINE_NOTE,
    version=2,
)


if __name__ == "__main__":
    sys.exit(run(make))
