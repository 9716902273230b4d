"""What the site and a worker must know of a task before any code of it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ..base import JSON, ContractModel
from ..families import Family

ColumnKind = Literal[
    "string",
    "masked",
    "name",
    "integer",
    "number",
    "strings",
    "numbers",
    "record",
    "image",
    "audio",
    "answers",
    "labels",
    "span",
    "boxes",
    "mask",
    "messages",
]
"""What a JSON value of a column must be. `masked` is a text with `words.MASK` in the place of one hidden word. `name`
is a text that stands for somebody or something, the same one wherever the same is meant. `strings` and `numbers` are
lists, `record` is an object of texts, numbers, true, false and null, `image` and `audio` are names of files in
`files/`; `boxes` and `mask` are as in `pictures`. `messages` is a conversation: a list of
`{"role": "system" | "user" | "assistant", "content": str}`, the last one of the user.

`answers` are those of SQuAD: `{"text": [string, …], "answer_start": [integer, …]}`, empty lists for "no answer".
`labels` are any number of different texts, also none. `span` is a part of the row's text: `{"start": integer, "end":
integer}`, its first character and the one after its last.
"""

FILE_KINDS: frozenset[ColumnKind] = frozenset({"image", "audio"})

Unit = Literal["tokens", "kilopixels", "deciseconds"]
"""Of an example's cost. Sound is counted in tenths of a second: whole seconds would put words of 0.6 s and 1.4 s into
one batch."""

OutputKind = Literal[
    "class", "tags", "number", "text", "span", "labels", "choice", "boxes", "mask", "ranking", "rating", "words"
]
"""What one answer is; `training_worker/metrics/` has a module for each:

- `class`: one of the data's labels. Prediction line `{"id", "probabilities": [k floats in 0…1, in label order]}`.
- `tags`: one of the data's labels for each word of the input. Prediction line `{"id", "tags": [label, …]}`.
- `number`: a number. Prediction line `{"id", "value": float}`.
- `text`: a text. Prediction line `{"id", "text": str}`.
- `labels`: any number of the data's labels. Prediction line `{"id", "probabilities": [k floats in 0…1, in label
  order]}`, independent of each other; a label is answered from 0.5 on.
- `choice`: one of the item's own choices. Prediction line `{"id", "scores": [a float for each choice]}`, of which the
  highest is the answer.
- `span`: a part of the input's context. Prediction line `{"id", "answer": string}`; "" says that there is no answer in
  the context.
- `boxes`: objects of an image. Prediction line `{"id", "boxes": [{"label", "score", "bbox"}, …]}`, at most
  `pictures.MOST_BOXES` of them; [] is "nothing found" and null no answer.
- `mask`: a label for each pixel of an image. Prediction line `{"id", "mask": {"size", "counts", "labels"}}`.
- `ranking`: a score for each candidate of the input. Prediction line `{"id", "scores": [float, …]}`.
- `words`: the most probable words for a hidden one. Prediction line `{"id", "words": [[word, probability], …]}`, at
  most `words.MOST_WORDS` of them, the most probable first.
- `rating`: a number that a user gives an item, which also orders the items of each user. Prediction line `{"id",
  "value": float}`.

Where a model gave no answer the list is empty or the value null: such an item counts as the worst answer.
"""

MOST_SECONDS = 30
"""Of a sound, from its beginning: no model reads more of it. Whisper's own window."""

LONGEST_ANSWER = 4000
"""Characters of an answer that is a text; a longer one counts as none."""

LABELLED: frozenset[OutputKind] = frozenset({"class", "tags", "labels", "boxes", "mask"})
"""Kinds of answers that are made of the data's labels."""

CROSS_ENTROPY: frozenset[OutputKind] = frozenset({"class", "tags", "mask"})
"""Kinds of answers whose loss is the cross-entropy of labels."""
OF_CROSS_ENTROPY = ("training.class_weight", "training.focal_gamma")

CLASS_METRICS = (
    "accuracy",
    "f1_macro",
    "f1_weighted",
    "balanced_accuracy",
    "mcc",
    "roc_auc",
    "pr_auc",
    "log_loss",
    "calibration_error",
)
"""Of tasks with one label for each item. `f1_micro` would be accuracy again."""

TRAIN, VALIDATION, TEST, TEST_LABELS = "train.jsonl", "validation.jsonl", "test.jsonl", "test_labels.jsonl"
SPLITS = ("train", "validation", "test")


class Column(ContractModel):
    """One column of a data file."""

    name: str
    kind: ColumnKind
    required: bool = True
    is_fixed: bool = False
    """Other columns count its characters: nothing may change it."""


class Variant(ContractModel):
    """How models of one family do a task, where they do it otherwise: what of its `TaskSpec` is another."""

    has_features: bool
    unused: tuple[str, ...]


class TaskSpec(ContractModel):
    """What a task's data, answers and scores look like.

    `inputs` are the columns of every split, `target` the one only training, validation and label files have.
    `has_features`: a frozen backbone makes features of an example that do not change while a head on them trains, and
    that a base score is made from; without them no method that keeps the backbone frozen has a meaning.
    `metrics` are names of `contract.metrics.METRICS`, the usual one first; the first `tracked` of them are computed at
    each validation during a training, and so have a curve. `presentation` names the template that shows
    an example. `families` are those a base model must be of. `unit` is that of an example's cost.
    `unused` are dotted names of config fields that change nothing in this task: they are kept at their defaults.
    `grouped_by` names the input, a `name`, whose items belong together: metrics look at them as one list, one side of
    the split has them all, and they are one unit of a standard error. The rows of training may have the same names.
    `variants` are the families that do the task by code of their own; of their models `of` is asked.
    """

    id: str
    inputs: tuple[Column, ...]
    target: Column
    output: OutputKind
    metrics: tuple[str, ...]
    presentation: Literal[
        "text",
        "tokens",
        "image",
        "audio",
        "speech",
        "context",
        "relation",
        "choices",
        "overlay",
        "generation",
        "chat",
        "ranking",
        "record",
        "rating",
        "masked",
    ]
    families: tuple[Family, ...]
    unit: Unit = "tokens"
    unused: tuple[str, ...] = ()
    has_features: bool = True
    tracked: int = 5
    grouped_by: str = ""
    variants: dict[Family, Variant] = {}

    @property
    def idle_fields(self) -> tuple[str, ...]:
        """`unused`, and what only a loss over labels has."""
        return self.unused if self.output in CROSS_ENTROPY else (*self.unused, *OF_CROSS_ENTROPY)

    def of(self, family: Family | None) -> TaskSpec:
        """The task as models of that family do it; None where the family is not known."""
        variant = self.variants.get(family) if family else None
        return self.model_copy(update=dict(variant)) if variant else self

    def tracked_metrics(self, primary: str) -> tuple[str, ...]:
        """Computed at each validation during a training, the challenge's own metric among them."""
        return tuple(dict.fromkeys((*self.metrics[: self.tracked], primary)))

    def truth_of(self, row: Mapping[str, JSON]) -> JSON:
        """What metrics read of a row with a target: the target, or where items are grouped `[name of its group,
        target]`."""
        target = row[self.target.name]
        return [row[self.grouped_by], target] if self.grouped_by else target

    @property
    def has_labels(self) -> bool:
        """Does the data name a fixed list of labels?"""
        return self.output in LABELLED

    @property
    def generates(self) -> bool:
        """Does the model write its answers token by token?"""
        return self.output == "text"

    @property
    def file_columns(self) -> tuple[Column, ...]:
        """Inputs whose values name files."""
        return tuple(column for column in self.inputs if column.kind in FILE_KINDS)

    @property
    def data_files(self) -> tuple[str, ...]:
        """Names of the files a worker gets: a `.jsonl` for each split, and where inputs are files a `.tar` of them."""
        endings = (".jsonl", ".tar") if self.file_columns else (".jsonl",)
        return tuple(f"{split}{ending}" for split in SPLITS for ending in endings)
