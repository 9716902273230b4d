"""The challenge "What is it to wear?": photographs of clothes from a Debian package that is unpacked, not installed.

python -m evaluation.demo.datasets.fashion_mnist FOLDER
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from evaluation.demo.base_model import EFFICIENTNET_96
from evaluation.demo.configs import BASELINE_NOTE, config
from evaluation.demo.pip_download import TIMEOUT_SECONDS, FetchFailed, write_whole
from evaluation.demo.recipe import Recipe

from .bundle import FETCHED, Sizes, run, write_rows

PACKAGE = "dataset-fashion-mnist"
PLACE = Path("usr", "share", "datasets", "fashion-mnist")
FILES = {
    "train-images-idx3-ubyte.gz": "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7",
    "train-labels-idx1-ubyte.gz": "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056",
    "t10k-images-idx3-ubyte.gz": "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa",
    "t10k-labels-idx1-ubyte.gz": "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05",
}
"""By name: sha256."""
ORIGIN = {
    "what": "Photographs of clothes, 28 x 28 greys, of ten kinds",
    "package": f"{PACKAGE} of Debian",
    "license": "MIT",
    "citation": "H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine "
    "Learning Algorithms. 2017.",
}
LABELS = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
SIDE = 28
SIZES = Sizes(train=1000, validation=200, test=1000)
MODEL = EFFICIENTNET_96.slug
MAX_STEPS, MAX_SECONDS = 500, 600.0

CHALLENGE_YAML: dict[str, Any] = {
    "slug": "fashion",
    "title": "What is it to wear?",
    "summary": "Tell ten kinds of clothes by a small grey photograph.",
    "description": f"""Each item is a photograph of a piece of clothing, {SIDE} × {SIDE} greys. Say which of ten kinds
it is.

**Data.** {SIZES.train:,} photographs to train on, {SIZES.validation} to validate, {SIZES.test:,} hidden test ones, of
which 30 % make the public score. All kinds are equally frequent.

**What you submit** is a config: a base model, a fine-tuning method and its hyper-parameters. The platform trains,
predicts and scores; a run may take {MAX_STEPS:,} steps or {MAX_SECONDS:g} seconds.

The photographs are those of Fashion-MNIST (Zalando SE, 2017), under the MIT licence. They are public, as a demo's data
may be.
""",
    "task": "image-classification",
    "primary_metric": "accuracy",
    "labels": list(LABELS),
    "limits": {
        "base_models": [MODEL],
        "methods": ["head", "full"],
        "budget": {"max_steps": MAX_STEPS, "max_seconds": MAX_SECONDS, "max_memory_mb": 6144},
    },
    "phases": [{"name": "Main", "precision": "fp32"}],
    "license": ORIGIN["license"],
    "source": f"{ORIGIN['package']}. {ORIGIN['citation']}",
}


@dataclass(frozen=True)
class Photograph:
    pixels: bytes
    """Rows of greys from 0, black, to 255."""
    label: str

    @property
    def key(self) -> str:
        """Decides order, id and file name: nothing of it is the origin's own number."""
        return hashlib.sha256(b"fashion " + self.pixels).hexdigest()

    @property
    def file(self) -> str:
        return f"{self.key[:12]}.png"

    def png(self) -> bytes:
        file = io.BytesIO()
        Image.frombytes("L", (SIDE, SIDE), self.pixels).save(file, "PNG")
        return file.getvalue()


def fetch(folder: Path) -> Path:
    """`folder` with the four files in it, downloaded if need be. Raises `FetchFailed`."""
    if all(_is_whole(folder / name, sha256) for name, sha256 in FILES.items()):
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        unpacked = _download(Path(name))
        for file, sha256 in FILES.items():
            if not _is_whole(unpacked / file, sha256):
                raise FetchFailed(f"{file} is not the expected file: its sha256 is wrong.")
            write_whole(folder / file, (unpacked / file).read_bytes())
    write_whole(folder / "ORIGIN.json", json.dumps(ORIGIN | {"sha256": FILES}, indent=2).encode())
    return folder


def _is_whole(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def _download(folder: Path) -> Path:
    """The folder of the package's files below `folder`."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise FetchFailed(
            f"The photographs are in Debian's package {PACKAGE}: fetch them on a Debian or Ubuntu machine."
        )
    done = _call(["apt-get", "download", PACKAGE], folder)
    packages = sorted(folder.glob(f"{PACKAGE}_*.deb"))
    if done.returncode != 0 or not packages:
        raise FetchFailed(
            f"apt-get could not download {PACKAGE}: run apt-get update and try again.\n{done.stderr.strip()}"
        )
    done = _call(["dpkg-deb", "--extract", packages[0].name, "unpacked"], folder)
    if done.returncode != 0:
        raise FetchFailed(f"dpkg-deb could not unpack {packages[0].name}.\n{done.stderr.strip()}")
    return folder / "unpacked" / PLACE


def _call(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, timeout=TIMEOUT_SECONDS)


def read_photographs(folder: Path, part: str) -> list[Photograph]:
    """Those of a part, `train` or `t10k`, each once, in an order of their own.

    The files are IDX: 16 bytes before the pixels, 8 before the labels.
    """
    pixels = gzip.decompress((folder / f"{part}-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((folder / f"{part}-labels-idx1-ubyte.gz").read_bytes())[8:]
    size = SIDE * SIDE
    found = {pixels[size * n : size * (n + 1)]: LABELS[label] for n, label in enumerate(labels)}
    return sorted((Photograph(*pair) for pair in found.items()), key=lambda photograph: photograph.key)


def balanced(photographs: Iterator[Photograph], count: int) -> list[Photograph]:
    """The first ones, `count` in all and of each label as many, in the order given."""
    left = dict.fromkeys(LABELS, count // len(LABELS))
    chosen = []
    for photograph in photographs:
        if left[photograph.label]:
            left[photograph.label] -= 1
            chosen.append(photograph)
        if len(chosen) == count:
            break
    return chosen


def write_bundle(folder: Path, train: list[Photograph], test: list[Photograph]) -> None:
    """Write the bundle into `folder`: `train` gives the training and validation photographs."""
    chosen = balanced(iter(train), SIZES.train)
    taken = {one.key for one in chosen}
    chosen += balanced((one for one in train if one.key not in taken), SIZES.validation)
    chosen += balanced(iter(test), SIZES.test)
    rows = [{"id": f"p{one.key[:12]}", "image": one.file, "label": one.label} for one in chosen]
    write_rows(folder, CHALLENGE_YAML, rows, target="label", sizes=SIZES)
    (folder / "files").mkdir(exist_ok=True)
    for one in chosen:
        (folder / "files" / one.file).write_bytes(one.png())


def make(folder: Path) -> None:
    """Fetch what is not there yet and write the bundle."""
    source = fetch(FETCHED / "fashion-mnist")
    write_bundle(folder, read_photographs(source, "train"), read_photographs(source, "t10k"))


RECIPE = Recipe(
    challenge=CHALLENGE_YAML,
    model=EFFICIENTNET_96,
    make=make,
    configs=(
        config(MODEL, "head", 1e-2, 10, 32),
        config(MODEL, "full", 3e-4, 2),
    ),
    baseline=config(MODEL, "head", 1e-3, 5, 32),
    baseline_note=BASELINE_NOTE,
    version=2,
)


if __name__ == "__main__":
    sys.exit(run(make))
