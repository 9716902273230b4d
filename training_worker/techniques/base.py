"""What a technique may do to a training: a hook for each moment, all of which do nothing by themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from ..contract.tasks import TaskSpec
from ..tasks.base import TaskModel
from ..tasks.split import Row

if TYPE_CHECKING:
    from ..run.training import Trained


class Technique:
    """One technique of a config in one run. `config` is the contract's model of it, `seed` the run's."""

    def __init__(self, config: Any, spec: TaskSpec, seed: int) -> None:
        self.config, self.spec, self.seed = config, spec, seed

    def rows(self, rows: list[Row]) -> list[Row]:
        """The training rows to train on instead, ids unique; validation and test rows are never shown to it."""
        return rows

    def before_training(self, model: TaskModel) -> None:
        """Change the prepared model in place, before the first step."""

    def step_loss(self, model: nn.Module, loss: Callable[[], Tensor]) -> Tensor:
        """The loss of one step, whose backward the loop calls. `model` is what trains: with a frozen backbone its top
        alone. `loss()` computes that of the step's batch, every time anew; a hook may have called backward on one
        already."""
        return loss()

    def around_training(self, train: Callable[[], Trained]) -> Trained:
        """Called in place of `train`, which it calls."""
        return train()

    def after_training(self, model: TaskModel) -> None:
        """Change the trained model in place, before it predicts."""


class Techniques(Technique):
    """Several as one, in the order in which they apply; the first is the outermost around a loss or a training."""

    def __init__(self, techniques: Sequence[Technique]) -> None:
        self._techniques = techniques

    def rows(self, rows: list[Row]) -> list[Row]:
        for technique in self._techniques:
            rows = technique.rows(rows)
        return rows

    def before_training(self, model: TaskModel) -> None:
        for technique in self._techniques:
            technique.before_training(model)

    def step_loss(self, model: nn.Module, loss: Callable[[], Tensor]) -> Tensor:
        for technique in reversed(self._techniques):
            loss = _wrapped(technique.step_loss, model, loss)
        return loss()

    def around_training(self, train: Callable[[], Trained]) -> Trained:
        for technique in reversed(self._techniques):
            train = _wrapped(technique.around_training, train)
        return train()

    def after_training(self, model: TaskModel) -> None:
        for technique in self._techniques:
            technique.after_training(model)


def _wrapped(hook: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
    return lambda: hook(*arguments)
