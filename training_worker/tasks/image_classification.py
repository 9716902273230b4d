"""`image-classification`: one image, one of the data's labels."""

from __future__ import annotations

import math
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForImageClassification, BaseImageProcessor

from ..contract.log_lines import Log, LogMessage
from ..contract.tasks.image_classification import SPEC
from .base import PublicForm, TaskModel
from .class_output import ClassTask
from .heads import LinearHead
from .image_processor import Normalization, load_image_processor, resize
from .split import TARGETS, Batch, Row, Split
from .vision_backbone import load_vision_backbone

USAGE = """\
@torch.inference_mode()
def predict(image):  # a PIL image
    outputs = model(**processor(image.convert("RGB"), return_tensors="pt")).logits
    return dict(zip(labels.values(), outputs.softmax(-1)[0].tolist()))
"""


@dataclass(frozen=True)
class ImageSplit:
    """Images decoded and resized once, when they are first asked for: uint8 (N, 3, H, W). `values` (N,) are the
    targets."""

    ids: tuple[str, ...]
    values: Tensor | None
    normalization: Normalization
    read: Callable[[], Tensor]

    @cached_property
    def pixels(self) -> Tensor:
        return self.read()

    @cached_property
    def costs(self) -> list[int]:
        """In kilopixels."""
        height, width = self.pixels.shape[-2:]
        return [math.ceil(height * width / 1000)] * len(self.ids)

    @property
    def has_targets(self) -> bool:
        return self.values is not None

    def collate(self, indices: Sequence[int]) -> Batch:
        """`pixel_values` float32 (B, 3, H, W)."""
        batch = {"pixel_values": self.normalization(self.pixels[list(indices)])}
        return batch | {TARGETS: self.targets(indices)} if self.has_targets else batch

    def targets(self, indices: Sequence[int]) -> Tensor:
        assert self.values is not None
        return self.values[list(indices)]

    def unpack(self, values: Tensor, indices: Sequence[int]) -> list[Tensor]:
        return list(values)


class ImageModel(TaskModel):
    """A convolutional network or vision transformer: one vector of each image, the one that transformers' own
    `AutoModelForImageClassification` puts its classifier on."""

    def features(self, **inputs: Tensor) -> Tensor:
        """(B, H): what the model pools itself, else the vector of its first token."""
        outputs = self.backbone(**inputs)
        pooled: Tensor | None = getattr(outputs, "pooler_output", None)
        vector = outputs.last_hidden_state[:, 0] if pooled is None else pooled
        return vector.flatten(1).float()


@dataclass(frozen=True)
class Classifier:
    """The classifier of transformers' own class for an architecture: name of its linear layer, width, dropout."""

    layer: str
    width: int
    dropout: float


class ImageClassification(ClassTask):
    spec = SPEC

    def load_processor(self, folder: Path) -> BaseImageProcessor:
        return load_image_processor(folder)

    def encode(self, rows: Sequence[Row], split: str, max_length: int) -> ImageSplit:
        return ImageSplit(
            ids=tuple(row["id"] for row in rows),
            values=self.read_targets(rows),
            normalization=Normalization.of(self.processor),
            read=lambda: self._read_all(self.context.archives[split], rows),
        )

    def _read_all(self, path: Path, rows: Sequence[Row]) -> Tensor:
        """Raises OSError for an image that cannot be decoded: the site has decoded each when it was imported."""
        column = self.spec.inputs[0].name
        with tarfile.open(path) as archive:
            return torch.stack([self._read(archive, str(row[column])) for row in rows])

    def _read(self, archive: tarfile.TarFile, name: str) -> Tensor:
        file = archive.extractfile(name)
        assert file is not None
        with file, Image.open(file) as image:
            return resize(image.convert("RGB"), self.processor)

    def describe(self, split: Split, max_length: int) -> LogMessage:
        assert isinstance(split, ImageSplit)
        height, width = split.pixels.shape[-2:]
        return LogMessage(Log.IMAGES, {"width": width, "height": height})

    def build_model(self) -> ImageModel:
        backbone = load_vision_backbone(self.context.folder)
        own = self.classifier
        return ImageModel(backbone, LinearHead(own.width, len(self.context.labels), own.dropout))

    @cached_property
    def classifier(self) -> Classifier:
        config: Any = AutoConfig.from_pretrained(self.context.folder, local_files_only=True, trust_remote_code=False)
        config.num_labels = max(2, len(self.context.labels))
        with torch.device("meta"):
            public = AutoModelForImageClassification.from_config(config)  # type: ignore[no-untyped-call]
        name, layer = [(n, m) for n, m in public.named_modules() if isinstance(m, nn.Linear)][-1]
        return Classifier(name, layer.in_features, getattr(config, "dropout_rate", 0.0))

    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        return PublicForm(
            pipeline_tag=self.spec.id,
            auto_class="AutoModelForImageClassification",
            processor_class="AutoImageProcessor",
            usage=USAGE,
            layer=self.classifier.layer,
            processor_options={"backend": "pil"},
        )


TASK = ImageClassification
