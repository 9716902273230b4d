"""Tasks (Hugging Face pipeline ids) as data. The worker's code for each is `training_worker/tasks/<id>.py`."""

from __future__ import annotations

from typing import Literal

from .base import ContractModel


class Column(ContractModel):
    """One column of a data file; `type` is what a JSON value of it must be."""

    name: str
    type: Literal["string", "integer", "number"]
    required: bool = True


class TaskSpec(ContractModel):
    """What a task's data, predictions and scores look like.

    `inputs` are the columns of every split, `label` the column only training, validation and label files have.
    `prediction` names the shape of one prediction line: `probabilities` is
    `{"id": str, "probabilities": [float × number of labels, in label order, each in 0…1]}`; [] means "no answer".
    `metrics` are legal metric names, all "higher is better", in 0…1.
    """

    id: str
    inputs: tuple[Column, ...]
    label: Column
    prediction: Literal["probabilities"]
    metrics: tuple[str, ...]
    presentation: Literal["text"]


TEXT_CLASSIFICATION = TaskSpec(
    id="text-classification",
    inputs=(Column(name="text", type="string"), Column(name="text_pair", type="string", required=False)),
    label=Column(name="label", type="string"),
    prediction="probabilities",
    metrics=("accuracy", "f1_macro"),
    presentation="text",
)

TASKS: dict[str, TaskSpec] = {spec.id: spec for spec in (TEXT_CLASSIFICATION,)}
