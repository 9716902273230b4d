"""A submitted config beside its defaults."""

from __future__ import annotations

from submissions.config_form.table import ConfigGroup, config_groups
from training_worker.contract.config import parse_config
from training_worker.contract.tasks import TASKS

CONFIG = {
    "base_model": "tiny",
    "method": {"name": "lora", "r": 4},
    "training": {"learning_rate": 0.00002, "num_train_epochs": 3},
    "techniques": [{"name": "fgm"}],
}


def groups(task: str = "text-classification") -> list[ConfigGroup]:
    return config_groups(parse_config(CONFIG), TASKS[task])


def test_what_differs_from_its_default_is_marked() -> None:
    changed = {
        f"{group.name}.{row.name}": (row.value, row.default)
        for group in groups()
        for row in group.rows
        if row.is_changed
    }
    assert changed == {"method.r": ("4", "8"), "training.learning_rate": ("2e-05", "0.0002")}


def test_every_group_names_what_was_chosen() -> None:
    assert [(group.name, group.chosen) for group in groups()] == [
        ("base_model", "tiny"),
        ("method", "lora"),
        ("training", ""),
        ("technique", "fgm"),
    ]


def test_what_the_task_does_not_use_is_left_out() -> None:
    def names(task: str) -> set[str]:
        return {row.name for group in groups(task) for row in group.rows}

    assert "max_length" in names("text-classification")
    assert "max_length" not in names("image-classification")
