"""What a task is to the run that trains it: `Task` and its `TaskModel`.

The run knows no task by name: what labels, logits or a head are is said in the modules of `tasks/` alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ..contract.config import TrainingArguments
from ..contract.facts import Pooling
from ..contract.log_lines import LogMessage
from ..contract.methods import Weights
from ..contract.precision import Precision
from ..contract.tasks import TaskSpec
from ..metrics.base import Answers
from .heads import LinearHead
from .loss import PLAIN, LossOptions
from .split import TARGETS, Batch, FeatureSplit, Row, Split, inputs_of

Outputs = Any
"""What a model's forward returns, in a shape of the task's own."""

BASE_MAX_LENGTH = 128
"""Tokens of an example that the base score is made from: not the team's choice, so that every run on a data version
starts at one base."""


class UnfitModel(ValueError):
    """A base model of a task's family that lacks what the task needs; said when its model is built."""


@dataclass(frozen=True)
class Context:
    """What a task is told of one run. `folder` is the base model's; `base_seed` is that of the base score's examples,
    the same for every run on a data version; `archives` are tar files by split, where inputs are files;
    `max_new_tokens` are the challenge's, None where it says nothing. `weights` is how the base model is kept, where its
    family has a choice, `precision` what it computes in. Without `has_weights` the backbone's shape is enough, as in a
    run that hopes to find its frozen features: a task may then give one on torch's meta device. `virtual_tokens` are
    positions of the model that are not for texts."""

    folder: Path
    labels: tuple[str, ...]
    pooling: Pooling | None = None
    base_seed: int = 0
    archives: dict[str, Path] = field(default_factory=dict)
    max_new_tokens: int | None = None
    weights: Weights = field(default_factory=Weights)
    precision: Precision = Precision.FP32
    has_weights: bool = True
    virtual_tokens: int = 0


class TaskModel(nn.Module):
    """A pretrained `backbone` and what the task puts on it, `top`, which always trains.

    `top(features)` needs nothing but the features, so that with a frozen backbone it trains on kept ones.
    """

    def __init__(self, backbone: nn.Module, top: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self.top = top

    @property
    def has_weights(self) -> bool:
        """False while the backbone is a mere shape (`Context.has_weights`)."""
        return not any(parameter.is_meta for parameter in self.backbone.parameters())

    def features(self, **inputs: Tensor) -> Tensor:
        """What `top` works on: float32 (B, H), or (B, L, H) with a padded L. Only where the task `has_features`."""
        raise NotImplementedError

    def forward(self, **inputs: Tensor) -> Outputs:
        return self.top(features=self.features(**inputs))

    def train(self, mode: bool = True) -> Self:
        """Batch normalization goes on with the statistics of pre-training: those of a few small batches are too rough
        (as Keras' guide to transfer learning and torchvision's `FrozenBatchNorm2d` have it)."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, _BatchNorm):
                module.eval()
        return self


@dataclass(frozen=True)
class PublicForm:
    """How public libraries load what a run trained.

    `auto_class` is an Auto class of transformers. Where its model is ours whole, `layer` names the linear layer in it
    that is our top; "" where it is the backbone alone: then the top's weight and bias lie in a file of their own.
    `options` are keyword arguments of its `from_pretrained`, `processor_options` those of the processor's, `config` is
    what its config says beside the base model's. `usage` are lines of Python that define `predict`, given `model`,
    `processor`, the dictionary `labels` and, without a `layer`, the top's tensors `head`. `is_whole_class`: the Auto
    class loads all of the model, there is no top.
    """

    pipeline_tag: str
    auto_class: str
    processor_class: str
    usage: str
    layer: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    processor_options: dict[str, Any] = field(default_factory=dict)
    is_whole_class: bool = False
    config: dict[str, Any] = field(default_factory=dict)


class Task(ABC):
    """One task in one run. `rows` are the training rows as the data has them, () where a model only predicts."""

    spec: ClassVar[TaskSpec]

    def __init__(self, context: Context, rows: Sequence[Row] = ()) -> None:
        self.context = context

    @cached_property
    def processor(self) -> Any:
        """The base model's tokenizer, image processor or feature extractor."""
        return self.load_processor(self.context.folder)

    # --- data ------------------------------------------------------------------------------------------------

    @abstractmethod
    def load_processor(self, folder: Path) -> Any: ...

    @abstractmethod
    def encode(self, rows: Sequence[Row], split: str, max_length: int) -> Split:
        """Rows of `split` (train, validation, test), processed once, where that takes long not before a model is to
        read them. Sequences are cut at `max_length`."""

    @abstractmethod
    def describe(self, split: Split, max_length: int) -> LogMessage:
        """The size of the examples, for the log."""

    def longest(self, split: Split) -> int:
        """Tokens of its longest sequence, which `max_length` may cut."""
        return max(split.costs)

    # --- model -----------------------------------------------------------------------------------------------

    @abstractmethod
    def build_model(self) -> TaskModel:
        """The base model in float32 (else as `context.weights` say) on CPU, with its top: what is new in it depends on
        `context.base_seed` alone. Raises `UnfitModel`."""

    @property
    @abstractmethod
    def base_method(self) -> str:
        """How the base score is made, in words that stand beside every one; at most 100 characters."""

    # --- training and answers --------------------------------------------------------------------------------

    def answer(self, part: nn.Module, batch: Batch) -> tuple[Tensor, Outputs]:
        """What `decode` reads, (B, …), and the outputs that `loss` is of (anything where the batch has no targets):
        the same, where answers are not generated token by token. `part` is the model, or its top on features."""
        outputs = part(**inputs_of(batch))
        return outputs, outputs

    @abstractmethod
    def loss(self, outputs: Outputs, batch: Batch, options: LossOptions = PLAIN) -> Tensor:
        """Mean loss of a batch over what `weight` counts, in float32."""

    def loss_options(self, training: TrainingArguments, train: Split) -> LossOptions:
        """What a config asks of the loss of a training on `train`, whose targets may be counted."""
        return LossOptions(label_smoothing=training.label_smoothing_factor)

    def weight(self, batch: Batch) -> int:
        """How much a batch counts in a mean of losses: its number of examples."""
        return len(batch[TARGETS])

    @abstractmethod
    def chance_loss(self) -> float:
        """The loss of one who guesses, above 0; far above it a training has failed."""

    @abstractmethod
    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        """For a model of this task that was trained with `max_length`."""

    def exported_top(self, top: nn.Module) -> dict[str, Tensor]:
        """`weight` (C, H) and `bias` (C,) of the linear layer that the top is."""
        assert isinstance(top, LinearHead)
        weight, bias = top.exported()
        return {"weight": weight.cpu().contiguous(), "bias": bias.cpu().contiguous()}

    @abstractmethod
    def decode(self, outputs: Sequence[Tensor], split: Split) -> Answers:
        """The answers (`metrics.base.Output`) from the outputs of each example of `split`."""


class FeatureTask(Task):
    """A task whose spec `has_features`: its top can be fitted to frozen features without a step of training."""

    @abstractmethod
    def choose_examples(self, rows: Sequence[Row]) -> list[int]:
        """Indices of the training rows that the base score is made from, by `context.base_seed` alone."""

    @abstractmethod
    def start_at_base(self, top: nn.Module, examples: FeatureSplit) -> None:
        """Fit the top in place, without a step of training, to frozen features of the chosen examples."""

    @abstractmethod
    def start_at_random(self, top: nn.Module) -> None:
        """Draw the top's weights from torch's global generator, in place."""
