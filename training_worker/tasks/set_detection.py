"""`object-detection` by models that answer with a set (DETR, Carion et al. 2020, and YOLOS): each of their queries is
an object or none, so nothing has to be assigned to places nor sorted out afterwards.

They begin with their own head. A class of it that has the name of one of the data's labels keeps its weights, so that a
pretrained detector finds such objects without any training; for the other labels it has new ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoConfig, AutoModelForObjectDetection
from transformers.loss.loss_for_object_detection import ForObjectDetectionLoss

from ..contract.sentences import UNTRAINED_BOXES, ZERO_SHOT_BOXES
from ..contract.tasks.object_detection import SPEC
from ..contract.tasks.pictures import MOST_BOXES
from ..metrics.box_matching import Found
from .base import Outputs, PublicForm, TaskModel
from .cell_boxes import MIN_SCORE
from .loss import PLAIN, LossOptions
from .scenes import SceneSplit, SceneTask
from .split import TARGETS, Batch, Row, Split

ARCHITECTURES = ("detr", "yolos")
"""Those whose heads and queries are known to be as they are read here (tested)."""
DEVIATION = 0.02
"""Of a new class's weights, as transformers draws them."""
USAGE = """\
from transformers import AutoModelForObjectDetection

whole = AutoModelForObjectDetection.from_config(config)
whole.load_state_dict(head, strict=False)
setattr(whole, whole.base_model_prefix, model)
whole.eval()

@torch.inference_mode()
def predict(image):  # a PIL image
    size = torch.tensor([image.width, image.height] * 2)
    outputs = whole(pixel_values=pixels_of(image))
    scores, numbers = outputs.logits[0].softmax(-1)[:, :-1].max(-1)
    middle, side = outputs.pred_boxes[0].split(2, dim=-1)
    corners = (torch.cat([middle - side / 2, middle + side / 2], -1) * size).clamp(min=0).minimum(size)
    return [{{"label": labels[int(numbers[n])], "score": float(scores[n]),
             "bbox": [*corners[n, :2].tolist(), *(corners[n, 2:] - corners[n, :2]).tolist()]}}
            for n in scores.argsort(descending=True, stable=True)
            if scores[n] >= {least} and min(corners[n, 2:] - corners[n, :2]) > 0]
"""


class SetHead(nn.Module):
    """States (B, Q, H) of the queries → (B, Q, C + 1 + 4): logits, the last that of no object, and the box's middle and
    sides (x, y, width, height) as shares of the image. Its tensors have the public class's names."""

    def __init__(self, classes: nn.Module, boxes: nn.Module) -> None:
        super().__init__()
        self.class_labels_classifier, self.bbox_predictor = classes, boxes

    def forward(self, features: Tensor) -> Tensor:
        return torch.cat([self.class_labels_classifier(features), self.bbox_predictor(features).sigmoid()], dim=-1)


class SetModel(TaskModel):
    """`queries` are the last ones of the states."""

    def __init__(self, backbone: nn.Module, top: nn.Module, queries: int) -> None:
        super().__init__(backbone, top)
        self.queries = queries

    def features(self, **inputs: Tensor) -> Tensor:
        """(B, Q, H)"""
        states: Tensor = self.backbone(**inputs).last_hidden_state
        return states[:, -self.queries :].float()


class SetDetection(SceneTask):
    """Loss and answers are those of transformers' own class."""

    spec = SPEC.of("detector")

    # --- data ------------------------------------------------------------------------------------------------

    def read_targets(self, rows: Sequence[Row]) -> Tensor:
        """(N, M, 5): class, middle and sides as shares of the image; -1 beyond an image's objects."""
        return pad_sequence([self._targets_of(row) for row in rows], batch_first=True, padding_value=-1.0)

    def _targets_of(self, row: Row) -> Tensor:
        size = (float(row["width"]), float(row["height"])) * 2
        found = [(self.label_numbers[one["label"]], *one["bbox"]) for one in row[self.spec.target.name]]
        objects = torch.tensor(found, dtype=torch.float32).reshape(-1, 5)
        boxes = objects[:, 1:] / torch.tensor(size)
        return torch.cat([objects[:, :1], boxes[:, :2] + boxes[:, 2:] / 2, boxes[:, 2:]], dim=1)

    # --- model -----------------------------------------------------------------------------------------------

    @cached_property
    def config(self) -> Any:
        """The base model's, for the data's labels."""
        config = AutoConfig.from_pretrained(self.context.folder, local_files_only=True, trust_remote_code=False)
        config.num_labels, config.auxiliary_loss = len(self.context.labels), False
        return config

    @cached_property
    def own_classes(self) -> list[int | None]:
        """Of each label the number of the base model's class that has its name."""
        config = AutoConfig.from_pretrained(self.context.folder, local_files_only=True, trust_remote_code=False)
        numbers = {str(name).casefold(): number for number, name in config.id2label.items()}
        return [numbers.get(label.casefold()) for label in self.context.labels]

    def build_model(self) -> SetModel:
        whole = load_detector(self.context.folder)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.context.base_seed)
            classes = for_classes(whole.class_labels_classifier, [*self.own_classes, -1])
        queries = getattr(self.config, "num_detection_tokens", None) or self.config.num_queries
        return SetModel(whole.base_model, SetHead(classes, whole.bbox_predictor), queries)

    @property
    def base_method(self) -> str:
        known = sum(number is not None for number in self.own_classes)
        return (ZERO_SHOT_BOXES if known else UNTRAINED_BOXES)(known=known, count=len(self.context.labels))

    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        pixels = self.pixels_usage("do_pad=False")
        return PublicForm(
            pipeline_tag=self.spec.id,
            auto_class="AutoModel",
            processor_class="AutoImageProcessor",
            usage=f"{pixels}\n{USAGE.format(least=MIN_SCORE)}",
            options={"add_pooling_layer": False} if self.config.model_type == "yolos" else {},
            processor_options={"backend": "pil"},
        )

    def exported_top(self, top: nn.Module) -> dict[str, Tensor]:
        """The head's tensors under the names that the public class has for them."""
        return {name: value.detach().cpu().clone() for name, value in top.state_dict().items()}

    # --- training and answers --------------------------------------------------------------------------------

    def loss(self, outputs: Outputs, batch: Batch, options: LossOptions = PLAIN) -> Tensor:
        """Of the cheapest matching of queries and objects: cross-entropy, L1 and GIoU of the boxes."""
        made, classes = outputs.float(), len(self.context.labels)
        objects = [one[one[:, 0] >= 0] for one in batch[TARGETS]]
        wanted = [{"class_labels": one[:, 0].long(), "boxes": one[:, 1:]} for one in objects]
        logits, boxes = made.split([classes + 1, 4], dim=-1)
        found: Any = ForObjectDetectionLoss(logits, wanted, made.device, boxes, self.config)  # type: ignore[no-untyped-call]
        loss: Tensor = found[0]
        return loss

    def chance_loss(self) -> float:
        """Of boxes that are half an image off and overlap nothing, of whose classes nothing is known."""
        known = torch.tensor(len(self.context.labels) + 1.0).log().item()
        return known + 2.0 * float(self.config.bbox_loss_coefficient) + float(self.config.giou_loss_coefficient)

    def decode(self, outputs: Sequence[Tensor], split: Split) -> list[tuple[Found, ...]]:
        assert isinstance(split, SceneSplit)
        return [found_in(made, size) for made, size in zip(outputs, split.sizes, strict=True)]


def load_detector(folder: Path) -> Any:
    """In float32, without the pooler."""
    return AutoModelForObjectDetection.from_pretrained(
        folder,
        dtype=torch.float32,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
    )


def for_classes(classifier: Any, classes: Sequence[int | None]) -> nn.Module:
    """The classifier with one output for each of `classes`: a number is that of its own output, None a new one, drawn
    from torch's global generator."""
    last: nn.Linear = classifier.layers[-1] if hasattr(classifier, "layers") else classifier
    new = nn.Linear(last.in_features, len(classes))
    with torch.no_grad():
        new.weight.normal_(std=DEVIATION)
        new.bias.zero_()
        for place, number in enumerate(classes):
            if number is not None:
                new.weight[place], new.bias[place] = last.weight[number], last.bias[number]
    if last is classifier:
        return new
    classifier.layers[-1] = new
    whole: nn.Module = classifier
    return whole


def found_in(made: Tensor, size: tuple[int, int]) -> tuple[Found, ...]:
    """From what the queries say (Q, C + 1 + 4), in pixels of an image of `size` (height, width): surest first, none
    below `MIN_SCORE`, at most `MOST_BOXES`."""
    scores, labels = made[:, :-4].double().softmax(dim=-1)[:, :-1].max(dim=-1)
    most = torch.tensor([size[1], size[0]] * 2, dtype=torch.double)
    middle, side = made[:, -4:-2].double(), made[:, -2:].double()
    corners = torch.minimum((torch.cat([middle - side / 2, middle + side / 2], dim=-1) * most).clamp(min=0), most)
    kept: list[Found] = []
    for query in scores.argsort(descending=True, stable=True).tolist():
        left, top, right, bottom = corners[query].tolist()
        if scores[query] >= MIN_SCORE and right > left and bottom > top and len(kept) < MOST_BOXES:
            kept.append(Found(int(labels[query]), float(scores[query]), left, top, right - left, bottom - top))
    return tuple(kept)
