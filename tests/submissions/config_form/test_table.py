"""A submitted config beside its defaults."""

from __future__ import annotations

from submissions.config_form.fields import nest
from submissions.config_form.presets import preset_values
from submissions.config_form.table import ConfigGroup, config_groups
from training_worker.contract.config import parse_config
from training_worker.contract.limits import ChallengeLimits, DataSize, Terms, read_config
from training_worker.contract.tasks import TASKS

CONFIG = {
    "base_model": "tiny",
    "method": {"name": "lora", "r": 4},
    "training": {"learning_rate": 0.00002, "num_train_epochs": 3},
    "techniques": [{"name": "fgm"}],
}


def terms_for(task: str = "text-classification", methods: tuple[str, ...] = ("lora", "full")) -> Terms:
    limits = ChallengeLimits(base_models=("tiny",), methods=methods)
    return Terms(task=TASKS[task], limits=limits, size=DataSize(train_examples=800), longest={"tiny": 41})


def groups(task: str = "text-classification") -> list[ConfigGroup]:
    return config_groups(parse_config(CONFIG), terms_for(task))


def changed(groups: list[ConfigGroup]) -> dict[str, tuple[str, str]]:
    return {
        f"{group.name}.{row.name}": (row.value, row.default) for group in groups for row in group.rows if row.is_changed
    }


def test_what_differs_from_what_the_methods_form_starts_with_is_marked() -> None:
    config = read_config({**CONFIG, "techniques": []}, terms_for())
    assert changed(config_groups(config, terms_for())) == {
        "method.r": ("4", "8"),
        "training.learning_rate": ("2e-05", "0.001"),
    }


def test_a_form_sent_as_it_starts_is_not_marked_though_its_values_are_rounded() -> None:
    terms = terms_for()
    config = read_config(nest(preset_values("full", "", terms)), terms)
    assert config.training.max_length == 41
    assert changed(config_groups(config, terms)) == {}


def test_a_share_that_is_rounded_to_the_steps_of_a_short_run_is_not_marked() -> None:
    terms = terms_for()
    for training in (
        {"per_device_train_batch_size": 256, "num_train_epochs": 1},
        {"lr_scheduler_type": "constant"},
        {"per_device_train_batch_size": 256, "early_stopping_patience": 2},
    ):
        values = preset_values("full", "", terms) | {f"training.{name}": value for name, value in training.items()}
        config = read_config(nest(values), terms)
        marked = changed(config_groups(config, terms)).keys() - {f"training.{name}" for name in training}
        assert marked == set()


def test_a_warm_up_of_ones_own_is_marked_in_a_short_run_too() -> None:
    terms = terms_for()
    own = {"per_device_train_batch_size": 256, "num_train_epochs": 1, "warmup_steps": 0.5}
    values = preset_values("full", "", terms) | {f"training.{name}": value for name, value in own.items()}
    marked = changed(config_groups(read_config(nest(values), terms), terms))
    assert marked["training.warmup_steps"] == ("0.26", "0.01")


def test_where_the_method_is_no_longer_allowed_the_contracts_defaults_stand() -> None:
    assert changed(config_groups(parse_config(CONFIG), terms_for(methods=("full",)))) == {
        "method.r": ("4", "8"),
        "training.learning_rate": ("2e-05", "0.0002"),
    }


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
