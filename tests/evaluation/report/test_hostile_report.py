"""A `report.json` that a broken or hostile node wrote: it is shown, or it is not read; no page and no API breaks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.renderers import JSONRenderer

from evaluation.api.report import ValidationReportSerializer
from evaluation.report.section import report_section
from evaluation.report.stored import parse_report
from tests.api import get
from tests.evaluation.report.made_up import class_report, numbers_report, tags_report
from tests.evaluation.report.test_overlays import box_report, mask_report
from tests.evaluation.report.validated import scored_run, set_task, store_report
from tests.extremes import EXTREMES, encoded, paths, replaced
from tests.factories import World
from tests.pages import page
from training_worker.contract.report import ValidationReport
from training_worker.contract.tasks import TASKS

REPORTS: dict[str, ValidationReport] = {
    "text-classification": class_report(),
    "token-classification": tags_report(),
    "text-regression": numbers_report(),
    "image-classification": class_report(groups=()),
    "object-detection": box_report(),
    "image-segmentation": mask_report(),
}


def body_of(task: str) -> Any:
    """The report as JSON, its long lists cut."""
    body = json.loads(REPORTS[task].model_dump_json())
    body["points"] = body["points"][:3]
    if task == "image-classification":
        kept = json.loads(class_report().model_dump_json())["groups"][:1]
        kept[0]["examples"] = [example | {"inputs": {"image": "val-1.png"}} for example in kept[0]["examples"]]
        body["groups"] = kept
    return body


@pytest.mark.parametrize("task", REPORTS)
def test_what_is_read_can_be_shown(world: World, task: str) -> None:
    set_task(world, task)
    honest, shown, refused = body_of(task), 0, 0
    for path in paths(honest):
        for value in EXTREMES:
            try:
                report = parse_report(encoded(replaced(honest, path, value)), TASKS[task])
            except ValueError:
                refused += 1
                continue
            report_section(report, challenge=world.challenge, data=world.data)
            JSONRenderer().render(ValidationReportSerializer(report).data)
            shown += 1
    assert shown
    assert refused > shown


DEEP = b'{"items": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
HOSTILE = {
    "nothing": b"",
    "nul": b"\0",
    "no-json": b"\xff\xfe{}",
    "deep": DEEP,
    "long-number": b'{"items": ' + b"9" * 10_000 + b"}",
    "infinite": class_report().model_dump_json().replace("0.625", "1e400").encode(),
    "not-a-number": class_report().model_dump_json().replace("0.625", "NaN").encode(),
    "image-address": class_report().model_dump_json().replace('"text"', '"image"').encode(),
    "surrogate": class_report().model_dump_json().replace("the text of", r"\ud800").encode(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_no_report(world: World, name: str) -> None:
    submission = scored_run(world)
    store_report(submission.jobs.get(), HOSTILE[name])
    assert page(world, "captain", f"/s/{submission.pk}/").status_code == 200
    assert get(world, "captain", f"submissions/{submission.pk}/report/").json()["validation"] is None


@pytest.mark.parametrize(
    ("task", "path", "value"),
    [
        ("text-classification", ("metrics", 0, "value"), 1e150),
        ("text-classification", ("groups", 0, "examples", 0, "inputs", "text"), "a\0b\x1b"),
        ("text-classification", ("labels", 0), "\0"),
        ("token-classification", ("groups", 0, "examples", 0, "predicted"), ["\0"] * 5000),
        ("text-regression", ("points", 0), {"target": -1e150, "predicted": 1e150}),
        ("text-regression", ("groups", 0, "examples", 0, "error"), 5e-324),
    ],
)
def test_the_strangest_report_that_is_read_is_shown(
    world: World, task: str, path: tuple[str | int, ...], value: Any
) -> None:
    set_task(world, task)
    submission = scored_run(world)
    store_report(submission.jobs.get(), encoded(replaced(body_of(task), path, value)))
    assert page(world, "captain", f"/s/{submission.pk}/").status_code == 200
    assert get(world, "captain", f"submissions/{submission.pk}/report/").json()["validation"]
