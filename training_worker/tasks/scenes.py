"""Tasks on whole images, whatever their shape, scaled to what the model sees; answers are about places in them."""

from __future__ import annotations

import tarfile
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from transformers import BaseImageProcessor

from ..contract.log_lines import Log, LogMessage
from .base import Task
from .image_classification import ImageSplit
from .image_processor import Normalization, load_image_processor, process
from .split import Row, Split

PIXELS = """\
def pixels_of(image):
    resized = image.convert("RGB").resize(({width}, {height}), {resample})
    return processor(resized, do_resize=False, {options}, return_tensors="pt").pixel_values
"""


@dataclass(frozen=True)
class SceneSplit(ImageSplit):
    """`sizes` are the images' own (height, width)."""

    sizes: tuple[tuple[int, int], ...] = ()


class SceneTask(Task):
    """Rows have the columns `image`, `width` and `height`."""

    @abstractmethod
    def read_targets(self, rows: Sequence[Row]) -> Tensor:
        """(N, …) of rows that have a target."""

    def load_processor(self, folder: Path) -> BaseImageProcessor:
        return load_image_processor(folder)

    @cached_property
    def label_numbers(self) -> dict[str, int]:
        return {label: number for number, label in enumerate(self.context.labels)}

    @cached_property
    def seen(self) -> tuple[int, int]:
        """Height and width of an image as the model sees it, in pixels: those of what its processor makes of a square
        one."""
        height, width = process(Image.new("RGB", (64, 64)), self.processor).shape[1:]
        return height, width

    def encode(self, rows: Sequence[Row], split: str, max_length: int) -> SceneSplit:
        has_targets = bool(rows) and self.spec.target.name in rows[0]
        return SceneSplit(
            ids=tuple(str(row["id"]) for row in rows),
            values=self.read_targets(rows) if has_targets else None,
            normalization=Normalization.of(self.processor),
            read=lambda: self._read_all(self.context.archives[split], rows),
            sizes=tuple((int(row["height"]), int(row["width"])) for row in rows),
        )

    def _read_all(self, path: Path, rows: Sequence[Row]) -> Tensor:
        """Raises OSError for an image that cannot be decoded: the site has decoded each when it was imported."""
        with tarfile.open(path) as archive:
            return torch.stack([self._read(archive, str(row["image"])) for row in rows])

    def _read(self, archive: tarfile.TarFile, name: str) -> Tensor:
        file, (height, width) = archive.extractfile(name), self.seen
        assert file is not None
        with file, Image.open(file) as image:
            whole = image.convert("RGB").resize((width, height), self.resample)
        return (
            torch.frombuffer(bytearray(whole.tobytes()), dtype=torch.uint8).view(*whole.size[::-1], 3).permute(2, 0, 1)
        )

    @property
    def resample(self) -> int:
        """The processor's own filter, of Pillow's."""
        return int(getattr(self.processor, "resample", None) or Image.Resampling.BILINEAR)

    def describe(self, split: Split, max_length: int) -> LogMessage:
        height, width = self.seen
        return LogMessage(Log.IMAGES, {"width": width, "height": height})

    def pixels_usage(self, options: str) -> str:
        """Python that defines `pixels_of(image)`; `options` are what the processor is told beside."""
        height, width = self.seen
        return PIXELS.format(width=width, height=height, resample=self.resample, options=options)
