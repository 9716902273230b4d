"""What import contracts cannot see: foreign keys point downwards, the web has no label store, docs name every id."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from django.apps import apps

from tests.stack import REPOSITORY
from training_worker.contract.methods import METHODS
from training_worker.contract.tasks import TASKS
from training_worker.contract.techniques import TECHNIQUES
from training_worker.contract.wire import FailureCode

ROOMS = ["hackathon", "teams", "submissions", "evaluation"]


def test_foreign_keys_never_point_to_a_higher_room() -> None:
    upwards = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in ROOMS
        for field in model._meta.get_fields()
        if not field.auto_created and field.related_model is not None
        if (room := field.related_model._meta.app_label) in ROOMS  # type: ignore[union-attr]
        if ROOMS.index(room) > ROOMS.index(model._meta.app_label)
    ]
    assert upwards == []
    assert apps.get_model("submissions.Submission")._meta.get_field("team").related_model is apps.get_model(
        "teams.Team"
    )


def open_labels_as(role: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program = (
        "import django; django.setup(); "
        "from hackathon.files.storage import storage; print(storage('labels').exists('x'))"
    )
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "hackathon.settings",
        "HACKTUNE_ROLE": role,
        "HACKTUNE_DATA_DIR": str(folder),
    }
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)


def test_only_scorer_and_operator_know_the_label_store(tmp_path: Path) -> None:
    site = open_labels_as("site", tmp_path)
    assert site.returncode != 0
    assert "InvalidStorageError" in site.stderr
    for role in ("scorer", "manage"):
        assert open_labels_as(role, tmp_path).stdout.strip() == "False"


def test_documentation_names_every_task_method_technique_and_failure() -> None:
    text = (REPOSITORY / "docs" / "configs.md").read_text()
    for name in [*TASKS, *METHODS, *TECHNIQUES, *FailureCode]:
        assert f"`{name}`" in text, name
    for model in [*METHODS.values(), *TECHNIQUES.values()]:
        for field in model.model_fields:
            assert f"`{field}`" in text, field
    for task in TASKS.values():
        columns = [column.name for column in (*task.inputs, task.target)]
        for name in [*columns, *task.metrics]:
            assert f"`{name}`" in text, name


def test_lines_of_templates_can_be_read() -> None:
    long = [
        f"{path.relative_to(REPOSITORY)}:{number}"
        for room in ROOMS
        for path in sorted((REPOSITORY / room).rglob("*.html"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if len(line) > 160
    ]
    assert long == []
