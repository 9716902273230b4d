"""One module per fine-tuning method: what trains. The ids equal `contract.methods.METHODS` (tested)."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

from ..tasks.base import TaskModel


class Prepare(Protocol):
    """A method: says which parameters of the backbone train, adds to them, may wrap the model's forward."""

    def __call__(self, model: TaskModel, config: Any) -> TaskModel:
        """The model to train: this one, changed in place, or a wrapper of it. `config` is the contract's model of the
        method. The top is left alone: it always trains. Before the first step the model answers as before."""


def load_method(name: str) -> Prepare:
    """The function `prepare` of the module of that name, imported when it is needed."""
    prepare: Prepare = import_module(f".{name}", __name__).prepare
    return prepare
