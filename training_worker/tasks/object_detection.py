"""`object-detection`: a box and a label for each object, found without anchors (after FCOS, Tian et al. 2019).

Each cell of the image's grid says how likely an object of each class has its middle there, and where its box lies: the
middle's distance from the cell's, and the logarithm of its sides, in cells.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..contract.sentences import BOX_PROTOTYPES
from ..contract.tasks.object_detection import SPEC
from ..metrics.box_matching import Found
from . import prototypes
from .base import Outputs, PublicForm, TaskModel
from .cell_boxes import LONGEST_SIDE, MIN_SCORE, assign, boxes_in_cells, focal_loss, giou_loss, kept_boxes
from .heads import LinearHead
from .image_cells import CellTask, public_options
from .loss import PLAIN, LossOptions
from .ridge import ridge_head
from .scenes import SceneSplit
from .set_detection import SetDetection
from .split import TARGETS, Batch, FeatureSplit, Row, Split

RARE = 3.0
"""A new head takes an object for as unlikely as a logit that much below 0: most cells have none."""
USAGE = """\
@torch.inference_mode()
def predict(image):  # a PIL image
    made = cells(pixels_of(image))[0]
    scores, box = made[:, :{classes}].sigmoid(), made[:, {classes}:]
    y, x = torch.meshgrid(torch.arange({rows}) + 0.5, torch.arange({columns}) + 0.5, indexing="ij")
    middle, side = torch.stack([x, y], -1).view(-1, 2) + box[:, :2], box[:, 2:].clamp(max={longest}).exp()
    scale = torch.tensor([image.width / {columns}, image.height / {rows}])
    corners = torch.cat([(middle - side / 2) * scale, (middle + side / 2) * scale], -1)
    corners = corners.clamp(min=0).minimum(torch.tensor([image.width, image.height] * 2))
    found = []
    for score, cell, number in sorted(((float(s), c, n) for (c, n), s in zip((scores >= {least}).nonzero().tolist(),
                                       scores[scores >= {least}])), reverse=True):
        a = corners[cell]
        def iou(b):
            inner = (torch.minimum(a[2:], b[2:]) - torch.maximum(a[:2], b[:2])).clamp(min=0).prod()
            return inner / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - inner)
        if all(number != other or iou(b) <= 0.5 for _, other, b in found):
            found.append((score, number, a))
    return [{{"label": labels[number], "score": score, "bbox": [*a[:2].tolist(), *(a[2:] - a[:2]).tolist()]}}
            for score, number, a in found if min(a[2:] - a[:2]) > 0][:100]
"""


class ObjectDetection(CellTask):
    spec = SPEC

    @property
    def classes(self) -> int:
        return len(self.context.labels)

    @property
    def outputs_per_cell(self) -> int:
        return self.classes + 4

    def targets_of(self, row: Row) -> Tensor:
        """(L, 5): class of a cell's object, -1 for none; its middle and sides in cells."""
        scale = self.grid.columns / float(row["width"]), self.grid.rows / float(row["height"])
        objects = [(self.label_numbers[one["label"]], *map(float, one["bbox"])) for one in row[self.spec.target.name]]
        return assign(objects, scale, self.grid.rows, self.grid.columns)

    def labels_in(self, row: Row) -> set[str]:
        return {one["label"] for one in row[self.spec.target.name]}

    # --- training --------------------------------------------------------------------------------------------

    def start_at_base(self, top: nn.Module, examples: FeatureSplit) -> None:
        """Each class against the cells without an object by its prototype; boxes by ridge regression."""
        assert isinstance(top, LinearHead)
        targets = examples.targets(range(len(examples.ids)))
        classes = targets[..., 0].flatten().long()
        weight, bias = prototypes.prototype_head(
            examples.features, torch.where(classes < 0, self.classes, classes), self.classes + 1
        )
        weight, bias = weight[:-1] - weight[-1], bias[:-1] - bias[-1] - RARE
        is_there = classes >= 0
        wanted = boxes_in_cells(targets, self.grid.columns).flatten(0, 1)[is_there]
        fitted = [ridge_head(examples.features[is_there], column) for column in wanted.T] if is_there.any() else []
        box_weight = torch.cat([one for one, _ in fitted]) if fitted else torch.zeros(4, weight.shape[1])
        box_bias = torch.cat([one for _, one in fitted]) if fitted else torch.zeros(4)
        top.set(torch.cat([weight, box_weight]), torch.cat([bias, box_bias]))

    @property
    def base_method(self) -> str:
        return BOX_PROTOTYPES

    def start_at_random(self, top: nn.Module) -> None:
        super().start_at_random(top)
        assert isinstance(top, LinearHead)
        with torch.no_grad():
            top.linear.bias[: self.classes] = -RARE

    def loss(self, outputs: Outputs, batch: Batch, options: LossOptions = PLAIN) -> Tensor:
        """Focal loss of the classes and 1 - GIoU of the boxes, for each cell that has an object."""
        targets, made = batch[TARGETS], outputs.float()
        is_there = targets[..., 0] >= 0
        count = is_there.sum().clamp(min=1)
        loss = focal_loss(made[..., : self.classes], targets[..., 0].long()) / count
        if is_there.any():
            loss = loss + giou_loss(made[..., self.classes :], targets, is_there, self.grid.columns) / count
        return loss

    def chance_loss(self) -> float:
        """About that of a new head: boxes that hit nothing, no object anywhere."""
        return 2.0

    # --- answers ---------------------------------------------------------------------------------------------

    def decode(self, outputs: Sequence[Tensor], split: Split) -> list[tuple[Found, ...]]:
        assert isinstance(split, SceneSplit)
        return [self._found(made, *size) for made, size in zip(outputs, split.sizes, strict=True)]

    def _found(self, made: Tensor, height: int, width: int) -> tuple[Found, ...]:
        return kept_boxes(made, self.classes, (self.grid.rows, self.grid.columns), (height, width))

    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        architecture = model.backbone.config.model_type  # type: ignore[union-attr]
        usage = USAGE.format(
            classes=self.classes,
            rows=self.grid.rows,
            columns=self.grid.columns,
            longest=LONGEST_SIDE,
            least=MIN_SCORE,
        )
        return PublicForm(
            pipeline_tag=self.spec.id,
            auto_class="AutoModel",
            processor_class="AutoImageProcessor",
            usage=f"{self.usage(str(architecture))}\n{usage}",
            options=public_options(model),
            processor_options={"backend": "pil"},
        )


TASK = ObjectDetection
VARIANTS = {"detector": SetDetection}
