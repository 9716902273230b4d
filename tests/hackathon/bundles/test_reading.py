"""A bundle folder: every problem at once, by file and line, and no test label in any of them."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hackathon.bundles import folder as files
from hackathon.bundles import reading, rows
from hackathon.bundles.problems import MAX_PER_FILE
from hackathon.bundles.reading import inspect_bundle
from training_worker.contract.tasks.spec import CLASS_METRICS

NEARLY = "The input at train.jsonl:7, with its label, differs in case, spaces, invisible characters or order only."
EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "film-critics"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "bundle"))


def problems_of(folder: Path) -> list[str]:
    inspection = inspect_bundle(folder)
    assert (inspection.bundle is None) == bool(inspection.problems)
    return [str(problem) for problem in inspection.problems.all()]


def edit(path: Path, line: int, **changes: Any) -> None:
    """Change one line (from 1) of a JSON lines file; None removes a column."""
    lines = path.read_text().splitlines()
    values = json.loads(lines[line - 1]) | changes
    lines[line - 1] = json.dumps({name: value for name, value in values.items() if value is not None})
    path.write_text("\n".join(lines) + "\n")


def put(path: Path, line: int, text: str) -> None:
    lines = path.read_text().splitlines()
    lines[line - 1] = text
    path.write_text("\n".join(lines) + "\n")


def test_the_example_bundle_has_no_problem() -> None:
    inspection = inspect_bundle(EXAMPLE)
    assert problems_of(EXAMPLE) == []
    assert inspection.bundle is not None
    assert inspection.bundle.labels == ("negative", "positive")
    assert [len(part) for part in (inspection.bundle.train, inspection.bundle.test)] == [20, 24]


def test_everything_is_reported_at_once_in_order(bundle: Path) -> None:
    edit(bundle / "train.jsonl", 2, label=None)
    edit(bundle / "train.jsonl", 3, text=7, mood="x")
    put(bundle / "train.jsonl", 5, "{not json")
    edit(bundle / "validation.jsonl", 1, id="train-01")
    edit(bundle / "test.jsonl", 4, label="positive")
    edit(bundle / "test_labels.jsonl", 2, id="test-99")
    (bundle / "notes.docx").write_text("x")
    yaml = bundle / "challenge.yaml"
    yaml.write_text(yaml.read_text().replace("primary_metric: accuracy", "primary_metric: bleu\nprise: 5"))
    assert problems_of(bundle) == [
        f"challenge.yaml:11: primary_metric: The task has no such metric. Known: {', '.join(CLASS_METRICS)}.",
        "challenge.yaml:12: prise: There is no such key.",
        "notes.docx: This file does not belong here.",
        "test.jsonl:2: The item “test-02” has no label in test_labels.jsonl.",
        "test.jsonl:4: The column “label” belongs in test_labels.jsonl: test.jsonl goes to the workers.",
        "test_labels.jsonl:2: There is no test item “test-99”.",
        "train.jsonl:2: The column “label” is missing.",
        "train.jsonl:3: The column “mood” does not belong here. Known: id, text, text_pair, label, group, slice.",
        "train.jsonl:3: The value of “text” must be a string: put it in quotation marks.",
        "train.jsonl:5: This line is not valid JSON.",
        "validation.jsonl:1: The id “train-01” is used already: train.jsonl:1.",
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"id": "train-02", "text": "x", "text": "y", "label": "negative"}', "A key is in this line twice."),
        ('["x"]', "This line is not a JSON object: each row is one, on a line of its own."),
        ('{"id": "a", "text": NaN, "label": "negative"}', "This line is not valid JSON."),
        (
            '{"id": "a", "text": "\\ud800", "label": "negative"}',
            "This line has a control character or half a character, U+",
        ),
        (
            '{"id": "a", "text": "\\u0000", "label": "negative"}',
            "This line has a control character or half a character, U+",
        ),
        (
            '{"id": "a", "text": "x", "label": "negative\\u0000"}',
            "This line has a control character or half a character, U+",
        ),
        (
            '{"id": "a", "text": "x", "label": "negative", "\\u0000": 1}',
            "This line has a control character or half a character, U+",
        ),
        (
            '{"id": "a", "text": "x", "label": "negative", "group": "\\udc00"}',
            "This line has a control character or half a character, U+",
        ),
        ("[" * 5000, "This line is not valid JSON."),
        ("", "This line is empty: remove it."),
        ('{"id": "../a", "text": "x", "label": "negative"}', "An id is 1 to 100 letters"),
        ('{"id": 5.0, "text": "x", "label": "negative"}', "The value of “id” must be a string: put it in quotation"),
        ('{"id": [5], "text": "x", "label": "negative"}', "The value of “id” must be a string."),
        ('{"id": "a", "text": 5, "label": "negative"}', "The value of “text” must be a string: put it in quotation"),
        ('{"id": "a", "text": null, "label": "negative"}', "The column “text” is missing."),
        ('{"id": "a", "text": "x", "label": 1.0}', "The value of “label” must be a string: put it in quotation"),
        ('{"id": "a", "text": " ", "label": "negative"}', "The value of “text” is empty."),
        ('{"id": "a", "text": "x", "label": true}', "The value of “label” must be a string: put it in"),
        ('{"id": "a", "text": "x", "label": "so-so"}', "The label “so-so” is none of the challenge's labels."),
        ('{"id": "train-01", "text": "x", "label": "negative"}', "The id “train-01” is used already: train.jsonl:1."),
        ('{"id": "a", "text": "x", "text_pair": "y", "label": "negative"}', ""),
        ('{"id": "a", "text": "%s", "label": "negative"}' % ("x" * rows.MAX_LINE), "This line is longer than 256 KiB."),
    ],
)
def test_one_bad_line(bundle: Path, line: str, expected: str) -> None:
    put(bundle / "train.jsonl", 2, line)
    found = problems_of(bundle)
    if expected:
        assert len(found) == 1
        assert found[0].startswith(f"train.jsonl:2: {expected}")
    else:  # a pair in one row only: every other row lacks it
        assert found
        assert all("“text_pair” is missing" in problem for problem in found)


def test_a_line_that_is_no_utf8(bundle: Path) -> None:
    path = bundle / "train.jsonl"
    path.write_bytes(path.read_bytes().replace(b"A warm and", b"A \xff\xfe and"))
    assert problems_of(bundle) == ["train.jsonl:1: This line is not valid UTF-8 text: save the file as UTF-8."]


def test_the_same_text_in_training_and_test_is_a_leak_whatever_case_and_space(bundle: Path) -> None:
    text = json.loads((bundle / "train.jsonl").read_text().splitlines()[6])["text"]
    edit(bundle / "test.jsonl", 9, text="  " + text.upper().replace(" ", "   "))
    assert problems_of(bundle) == [f"test.jsonl:9: {NEARLY}"]


def test_a_group_in_training_and_test_is_a_leak(bundle: Path) -> None:
    edit(bundle / "validation.jsonl", 3, group="film 1")
    edit(bundle / "test_labels.jsonl", 5, group="film 1")
    edit(bundle / "test_labels.jsonl", 6, group="film 2")
    assert problems_of(bundle) == ["test_labels.jsonl:5: The same group is at validation.jsonl:3."]


SECRETS: list[Callable[[Path], None]] = [
    lambda path: edit(path, 3, label="HIDDEN"),
    lambda path: edit(path, 3, label=["HIDDEN"]),
    lambda path: edit(path, 3, label=None, HIDDEN="HIDDEN"),
    lambda path: put(path, 3, '{"id": "test-03", "label": "HIDDEN"'),
    lambda path: put(path, 3, '{"id": "test-03", "label": "HIDDEN", "label": "HIDDEN"}'),
    lambda path: edit(path, 3, id="test-04", label="HIDDEN"),
    lambda path: edit(path, 3, group={"HIDDEN": 1}),
]


@pytest.mark.parametrize("spoil", SECRETS)
def test_no_problem_repeats_a_test_label(bundle: Path, spoil: Callable[[Path], None]) -> None:
    spoil(bundle / "test_labels.jsonl")
    found = problems_of(bundle)
    assert any(problem.startswith("test_labels.jsonl:3: ") for problem in found)
    assert "HIDDEN" not in "\n".join(found)


@pytest.mark.parametrize("name", [*reading.DATA_FILES, "challenge.yaml"])
def test_files_that_are_missing_empty_or_links(bundle: Path, tmp_path: Path, name: str) -> None:
    path = bundle / name
    original = path.read_bytes()
    path.unlink()
    assert f"{name}: This file is missing." in problems_of(bundle)
    path.write_bytes(b"")
    assert f"{name}: The file is empty." in problems_of(bundle)
    path.unlink()
    (tmp_path / "elsewhere").write_bytes(original)
    path.symlink_to(tmp_path / "elsewhere")
    assert f"{name}: Links are not accepted." in problems_of(bundle)
    path.unlink()
    os.mkfifo(path)
    assert f"{name}: Only plain files are accepted here." in problems_of(bundle)


def test_folders_odd_names_and_dots_do_not_belong(bundle: Path) -> None:
    (bundle / "more").mkdir()
    (bundle / "a\n\x1b[31mb").write_text("x")
    (bundle / "..evil").write_text("x")
    assert problems_of(bundle) == [
        "..evil: This file does not belong here.",
        "a??[31mb: This file does not belong here.",
        "more: Only plain files are accepted here.",
    ]


def test_too_many_files_too_many_bytes_too_many_lines(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_ROWS", 10)
    assert problems_of(bundle).count("train.jsonl:11: There are more than 10 lines.") == 1
    monkeypatch.setitem(reading.LIMITS, "train.jsonl", 1024)
    assert "train.jsonl: The file is larger than 1 KiB." in problems_of(bundle)
    monkeypatch.setattr(files, "MAX_FILES", 3)
    assert problems_of(bundle) == ["bundle: There are more than 3 files."]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert problems_of(tmp_path / "nowhere") == ["nowhere: The folder cannot be read: No such file or directory."]


def test_thousands_of_kinds_of_problems_are_counted(bundle: Path) -> None:
    # 5,000 columns that do not belong, and one label without an example
    stray = "".join(f'{{"id": "a{i}", "text": "{i}", "label": "negative", "c{i}": 1}}\n' for i in range(5000))
    (bundle / "train.jsonl").write_text(stray)
    found = problems_of(bundle)
    assert len(found) == MAX_PER_FILE + 1
    assert found[-1] == f"train.jsonl: … and {5000 + 1 - MAX_PER_FILE} more problems in this file."


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[head, lora, full]", "[head, lorra]", "16: limits.methods.1: There is no method “lorra”."),
        ("method.r:", "method.rank:", "19: limits.ranges.method.rank: There is no field “method.rank”."),
        ("min: 1, max: 32", "min: 9, max: 2", "19: limits.ranges.method.r: The range of “method.r” is empty."),
        ("max: 32", "max: 65", "19: limits.ranges.method.r: The range of “method.r” goes beyond the field's own"),
        ("min: 1e-5", "min: -1", "18: limits.ranges.training.learning_rate: The range of “training.learning_rate” g"),
        ("max: 32", "max: 1.5", "19: limits.ranges.method.r: The range of “method.r” must be of whole numbers."),
        ("method.r:", "training.optim:", "19: limits.ranges.training.optim: “training.optim” is no number"),
        ("[head, lora, full]", "[head, full, head]", "16: limits.methods.2: “head” is there twice."),
        ("max_steps: 500", "max_steps: 1.5", "20: limits.budget.max_steps: This is not a whole number."),
        ("per_day: 20", "per_day: 0", "24: phases.0.quota.per_day: Must be at least 1."),
        ("precision: fp32", "precision: fp8", "25: phases.0.precision: Must be one of: fp32, bf16."),
        ("[negative, positive]", "[positive, positive]", "12: labels: A label is there twice: positive."),
        ("slug: film-critics-example", "slug: Film/../x", "2: slug: Must match the pattern ^[a-z0-9]"),
        ("task: text-classification", "task: telepathy", "10: task: There is no such task."),
        ("license: Apache-2.0", "", "2: license: This key is missing."),
        ("license:", "license: &a x\nlicence: *a #", "28: Aliases (*name) are not accepted."),
        ("precision: fp32", "opens_at: 2026-01-02T00:00:00Z\n    closes_at: 2026-01-01T00:00:00Z",
         "23: phases.0: The phase must close after it opens."),
        ("precision: fp32", "opens_at: 2026-01-02", "25: phases.0.opens_at: This is not a time."),
        ("precision: fp32", "opens_at: 2026-01-02T09:00:00", "25: phases.0.opens_at: Give the time with its offset"),
        ("limits:", "description: again\nlimits:", "14: Duplicate key “description”."),
    ],
)  # fmt: skip
def test_problems_of_challenge_yaml_have_lines(bundle: Path, old: str, new: str, expected: str) -> None:
    path = bundle / "challenge.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    found = [problem for problem in problems_of(bundle) if problem.startswith("challenge.yaml")]
    assert found[0].startswith(f"challenge.yaml:{expected.split(':')[0]}:"), found
    assert expected.split(":", 1)[1] in found[0]


NO_MOMENTS = ("10000-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00+99:00", "1767225600", ".inf")


@pytest.mark.parametrize(
    "moment",
    [
        *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "1999-12-31T23:59:59Z", "2000-01-01T00:00:00+00:01"),
        *("2099-12-31T23:59:59-12:00", "2100-01-01T00:00:01Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00"),
        *NO_MOMENTS,
    ],
)
@pytest.mark.parametrize("name", ["opens_at", "closes_at"])
def test_a_phase_is_between_2000_and_2100(bundle: Path, name: str, moment: str) -> None:
    path = bundle / "challenge.yaml"
    path.write_text(path.read_text().replace("precision: fp32", f"{name}: {moment}", 1))
    found = [problem for problem in problems_of(bundle) if problem.startswith("challenge.yaml")]
    assert len(found) == 1
    said = "This is not a time." if moment in NO_MOMENTS else "Choose a time between the years 2000 and 2100."
    assert found[0].startswith(f"challenge.yaml:25: phases.0.{name}: {said}"), found


def test_data_is_judged_even_where_challenge_yaml_is_not_in_order(bundle: Path) -> None:
    yaml = bundle / "challenge.yaml"
    yaml.write_text(yaml.read_text().replace("title:", "titel:"))
    edit(bundle / "train.jsonl", 2, text=None)
    assert [problem.split(":")[0] for problem in problems_of(bundle)] == ["challenge.yaml"] * 2 + ["train.jsonl"]


def test_what_any_task_has_in_common_is_judged_where_the_task_is_unknown(bundle: Path) -> None:
    yaml = bundle / "challenge.yaml"
    yaml.write_text(yaml.read_text().replace("text-classification", "telepathy").replace("accuracy", "guess"))
    edit(bundle / "train.jsonl", 2, id="../x")
    put(bundle / "train.jsonl", 5, "{not json")
    edit(bundle / "validation.jsonl", 1, id="train-01")
    edit(bundle / "validation.jsonl", 3, group="film 1")
    edit(bundle / "test.jsonl", 4, group="film 2")
    edit(bundle / "test_labels.jsonl", 2, id="test-99")
    edit(bundle / "test_labels.jsonl", 5, group="film 1")
    (bundle / "files").mkdir()
    (bundle / "files" / "a.png").symlink_to("elsewhere")
    yaml_found, data_found = problems_of(bundle)[:2], problems_of(bundle)[2:]
    assert [line.split(": ")[:2] for line in yaml_found] == [
        ["challenge.yaml:10", "task"],
        ["challenge.yaml:11", "primary_metric"],
    ]
    assert data_found == [
        "files: a.png: Links are not accepted.",
        "test.jsonl:2: The item “test-02” has no label in test_labels.jsonl.",
        "test.jsonl:4: The column “group” belongs in test_labels.jsonl: test.jsonl goes to the workers.",
        "test_labels.jsonl:2: There is no test item “test-99”.",
        "test_labels.jsonl:5: The same group is at validation.jsonl:3.",
        "train.jsonl:2: An id is 1 to 100 letters, digits or . _ : -, and begins with a letter or digit.",
        "train.jsonl:5: This line is not valid JSON.",
        "validation.jsonl:1: The id “train-01” is used already: train.jsonl:1.",
    ]


def test_a_doubled_key_hides_nothing_else_of_the_file(bundle: Path) -> None:
    yaml = bundle / "challenge.yaml"
    text = yaml.read_text().replace("limits:", "description: again\nlimits:").replace("lora, full", "lorra, full")
    yaml.write_text(text.replace("per_day: 20", "per_day: 0"))
    assert [problem.split(":")[1] for problem in problems_of(bundle)] == ["14", "17", "25"]


def test_a_description_that_could_not_be_shown_is_a_problem(bundle: Path) -> None:
    path = bundle / "challenge.yaml"
    path.write_text(path.read_text().replace("description: |\n", "description: |\n  " + "> " * 20 + "deep\n\n", 1))
    (problem,) = problems_of(bundle)
    assert re.fullmatch(r"challenge\.yaml:\d+: description: Lists or quotes are nested too deeply\.", problem)
