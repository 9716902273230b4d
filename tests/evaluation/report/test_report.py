"""The validation report on a submission's page and in the API: what it shows, to whom, and without its file."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest
from django.utils import timezone

from hackathon.files.storage import storage
from submissions.models import Artifact, Job, JobEvent, Submission, Tag, Withdrawal
from tests.api import EVERYBODY, get
from tests.evaluation.report.made_up import (
    class_report,
    example,
    group,
    numbers_report,
    tags_report,
    without_base,
)
from tests.evaluation.report.validated import scored_run, set_task, store_report, validated
from tests.evaluation.scored import submit
from tests.factories import World
from tests.pages import HOSTILE, browser_of, html, live_markup, page, poll
from tests.submissions.play import job_result
from training_worker.contract.report import ClassRow, Confusion, ExampleKind, MetricRow, ValidationReport
from training_worker.contract.wire import REPORT

TEAM = {"captain", "teammate", "organizer"}
NOT_THERE = "There is no validation report"
QUERIES = 21
"""Of the whole page: session, user, submission, job, clock, progress, events, files, scores, the base model's score;
for the place whether the board is visible, the viewer's role, and the entries; for this report
the data version; for what may be done own team, withdrawal and tags; for the defaults the base models."""


def report(world: World, submission: Submission, who: str = "captain") -> Any:
    return get(world, who, f"submissions/{submission.pk}/report/").json()["validation"]


def shown(world: World, submission: Submission, who: str = "captain") -> str:
    """The page, with runs of white space as one space."""
    return " ".join(html(page(world, who, f"/s/{submission.pk}/")).split())


def cells(text: str) -> list[list[str]]:
    """The matrix as the page shows it: label, then count of each cell, then the total."""
    table = re.search(r'<table class="matrix.*?</table>', text, re.DOTALL)
    assert table
    rows = re.findall(r"<tr>(.*?)</tr>", table[0])[1:]
    return [[cell.strip() for cell in re.findall(r"<t[hd][^>]*>([^<]*)", row)] for row in rows]


# --- what it shows --------------------------------------------------------------------------------------------------


def test_the_page_shows_the_matrix_the_classes_and_the_comparison(world: World) -> None:
    text = shown(world, validated(world))
    assert cells(text) == [
        ["bird", "1", "0", "0", "1", "2"],
        ["cat", "0", "2", "1", "0", "3"],
        ["dog", "0", "1", "2", "0", "3"],
    ]
    assert '<td class="heat-6 right">2 <small>67 %</small></td>' in text
    assert '<th scope="row">accuracy</th> <td class="num">0.5000</td> <td class="num"><b>0.6250</b>' in text
    assert "± 0.1830" in text
    assert '<td class="num up">+0.1250</td>' in text
    # the chart's table:
    assert '<th scope="row"><bdi>bird</bdi></th><td class="num">0.8</td><td class="num">0.6667</td>' in text
    assert "<b>3</b> improved" in text
    assert "<b>2</b> regressed" in text
    assert '<th scope="row">bird</th> <td class="num">1.000</td> <td class="num">0.500</td>' in text
    assert "8 validation items, whose labels you have." in text


def test_examples_stand_in_groups_under_the_words_of_the_field(world: World) -> None:
    text = shown(world, validated(world))
    heads = re.findall(r'<summary><b>([^<]*)</b> <span class="num">(\d+)</span>', text)
    assert heads == [
        ("Errors", "3"),
        ("Correct, least confident", "2"),
        ("Correct, most confident", "3"),
        ("Improved", "3"),
        ("Regressed", "2"),
    ]
    first = text[text.index("the text of val-2") : text.index("the text of val-7")]
    answers = re.findall(r"<dt>([^<]*)</dt> <dd> <b([^>]*)>([^<]*)</b>", first)
    assert answers == [
        ("True label", "", "cat"),
        ("Prediction", ' class="down"', "dog"),
        ("Base model", ' class="up"', "cat"),
    ]
    assert re.findall(r"</meter> ([\d.]+)", first) == ["0.100", "0.800"]
    assert "Wrong predictions, the highest probability first. 2 of 3 are shown." in text
    silent = text[text.index("the text of val-7") :]
    assert silent.index("no answer") < silent.index("</dl>")


def test_tags_are_spans_over_the_words_that_are_told_apart_without_colour(world: World) -> None:
    set_task(world, "token-classification")
    text = shown(world, validated(world, tags_report()))
    truth, tuned, base = re.findall(r'<dt class="muted small">([^<]*)</dt> <dd dir="auto">(.*?)</dd>', text)[:3]
    assert (truth[0], tuned[0], base[0]) == ("True labels", "Prediction", "Base model")
    plain = [re.sub(r"\s+", " ", re.sub("<[^>]*>", "", answer)).strip() for _name, answer in (truth, tuned, base)]
    assert plain == [
        "Ada Lovelace person met Babbage person (missed) in London place .",
        "Ada Lovelace person met Babbage place × wrong in London place .",
        "Ada Lovelace met Babbage in London .",
    ]
    assert re.findall('class="(entity[^"]*)"', tuned[1]) == ["entity", "entity wrong", "entity"]
    assert "Error: 14 % of the tags" in text
    assert text.count("no answer") == 1
    assert '<th scope="row">person</th> <td class="num">1.000</td>' in text
    assert "matrix" not in text


def test_numbers_are_a_scatter_with_its_table_and_have_no_right_or_wrong(world: World) -> None:
    set_task(world, "text-regression")
    text = shown(world, validated(world, numbers_report()))
    chart = text[text.index('id="predicted"') : text.index("</figure>", text.index('id="predicted"'))]
    spec = json.loads(re.findall(r'<script type="application/json">(.*?)</script>', chart)[0])
    assert (spec["kind"], spec["points"][0], len(spec["points"])) == ("cloud", [-4.0, -3.5], 40)
    assert spec["series"][0]["points"] == [[-4.0, -4.0], [4.0, 4.0]]
    rows = re.findall(r'<tr><th scope="row"><bdi>([^<]*)</bdi></th>(.*?)</tr>', chart)
    assert len(rows) == 10
    assert rows[0] == ("-4 … -3.4", '<td class="num">4</td><td class="num">-3.2</td><td class="num">0.5</td>')
    assert '<th scope="row">mse <span class="muted small">lower is better</span></th>' in text
    assert '<td class="num">5.740</td> <td class="num"><b>0.250</b> <small class="muted">± 0.021</small></td>' in text
    assert '<td class="num up">+5.490</td>' in text
    examples = text[text.index('id="examples-largest_error"') :]
    assert re.findall(r"<dt>([^<]*)</dt> <dd> <b([^>]*)>([^<]*)</b>", examples)[:3] == [
        ("True value", "", "-2.2"),
        ("Prediction", ' class="down"', "no answer"),
        ("Base model", "", "0"),
    ]
    assert '<dt>Error</dt><dd class="num">8</dd>' in examples


@pytest.mark.parametrize(
    ("scale", "value"), [(1000.0, "<b>250000</b>"), (1.0, "<b>0.250</b>"), (0.01, "<b>0.0000250</b>")]
)
def test_a_metric_without_bounds_has_its_digits_at_any_scale(world: World, scale: float, value: str) -> None:
    set_task(world, "text-regression")
    assert value in shown(world, validated(world, numbers_report(scale=scale)))


def test_a_worse_error_is_a_loss(world: World) -> None:
    set_task(world, "text-regression")
    rows = (MetricRow(name="mse", value=0.5, se=0.1, base=0.25),)
    text = shown(world, validated(world, numbers_report().model_copy(update={"metrics": rows})))
    assert '<td class="num down">−0.2500</td>' in text


def test_the_api_says_the_report_as_it_is(world: World) -> None:
    for task, made in (
        ("text-classification", class_report()),
        ("token-classification", tags_report()),
        ("text-regression", numbers_report()),
    ):
        set_task(world, task)
        submission = validated(world, made)
        answered = get(world, "captain", f"submissions/{submission.pk}/report/").json()
        assert answered["submission"]["id"] == str(submission.pk)
        assert answered["validation"] == made.model_dump(mode="json")


def test_without_the_base_model_there_is_a_report_without_comparisons(world: World) -> None:
    submission = validated(world, without_base(class_report()))
    assert report(world, submission)["metrics"][0]["base"] is None
    text = shown(world, submission)
    assert "No predictions of the base model to compare with." in text
    assert [word for word in ("base F1", "Improved", "Base model", "improved") if word in text] == []


# --- to whom --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_report_is_the_teams_and_the_organizers(world: World, who: str) -> None:
    submission = validated(world)
    answered = get(world, who, f"submissions/{submission.pk}/report/")
    assert answered.status_code == (200 if who in TEAM else 401 if who == "anonymous" else 404)
    assert ("val-2" in answered.content.decode()) is (who in TEAM)
    response = page(world, who, f"/s/{submission.pk}/")
    assert response.status_code == (200 if who in TEAM else 302 if who == "anonymous" else 404)
    assert ("the text of val-2" in html(response)) is (who in TEAM)
    if who not in TEAM | {"anonymous"}:
        missing = get(world, who, f"submissions/{uuid.uuid4()}/report/")
        assert answered.json() == missing.json()


def test_a_run_that_is_not_scored_has_no_report(world: World) -> None:
    job = submit(world)
    store_report(job, class_report())
    for state in ("running", "scoring", "failed", "cancelled"):
        Job.objects.filter(pk=job.pk).update(state=state, result=job_result().model_dump(mode="json"))
        for response in (
            page(world, "captain", f"/s/{job.submission_id}/"),
            poll(world, "captain", f"/s/{job.submission_id}/"),
        ):
            assert "Validation report" not in html(response)
        assert get(world, "captain", f"submissions/{job.submission_id}/report/").json()["validation"] is None


# --- without its file -----------------------------------------------------------------------------------------------


def test_a_run_without_a_report_says_so_and_keeps_its_figures(world: World) -> None:
    submission = scored_run(world)
    text = shown(world, submission)
    assert NOT_THERE in text
    assert '<th scope="row">accuracy</th><td class="num">0.8000</td>' in text  # the worker's own figure
    assert "0.81 ± 0.02" in text
    assert report(world, submission) is None


@pytest.mark.parametrize(
    "body",
    [
        b"nonsense",
        b"",
        b"{}",
        b"\xff\xfe\x00",
        class_report().model_copy(update={"items": 0}).model_dump_json().encode(),
        class_report(confusion=((1, 2), (3, 4))).model_dump_json().encode(),
        class_report(metrics=(MetricRow(name="magic", value=1.0, se=0.1),)).model_dump_json().encode(),
        class_report().model_dump_json().replace('"items":8', '"items":8,"extra":1').encode(),
    ],
)
def test_a_file_that_is_no_report_is_said_to_be_missing(world: World, body: bytes) -> None:
    submission = validated(world, body)
    assert NOT_THERE in shown(world, submission)
    assert report(world, submission) is None


def test_missing_and_changed_files(world: World) -> None:
    submission = validated(world)
    file = Artifact.objects.get(job__submission=submission)
    Artifact.objects.filter(pk=file.pk).update(sha256="0" * 64)
    assert NOT_THERE in shown(world, submission)
    Artifact.objects.filter(pk=file.pk).update(sha256=file.sha256)
    assert NOT_THERE not in shown(world, submission)
    other = validated(world)
    storage("artifacts").delete(Artifact.objects.get(job__submission=other).key)
    assert NOT_THERE in shown(world, other)


def test_a_report_is_read_once(world: World) -> None:
    submission = validated(world)
    first = report(world, submission)
    storage("artifacts").delete(Artifact.objects.get(name=REPORT).key)
    assert first is not None
    assert report(world, submission) == first


# --- hostile and large ----------------------------------------------------------------------------------------------


def hostile(task: str) -> ValidationReport:
    words = {"text": HOSTILE, "text_pair": HOSTILE, "tokens": [HOSTILE, "word"]}
    label = HOSTILE[:60]
    target, predicted = ([f"B-{label}", "O"], [label, "B-x"]) if task == "token-classification" else (label, "other")
    one = example(HOSTILE, target, predicted, predicted, inputs=words, confidence=0.9, target_confidence=0.1)
    return ValidationReport(
        items=1,
        metrics=(MetricRow(name="accuracy", value=0.0, se=0.5, base=0.0),),
        labels=(label, "other"),
        classes=(ClassRow(label=label, precision=0.0, recall=0.0, f1=0.0, support=1, base_f1=0.5),),
        confusion=((0, 1, 0), (0, 0, 0)),
        confusions=(Confusion(target=label, predicted="other", count=1),),
        groups=(group(ExampleKind.ERROR, one),),
    )


@pytest.mark.parametrize("task", ["text-classification", "token-classification"])
def test_hostile_texts_and_labels_are_inert(world: World, task: str) -> None:
    set_task(world, task)
    text = html(page(world, "captain", f"/s/{validated(world, hostile(task)).pk}/"))
    assert text.count("alert(1)") > 5
    assert live_markup(text) == []


def test_a_long_text_is_cut_with_the_rest_to_open(world: World) -> None:
    words = " ".join(f"word{n}" for n in range(600))
    one = example("val-0", "cat", "dog", inputs={"text": words})
    submission = validated(world, class_report(groups=(group(ExampleKind.ERROR, one),)))
    text = html(page(world, "captain", f"/s/{submission.pk}/"))
    lead, rest = re.findall(r'dir="auto">(word[^<]*)<span.*?</summary>([^<]*)</details>', text, re.DOTALL)[0]
    assert lead + rest == words
    assert len(lead) <= 300


@pytest.mark.parametrize(("classes", "is_drawn"), [(20, True), (60, False)])
def test_many_classes(world: World, classes: int, is_drawn: bool) -> None:
    labels = [f"class {k}" for k in range(classes)]
    confusion = tuple(tuple(2 if column == row else 0 for column in range(classes + 1)) for row in range(classes))
    rows = tuple(ClassRow(label=label, precision=1.0, recall=1.0, f1=1.0, support=2, base_f1=0.5) for label in labels)
    confused = (Confusion(target=labels[0], predicted=labels[1], count=3),)
    made = class_report(labels=tuple(labels), confusion=confusion, classes=rows, confusions=confused)
    text = shown(world, validated(world, made))
    assert ('<table class="matrix num upright">' in text) is is_drawn
    assert '<tr><th scope="row">class 0</th><td>class 1</td><td class="num">3</td></tr>' in text
    assert "f1-by-class" not in text


def test_the_queries_do_not_grow(world: World, django_assert_num_queries: Any) -> None:
    submission = validated(world)
    client = browser_of(world, "captain")
    client.get(f"/s/{submission.pk}/")
    with django_assert_num_queries(QUERIES):
        client.get(f"/s/{submission.pk}/")
    groups = class_report().groups * 3
    other = validated(world, class_report(groups=groups, items=24))
    now = timezone.now()
    for n in range(3):
        Tag.objects.create(submission=other, name=f"tag {n}", position=n)
        JobEvent.objects.create(job=other.jobs.get(), at=now, from_state="queued", to_state="running", attempt=n)
        restored_at = now if n else None
        Withdrawal.objects.create(
            submission=other, withdrawn_at=now, withdrawn_by=world.teammate, restored_at=restored_at
        )
    with django_assert_num_queries(QUERIES):
        text = html(client.get(f"/s/{other.pk}/"))
    assert ("24 validation items" in text, "tag 2" in text) == (True, True)
