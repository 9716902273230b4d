"""The outputs, the tasks and the metrics of the contract name the same."""

from __future__ import annotations

from typing import get_args

import pytest

from training_worker.contract.metrics import METRICS
from training_worker.contract.tasks import TASKS, TaskSpec
from training_worker.contract.tasks.spec import OutputKind
from training_worker.metrics import output_of


def test_every_metric_of_the_contract_is_computed() -> None:
    computed = {metric for kind in get_args(OutputKind) for metric in output_of(kind).metrics}
    assert computed == METRICS.keys()


@pytest.mark.parametrize("spec", TASKS.values(), ids=lambda spec: spec.id)
def test_every_metric_of_a_task_is_computed_by_its_output(spec: TaskSpec) -> None:
    assert set(spec.metrics) <= set(output_of(spec.output).metrics)
