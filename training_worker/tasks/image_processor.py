"""A vision model's image processor in two steps: resizing, done once an image, and normalising, done batch by batch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from transformers import AutoImageProcessor, BaseImageProcessor


def load_image_processor(folder: Path) -> BaseImageProcessor:
    """That of Pillow and numpy, whatever else is installed: the same pixels on every node."""
    processor: BaseImageProcessor = AutoImageProcessor.from_pretrained(  # type: ignore[no-untyped-call]
        folder, local_files_only=True, trust_remote_code=False, backend="pil"
    )
    return processor


def process(image: Image.Image, processor: Any, **options: Any) -> Tensor:
    """What the processor makes of one RGB image, (3, H, W)."""
    pixels: Tensor = processor(image, return_tensors="pt", **options)["pixel_values"][0]
    return pixels


def resize(image: Image.Image, processor: Any) -> Tensor:
    """The image as uint8 (3, H, W), resized and cropped, not yet normalised."""
    extra = {"include_top": False} if hasattr(processor, "include_top") else {}  # EfficientNet normalises twice by it
    return process(image, processor, do_rescale=False, do_normalize=False, **extra).to(torch.uint8)


@dataclass(frozen=True)
class Normalization:
    """What the processor does after resizing, `pixel · scale + shift`, each (3, 1, 1)."""

    scale: Tensor
    shift: Tensor

    @classmethod
    def of(cls, processor: BaseImageProcessor) -> Normalization:
        """Read off a black and a white image. Raises ValueError where it is no such line."""
        black, grey, white = (_plain(level, processor) for level in (0, 102, 255))
        found = cls(scale=(white - black) / 255, shift=black)
        if not torch.allclose(found(torch.full((3, 1, 1), 102)), grey, rtol=1e-4, atol=1e-5):
            raise ValueError("the image processor does more than resize, crop and normalise")
        return found

    def __call__(self, pixels: Tensor) -> Tensor:
        """float32 (…, 3, H, W) from uint8."""
        return pixels.float() * self.scale + self.shift


def _plain(level: int, processor: BaseImageProcessor) -> Tensor:
    """The middle pixel, (3, 1, 1), of a processed image that is one grey."""
    pixels = process(Image.new("RGB", (64, 64), (level,) * 3), processor)
    row, column = (size // 2 for size in pixels.shape[1:])
    return pixels[:, row : row + 1, column : column + 1]
