"""How good the model is on the validation split while it trains, and which weights are kept."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property

from torch import Tensor, nn

from ..contract import sentences
from ..contract.bounds import clipped
from ..contract.config import TrainingArguments
from ..contract.log_lines import Log, LogMessage
from ..contract.metrics import METRICS
from ..contract.report import KeptExample, ValidationReport
from ..metrics import output_of
from ..metrics.base import Answers, Output, Truth
from ..metrics.examples import Validated
from ..metrics.parts import part_rows
from ..tasks.base import Task
from ..tasks.split import Row, Split
from .journal import Journal
from .prediction import Compute, Prediction, predict

MOST_EXPONENT = 100.0


class Diverged(Exception):
    """The loss is no longer finite, or has exploded."""


class ValidationSet:
    """The validation rows with their truth, and what the task's metrics say of answers to them."""

    def __init__(self, task: Task, rows: Sequence[Row], split: Split) -> None:
        self.task, self.rows, self.split = task, rows, split
        self.labels = task.context.labels
        self.output: Output = output_of(task.spec.output, task.spec.metrics)

    @cached_property
    def truth(self) -> Truth:
        return self.output.read_truth([self.task.spec.truth_of(row) for row in self.rows], self.labels)

    def answers(self, prediction: Prediction) -> Answers:
        return self.task.decode(prediction.outputs, self.split)

    def metrics(self, answers: Answers, names: Sequence[str] = ()) -> dict[str, float]:
        """Metrics of the task by name: those of `names`, else every one."""
        names = names or self.task.spec.metrics
        return {name: clipped(self.output.value(name, self.truth, answers, self.labels)) for name in names}

    def tracked_metrics(self, answers: Answers, primary: str) -> dict[str, float]:
        """Those that have a curve, the challenge's own among them."""
        return self.metrics(answers, self.task.spec.tracked_metrics(primary))

    def report(self, answers: Answers, base: Answers | None) -> ValidationReport:
        """`base` are the answers of the untrained model."""
        inputs = [column.name for column in self.task.spec.inputs]
        metrics = self.task.spec.metrics
        report = self.output.report(self.rows, inputs, self.truth, answers, base, self.labels, metrics)
        spec, items = self.task.spec, Validated(self.rows, inputs, self.truth, answers, base, self.labels)
        return report.model_copy(update={"parts": part_rows(self.output, spec, items)})

    def examples(self, answers: Answers, base: Answers | None) -> Iterator[KeptExample]:
        """Every row, errors first."""
        inputs = [column.name for column in self.task.spec.inputs]
        return self.output.examples(self.rows, inputs, self.truth, answers, base, self.labels)


class Validator:
    """Validates, writes the curve, remembers the best weights where the config wants them."""

    def __init__(
        self,
        part: nn.Module,
        split: Split,
        validation: ValidationSet,
        *,
        metric: str,
        training: TrainingArguments,
        journal: Journal,
        compute: Compute,
    ) -> None:
        self._part, self._split, self._validation = part, split, validation
        self._metric, self._sign = metric, METRICS[metric].sign
        self._patience, self._journal, self._compute = training.early_stopping_patience, journal, compute
        self._keeps_best = training.keeps_best
        self._best: tuple[float, float] | None = None
        self._weights: dict[str, Tensor] = {}
        self._without_gain = 0
        self.best_step = 0

    def validate(self, step: int) -> bool:
        """One validation. True when patience is exhausted. Raises `Diverged` when the loss is not finite."""
        return self.judge(step, predict(self._part, self._split, self._validation.task, self._compute))

    def judge(self, step: int, prediction: Prediction) -> bool:
        """`validate` for a prediction that is already there: that of the model before training."""
        loss = prediction.loss
        if loss is None or not math.isfinite(loss) or not prediction.is_finite():
            raise Diverged(sentences.VALIDATION_NOT_FINITE(step=step))
        metrics = self._validation.tracked_metrics(self._validation.answers(prediction), self._metric)
        shown = ", ".join(f"{name} {value:.3f}" for name, value in metrics.items())
        points = {f"validation_{name}": value for name, value in metrics.items()}
        if self._validation.task.spec.generates:
            points["validation_perplexity"] = math.exp(min(loss, MOST_EXPONENT))
        said = Log.VALIDATED if step else Log.VALIDATED_BEFORE
        message = LogMessage(said, {"step": step, "metrics": shown, "loss": float(loss)})
        self._journal.points(step, message, validation_loss=loss, **points)
        return self._remember(step, (self._sign * metrics[self._metric], -loss))

    def _remember(self, step: int, goodness: tuple[float, float]) -> bool:
        """Keep these weights if they are the best. True when patience is exhausted."""
        better = self._best is None or goodness > self._best
        if better:
            self._best = goodness
        if better or not self._keeps_best:
            self.best_step, self._without_gain = step, 0
            if self._keeps_best:
                self._weights = {name: value.clone() for name, value in trained_state(self._part).items()}
            return False
        self._without_gain += 1
        return 0 < self._patience <= self._without_gain

    def restore_best(self) -> None:
        """Put the best weights back (where none are kept, the last ones stay)."""
        if self._weights:
            self._part.load_state_dict(self._weights, strict=False)


def trained_state(module: nn.Module) -> dict[str, Tensor]:
    """What training may change: the parameters that train, and all buffers that are saved."""
    frozen = {name for name, value in module.named_parameters() if not value.requires_grad}
    return {name: value.detach() for name, value in module.state_dict().items() if name not in frozen}
