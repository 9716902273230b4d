"""From bundle to score with texts that hold what other readers take for the end of a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evaluation.models import Result
from evaluation.scoring.labels import read_labels
from evaluation.scoring.scorer import score_pending
from hackathon.files.storage import storage
from hackathon.models import ChallengeData, Hackathon, Phase
from hackathon.services.import_challenge import import_challenge
from submissions.selectors import first_job
from submissions.services.submit import submit_config
from tests.evaluation.scored import hand_in
from tests.factories import BaseModelFactory, HackathonFactory, TeamFactory, jsonl
from tests.tiny_model import save_tiny_model
from tests.training_worker.tiny import BAD, FILLER, GOOD, make_config, make_rows, make_spec
from training_worker.contract.report import ValidationReport
from training_worker.contract.tasks import TASKS
from training_worker.contract.wire import JobSpec

pytestmark = [pytest.mark.django_db, pytest.mark.torch]

SEPARATORS = "\x85\u2028\u2029\r\n"
YAML = """
slug: separators
title: "Lines\u2028and lines"
summary: |
  One\u2028line, and\x85another\u2029one.
task: text-classification
primary_metric: accuracy
limits: {base_models: [tiny], methods: [head]}
phases: [{name: "Main\u2028phase"}]
license: MIT
source: made for tests
"""


def write_bundle(folder: Path) -> Path:
    """Every row has the separators in its text and its group; half of the files write them as escapes."""
    folder.mkdir()
    (folder / "challenge.yaml").write_text(YAML, "utf-8")
    for number, (name, count) in enumerate({"train": 48, "validation": 16, "test": 40}.items(), start=1):
        rows = [
            row | {"text": f"{row['text']}{SEPARATORS}{name} {i}"} for i, row in enumerate(make_rows(count, number))
        ]
        ids = [{"id": row["id"]} for row in rows]
        if name == "test":
            groups = [f"group{SEPARATORS}{i // 2}" for i in range(count)]
            labels = [one | {"label": row["label"]} for one, row in zip(ids, rows, strict=True)]
            labels = [one | {"group": group} for one, group in zip(labels, groups, strict=True)]
            (folder / "test_labels.jsonl").write_bytes(escaped(labels))
            rows = [one | {"text": row["text"]} for one, row in zip(ids, rows, strict=True)]
        (folder / f"{name}.jsonl").write_bytes(jsonl(rows) if name == "train" else escaped(rows))
    return folder


def escaped(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=True) + "\n" for row in rows).encode()


def fetch(data: ChallengeData, folder: Path) -> dict[str, str]:
    """What a node downloads, as it lies on its disk."""
    folder.mkdir()
    for entry in data.files:
        with storage("datasets").open(f"{data.prefix}/{entry['name']}") as file:
            (folder / entry["name"]).write_bytes(file.read())
    return {entry["name"]: str(folder / entry["name"]) for entry in data.files}


def train(data: ChallengeData, tmp_path: Path) -> Path:
    from training_worker.run.journal import Journal
    from training_worker.run.messages import ChildJob
    from training_worker.run.run import run

    folders = {name: tmp_path / name for name in ("output", "features")}
    for folder in folders.values():
        folder.mkdir()
    spec = make_spec(make_config("head", learning_rate=0.05), dataset=data.manifest)
    job = ChildJob(
        spec=JobSpec.model_validate_json(json.dumps(spec)),
        data=fetch(data, tmp_path / "data"),
        model=str(save_tiny_model(tmp_path / "model", words=(*GOOD, *BAD, *FILLER))),
        threads=1,
        **{name: str(folder) for name, folder in folders.items()},
    )
    run(job, Journal(lambda message: None))
    return folders["output"]


@pytest.fixture
def hackathon() -> Hackathon:
    BaseModelFactory(slug="tiny")
    return HackathonFactory()


def test_texts_with_line_separators_are_imported_trained_and_scored(hackathon: Hackathon, tmp_path: Path) -> None:
    done = import_challenge(folder=write_bundle(tmp_path / "bundle"), hackathon=hackathon, publish=True)
    assert done.challenge.title == "Lines\u2028and lines"
    assert done.challenge.summary == "One\u2028line, and\x85another\u2029one.\n"
    labels = read_labels(done.data)
    assert (len(labels.ids), labels.groups is not None and len(set(labels.groups.tolist()))) == (40, 20)
    output = train(done.data, tmp_path)
    report = ValidationReport.model_validate_json((output / "report.json").read_bytes())
    assert [row.name for row in report.metrics] == [*TASKS["text-classification"].metrics]

    phase, team = Phase.objects.get(), TeamFactory(hackathon=hackathon)
    config = {"base_model": "tiny", "method": {"name": "head"}}
    job = first_job(submit_config(author=None, team=team, phase=phase, config=config).submission)
    hand_in(job, (output / "predictions.jsonl").read_bytes())
    assert score_pending() == 1
    result = Result.objects.get()
    right = [result.public_score * done.data.public_count, result.private_score * done.data.private_count]
    assert sum(right) == pytest.approx(sum_of_right(output, done.data))


def sum_of_right(output: Path, data: ChallengeData) -> float:
    """Right answers of all test items, counted by hand."""
    labels = read_labels(data)
    rows = [json.loads(line) for line in (output / "predictions.jsonl").read_bytes().strip().split(b"\n")]
    answers = {row["id"]: max(range(2), key=lambda at: row["probabilities"][at]) for row in rows}
    return sum(answers[item] == truth for item, truth in zip(labels.ids, labels.truth.tolist(), strict=True))
