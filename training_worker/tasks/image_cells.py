"""Tasks that answer for places of an image: one vector of each cell of a grid that is laid over the whole image.

Of a convolutional network a cell has what its stages say of it (hypercolumns, Hariharan et al. 2015): the finest stage
of at most `MOST_CELLS` cells (else the coarsest) makes the grid, the coarser ones are scaled to it, and the four pixels
of the next finer one stand side by side; each stage is normalised over its channels. Of a vision transformer it is the
patch's vector.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoConfig, AutoModel

from .base import FeatureTask, TaskModel
from .heads import LinearHead
from .scenes import SceneTask
from .split import Row
from .vision_backbone import load_vision_backbone

MOST_CELLS = 256
STAGED = ("efficientnet", "resnet", "regnet", "convnext", "convnextv2", "mobilenet_v2")
PATCHED = ("vit", "deit", "dinov2")
ARCHITECTURES = (*STAGED, *PATCHED)
"""Those whose stages or patches are known to come out as they are read here (tested)."""
MOST_IMAGES, IMAGES_PER_LABEL = 64, 16
"""That the base score is made from."""

CELLS_OF_STAGES = """\
def norm(stage):
    return torch.nn.functional.layer_norm(stage.movedim(1, -1), stage.shape[1:2]).movedim(-1, 1)

def cells(pixels):
    states = model(pixel_values=pixels, output_hidden_states=True).hidden_states
    stages = {{tuple(stage.shape[-2:]): norm(stage) for stage in states}}
    found = [torch.nn.functional.pixel_unshuffle(stage, 2) for size, stage in stages.items() if size == {finer}]
    found += [torch.nn.functional.interpolate(stage, {grid}, mode="bilinear") for size, stage in stages.items()
              if size[0] <= {grid}[0] and size[1] <= {grid}[1]]
    return torch.cat(found, 1).flatten(2).mT @ head["weight"].T + head["bias"]
"""
CELLS_OF_PATCHES = """\
def cells(pixels):
    return model(pixel_values=pixels).last_hidden_state[:, -{count}:] @ head["weight"].T + head["bias"]
"""


@dataclass(frozen=True)
class Grid:
    """Cells of an image as a model sees it; `features` are those of a cell."""

    rows: int
    columns: int
    features: int

    @property
    def count(self) -> int:
        return self.rows * self.columns


class CellModel(TaskModel):
    def features(self, **inputs: Tensor) -> Tensor:
        """(B, L, H): the cells row by row."""
        return cell_map(self.backbone, inputs["pixel_values"]).flatten(2).transpose(1, 2).float()


def cell_map(backbone: Any, pixels: Tensor) -> Tensor:
    """(B, H, rows, columns)."""
    outputs = backbone(pixel_values=pixels, output_hidden_states=True)
    if backbone.config.model_type in PATCHED:
        patch = backbone.config.patch_size
        rows, columns = pixels.shape[-2] // patch, pixels.shape[-1] // patch
        patches: Tensor = outputs.last_hidden_state[:, -rows * columns :]
        return patches.transpose(1, 2).reshape(len(patches), -1, rows, columns)
    stages = {tuple(stage.shape[-2:]): _normalised(stage) for stage in outputs.hidden_states}
    grid = max(
        [size for size in stages if math.prod(size) <= MOST_CELLS] or [min(stages, key=math.prod)], key=math.prod
    )
    finer = stages.get((2 * grid[0], 2 * grid[1]))
    found = [] if finer is None else [functional.pixel_unshuffle(finer, 2)]
    coarse = [stage for size, stage in stages.items() if size[0] <= grid[0] and size[1] <= grid[1]]
    return torch.cat([*found, *(functional.interpolate(stage, list(grid), mode="bilinear") for stage in coarse)], dim=1)


def _normalised(stage: Tensor) -> Tensor:
    return functional.layer_norm(stage.float().movedim(1, -1), stage.shape[1:2]).movedim(-1, 1)


class CellTask(SceneTask, FeatureTask):
    """A `LinearHead` on the features of each cell."""

    @property
    @abstractmethod
    def outputs_per_cell(self) -> int: ...

    @abstractmethod
    def targets_of(self, row: Row) -> Tensor:
        """Of an example: (L, …)."""

    @abstractmethod
    def labels_in(self, row: Row) -> set[str]: ...

    @cached_property
    def grid(self) -> Grid:
        """Found without a weight."""
        config: Any = AutoConfig.from_pretrained(self.context.folder, local_files_only=True, trust_remote_code=False)
        height, width = self.seen
        with torch.device("meta"), torch.no_grad():
            cells = cell_map(AutoModel.from_config(config).eval(), torch.zeros(1, 3, height, width))  # type: ignore[no-untyped-call]
        return Grid(cells.shape[2], cells.shape[3], cells.shape[1])

    def read_targets(self, rows: Sequence[Row]) -> Tensor:
        """(N, L, …)"""
        return torch.stack([self.targets_of(row) for row in rows])

    def build_model(self) -> CellModel:
        backbone = load_vision_backbone(self.context.folder)
        return CellModel(backbone, LinearHead(self.grid.features, self.outputs_per_cell, dropout=0.0))

    def usage(self, architecture: str) -> str:
        """Python that defines `pixels_of(image)` and `cells(pixels)`, what the top says of each cell."""
        grid, pixels = self.grid, self.pixels_usage("do_center_crop=False")
        if architecture in PATCHED:
            return f"{pixels}\n{CELLS_OF_PATCHES.format(count=grid.count)}"
        finer = (2 * grid.rows, 2 * grid.columns)
        return f"{pixels}\n{CELLS_OF_STAGES.format(grid=(grid.rows, grid.columns), finer=finer)}"

    def choose_examples(self, rows: Sequence[Row]) -> list[int]:
        """The images of one seeded shuffle that have a label of which there are not enough yet, sorted."""
        generator = torch.Generator().manual_seed(self.context.base_seed)
        counts = dict.fromkeys(self.context.labels, 0)
        chosen: list[int] = []
        for index in torch.randperm(len(rows), generator=generator).tolist():
            labels = self.labels_in(rows[index])
            if len(chosen) < MOST_IMAGES and (not chosen or any(counts[one] < IMAGES_PER_LABEL for one in labels)):
                chosen.append(index)
                for label in labels:
                    counts[label] += 1
        return sorted(chosen)

    def start_at_random(self, top: nn.Module) -> None:
        assert isinstance(top, LinearHead)
        top.draw()


def public_options(model: TaskModel) -> dict[str, Any]:
    """What loads the backbone without the pooler that it has not got here."""
    return {"add_pooling_layer": False} if getattr(model.backbone, "pooler", 0) is None else {}
