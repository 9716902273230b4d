"""docs/tasks.md says what the registries say."""

from __future__ import annotations

import pytest

from tests.tasks_page import PAGE, page
from training_worker.contract.tasks import TASKS


@pytest.mark.torch
def test_the_page_is_what_the_registries_say() -> None:
    assert PAGE.read_text("utf-8") == page(), "write it anew: python -m tests.tasks_page"


def test_the_page_has_every_task_in_every_table() -> None:
    text = PAGE.read_text("utf-8")
    for task, spec in TASKS.items():
        assert text.count(f"| `{task}` |") == 3, task
        for metric in spec.metrics:
            assert f"`{metric}`" in text, metric
