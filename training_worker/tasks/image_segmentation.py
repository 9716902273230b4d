"""`image-segmentation`: one of the data's labels for each pixel. Each cell of the image's grid answers for
`SIDE` × `SIDE` parts of it, and each pixel of the image has the answer of the part that it lies in."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..contract.sentences import CELL_PROTOTYPES
from ..contract.tasks.image_segmentation import SPEC
from ..metrics.runs import Mask, nearest, read_mask
from . import prototypes
from .base import Outputs, PublicForm, TaskModel
from .class_output import LabelTask
from .heads import LinearHead
from .image_cells import CellTask, public_options
from .loss import PLAIN, LossOptions
from .scenes import SceneSplit
from .split import Batch, FeatureSplit, Row, Split, inputs_of

SIDE = 4
USAGE = """\
@torch.inference_mode()
def predict(image):  # a PIL image; the label of each pixel, row by row
    parts = cells(pixels_of(image))[0].unflatten(-1, ({side} * {side}, -1)).argmax(-1)
    parts = parts.view({rows}, {columns}, {side}, {side}).transpose(1, 2).reshape({rows} * {side}, {columns} * {side})
    y = ((torch.arange(image.height) + 0.5) * {rows} * {side} / image.height).long()
    x = ((torch.arange(image.width) + 0.5) * {columns} * {side} / image.width).long()
    return [[labels[number] for number in row] for row in parts[y][:, x].tolist()]
"""


class ImageSegmentation(CellTask, LabelTask):
    spec = SPEC

    @property
    def outputs_per_cell(self) -> int:
        return SIDE * SIDE * len(self.context.labels)

    def targets_of(self, row: Row) -> Tensor:
        """(L, SIDE²): class of each part of each cell."""
        mask = read_mask(row[self.spec.target.name], self.label_numbers)
        assert isinstance(mask, Mask)
        rows, columns = self.grid.rows, self.grid.columns
        parts = torch.from_numpy(nearest(mask.pixels, rows * SIDE, columns * SIDE)).long()
        return parts.view(rows, SIDE, columns, SIDE).transpose(1, 2).reshape(rows * columns, SIDE * SIDE)

    def labels_in(self, row: Row) -> set[str]:
        return set(row[self.spec.target.name]["labels"])

    # --- training --------------------------------------------------------------------------------------------

    def start_at_base(self, top: nn.Module, examples: FeatureSplit) -> None:
        """Each part of a cell by prototypes of its own."""
        assert isinstance(top, LinearHead)
        targets = examples.targets(range(len(examples.ids))).flatten(0, 1)
        count = len(self.context.labels)
        heads = [prototypes.prototype_head(examples.features, part, count) for part in targets.T]
        top.set(torch.cat([weight for weight, _ in heads]), torch.cat([bias for _, bias in heads]))

    def start_at_random(self, top: nn.Module) -> None:
        LabelTask.start_at_random(self, top)

    @property
    def base_method(self) -> str:
        return CELL_PROTOTYPES

    def loss(self, outputs: Outputs, batch: Batch, options: LossOptions = PLAIN) -> Tensor:
        """Cross-entropy of the parts of cells."""
        return super().loss(self._parts(outputs), batch, options)

    def _parts(self, outputs: Tensor) -> Tensor:
        """(…, L, SIDE², C) from (…, L, SIDE²·C)."""
        return outputs.view(*outputs.shape[:-1], SIDE * SIDE, len(self.context.labels))

    # --- answers ---------------------------------------------------------------------------------------------

    def answer(self, part: nn.Module, batch: Batch) -> tuple[Tensor, Outputs]:
        """(B, L, SIDE²) class numbers, NaN where they come of numbers that are not finite: the logits of many classes
        would not fit into memory for a whole split."""
        outputs = part(**inputs_of(batch))
        logits = self._parts(outputs)
        numbers = logits.argmax(dim=-1).float()
        return numbers.masked_fill(~logits.isfinite().all(dim=-1), torch.nan), outputs

    def decode(self, outputs: Sequence[Tensor], split: Split) -> list[Mask]:
        assert isinstance(split, SceneSplit)
        return [self._mask(numbers, *size) for numbers, size in zip(outputs, split.sizes, strict=True)]

    def _mask(self, numbers: Tensor, height: int, width: int) -> Mask:
        rows, columns = self.grid.rows, self.grid.columns
        parts = numbers.nan_to_num().long().view(rows, columns, SIDE, SIDE).transpose(1, 2)
        return Mask.of(nearest(parts.reshape(rows * SIDE, columns * SIDE).numpy(), height, width))

    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        usage = USAGE.format(side=SIDE, rows=self.grid.rows, columns=self.grid.columns)
        return PublicForm(
            pipeline_tag=self.spec.id,
            auto_class="AutoModel",
            processor_class="AutoImageProcessor",
            usage=f"{self.usage(str(model.backbone.config.model_type))}\n{usage}",  # type: ignore[union-attr]
            options=public_options(model),
            processor_options={"backend": "pil"},
        )


TASK = ImageSegmentation
