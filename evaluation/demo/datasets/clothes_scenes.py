"""The challenge "Which pixel is what?": scenes of clothes, cut out of the photographs of Fashion-MNIST.

python -m evaluation.demo.datasets.clothes_scenes FOLDER
"""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

from PIL import Image

from evaluation.demo.base_model import EFFICIENTNET_128
from evaluation.demo.configs import BASELINE_NOTE, config
from evaluation.demo.recipe import Recipe

from . import fashion_mnist
from .bundle import FETCHED, Sizes, run, write_rows
from .fashion_mnist import Photograph, read_photographs
from .scenes import SIDE, Scene, Thing, scenes

KINDS = {
    "trouser": "trouser",
    "dress": "dress",
    "pullover": "top",
    "t-shirt": "top",
    "sneaker": "shoe",
    "ankle boot": "shoe",
    "bag": "bag",
}
BACKGROUND = "background"
LABELS = (BACKGROUND, *dict.fromkeys(KINDS.values()))
SIZES = Sizes(train=300, validation=100, test=300)
MODEL = EFFICIENTNET_128.slug
MAX_STEPS, MAX_SECONDS = 1000, 600.0
SEED = 20261127

CHALLENGE_YAML: dict[str, Any] = {
    "slug": "clothes-scenes",
    "title": "Which pixel is what?",
    "summary": "Tell trousers, dresses, tops, shoes and bags in a small grey scene, pixel by pixel.",
    "description": f"""Each item is a grey scene of {SIDE} × {SIDE} pixels with one to three pieces of clothing.
Say of every pixel what it belongs to. The score is the mean intersection over union of the labels.

**Data.** {SIZES.train:,} scenes to train on, {SIZES.validation} to validate, {SIZES.test:,} hidden test ones, of
which 30 % make the public score.

**What you submit** is a config: a base model, a fine-tuning method and its hyper-parameters. The platform trains,
predicts and scores; a run may take {MAX_STEPS:,} steps or {MAX_SECONDS:g} seconds.

The photographs are those of Fashion-MNIST (Zalando SE, 2017), under the MIT licence. They are public, as a demo's data
may be.
""",
    "task": "image-segmentation",
    "primary_metric": "mean_iou",
    "labels": list(LABELS),
    "limits": {
        "base_models": [MODEL],
        "methods": ["head", "full"],
        "budget": {"max_steps": MAX_STEPS, "max_seconds": MAX_SECONDS, "max_memory_mb": 6144},
    },
    "phases": [{"name": "Main", "precision": "fp32"}],
    "license": fashion_mnist.ORIGIN["license"],
    "source": f"{fashion_mnist.ORIGIN['package']}. {fashion_mnist.ORIGIN['citation']}",
}


def things_of(photographs: list[Photograph]) -> list[Thing]:
    return [
        Thing(Image.frombytes("L", (fashion_mnist.SIDE, fashion_mnist.SIDE), one.pixels), KINDS[one.label])
        for one in photographs
        if one.label in KINDS
    ]


def make_scenes(train: list[Photograph], test: list[Photograph]) -> list[Scene]:
    """Those of train, validation and test, one after another; each split has photographs of its own."""
    rng, cut = random.Random(SEED), 3 * len(train) // 4
    parts = (train[:cut], SIZES.train), (train[cut:], SIZES.validation), (test, SIZES.test)
    return [one for part, count in parts for one in scenes(things_of(part), count, rng, sides=(24, 32), most=3)]


def write_bundle(folder: Path, made: list[Scene]) -> None:
    rows = [
        {"id": f"s{one.key}", "image": f"{one.key}.png", "width": SIDE, "height": SIDE, "mask": one.mask(BACKGROUND)}
        for one in made
    ]
    write_rows(folder, CHALLENGE_YAML, rows, target="mask", sizes=SIZES)
    (folder / "files").mkdir(exist_ok=True)
    for one in made:
        (folder / "files" / f"{one.key}.png").write_bytes(one.png)


def make(folder: Path) -> None:
    """Fetch what is not there yet and write the bundle."""
    source = fashion_mnist.fetch(FETCHED / "fashion-mnist")
    write_bundle(folder, make_scenes(read_photographs(source, "train"), read_photographs(source, "t10k")))


RECIPE = Recipe(
    challenge=CHALLENGE_YAML,
    model=EFFICIENTNET_128,
    make=make,
    configs=(
        config(MODEL, "head", 1e-2, 15),
        config(MODEL, "full", 1e-3, 3, 8),
    ),
    baseline=config(MODEL, "head", 1e-3, 5),
    baseline_note=BASELINE_NOTE,
    version=2,
)


if __name__ == "__main__":
    sys.exit(run(make))
