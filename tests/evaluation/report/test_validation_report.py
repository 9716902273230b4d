"""The validation report on a submission's page and in the API: what it shows, to whom, and without its files."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.utils import timezone

from hackathon.files.storage import storage
from submissions.models import Artifact, Job, JobEvent, Tag, Withdrawal
from tests.api import EVERYBODY, get
from tests.evaluation.report.validated import (
    GOLD,
    TUNED,
    answer,
    base_run,
    items,
    scored_run,
    store_answers,
    store_items,
    validated,
)
from tests.evaluation.scored import submit
from tests.factories import World
from tests.pages import HOSTILE, browser_of, html, live_markup, page, poll
from tests.submissions.play import job_result
from training_worker.contract.wire import VALIDATION_PREDICTIONS

TEAM = {"captain", "teammate", "organizer"}
NOT_THERE = "The report is not available"
QUERIES = 16
"""Of the whole page: session, user, submission, job, clock, progress, events, files, scores, the base model's score;
for this report its file, the data version and the base model's file; for the standing own team, withdrawal and tags."""


def report(world: World, submission: Any, who: str = "captain") -> Any:
    return get(world, who, f"submissions/{submission.pk}/report/").json()["validation"]


def cells(text: str) -> list[list[str]]:
    """The matrix as the page shows it: label, then count of each cell, then the total."""
    table = re.search(r'<table class="matrix.*?</table>', text, re.DOTALL)
    assert table
    rows = re.findall(r"<tr>(.*?)</tr>", table[0])[1:]
    return [re.findall(r"<t[hd][^>]*>([^<]*)", row) for row in rows]


def test_the_page_shows_the_matrix_the_classes_and_the_comparison(world: World) -> None:
    text = html(page(world, "captain", f"/s/{validated(world).pk}/"))
    assert cells(text) == [
        ["bird", "1", "0", "0", "1", "2"],
        ["cat", "0", "2", "1", "0", "3"],
        ["dog", "0", "1", "2", "0", "3"],
    ]
    assert '<td class="heat-6 right">2<small>67 %</small></td>' in text
    assert '<th scope="row">accuracy</th><td class="num">0.5000</td><td class="num strong">0.6250</td>' in text
    assert "+0.1250" in text
    assert '<th scope="row">bird</th><td class="num">0.8</td><td class="num">0.6667</td>' in text  # the chart's table
    assert '<th scope="row">train</th><td class="num">5</td>' in text  # seconds by stage
    assert "<b>3</b> fixed by training" in text
    assert "<b>2</b> broken" in text
    assert '<th scope="row">bird</th><td class="num">1.000</td><td class="num">0.500</td>' in text
    assert "8 validation items, whose labels you have." in text


def test_the_api_says_the_same(world: World) -> None:
    submission = validated(world)
    answered = get(world, "captain", f"submissions/{submission.pk}/report/").json()
    assert answered["submission"]["id"] == str(submission.pk)
    found = answered["validation"]
    assert (found["items"], found["labels"]) == (8, ["bird", "cat", "dog"])
    assert found["confusion"] == [[1, 0, 0, 1], [0, 2, 1, 0], [0, 1, 2, 0]]
    assert found["metrics"][0] == {"name": "accuracy", "value": 0.625, "base": 0.5, "gain": 0.125}
    groups = {group["kind"]: group for group in found["groups"]}
    assert [example["id"] for example in groups["fixed"]["examples"]] == ["val-5", "val-0", "val-1"]
    assert groups["broken"]["examples"][0] == {
        "id": "val-2",
        "inputs": [{"name": "text", "text": "text 2"}],
        "gold": "cat",
        "predicted": "dog",
        "probability": 0.8,
        "gold_probability": 0.1,
        "base_predicted": "cat",
    }
    silent = groups["broken"]["examples"][1]
    assert (silent["predicted"], silent["probability"], silent["gold_probability"]) == ("", None, None)


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_report_is_the_teams_and_the_organizers(world: World, who: str) -> None:
    submission = validated(world)
    answered = get(world, who, f"submissions/{submission.pk}/report/")
    assert answered.status_code == (200 if who in TEAM else 401 if who == "anonymous" else 404)
    assert ("val-2" in answered.content.decode()) is (who in TEAM)
    shown = page(world, who, f"/s/{submission.pk}/")
    assert shown.status_code == (200 if who in TEAM else 302 if who == "anonymous" else 404)
    assert ("text 2" in html(shown)) is (who in TEAM)
    if who not in TEAM | {"anonymous"}:
        missing = get(world, who, f"submissions/{uuid.uuid4()}/report/")
        assert answered.json() == missing.json()


def test_without_the_base_model_there_is_a_report_without_comparisons(world: World) -> None:
    submission = validated(world, base=False)
    found = report(world, submission)
    assert found["metrics"][0] == {"name": "accuracy", "value": 0.625, "base": None, "gain": None}
    assert [group["kind"] for group in found["groups"]] == ["wrong_sure", "right_unsure", "right_sure"]
    text = html(page(world, "captain", f"/s/{submission.pk}/"))
    assert "answers are not there to compare with." in text
    assert "base F1" not in text


def test_a_broken_file_of_the_base_model_costs_the_comparison_only(world: World) -> None:
    submission = validated(world, base=False)
    store_answers(base_run(world), b"nonsense")
    assert report(world, submission)["metrics"][0]["base"] is None


@pytest.mark.parametrize(
    "body",
    [
        b"nonsense",
        b"",
        b'{"id": "val-0", "probabilities": [1, 0, 0]}\n',
        b'{"id": "val-0", "probabilities": [1, 0]}\n' * 8,
        b"\xff\xfe\x00",
    ],
)
def test_a_file_that_is_no_predictions_is_said_to_be_missing(world: World, body: bytes) -> None:
    store_items(world.data, items())
    submission = scored_run(world)
    store_answers(submission.jobs.get(), body)
    assert NOT_THERE in html(page(world, "captain", f"/s/{submission.pk}/"))
    assert report(world, submission) is None


def test_missing_and_changed_files(world: World) -> None:
    submission = validated(world)
    path = f"/s/{submission.pk}/"
    file = Artifact.objects.get(job__submission=submission)
    storage("artifacts").delete(file.key)
    shown = page(world, "captain", path)
    assert (shown.status_code, NOT_THERE in html(shown)) == (200, True)
    assert '<th scope="row">accuracy</th><td class="num">0.8000</td>' in html(shown)  # the worker's own figure stays
    file.delete()
    assert NOT_THERE in html(page(world, "captain", path))
    changed = answer(submission.jobs.get(), TUNED)
    Artifact.objects.filter(pk=changed.pk).update(sha256="0" * 64)
    assert NOT_THERE in html(page(world, "captain", path))
    Artifact.objects.filter(pk=changed.pk).update(sha256=changed.sha256)
    assert NOT_THERE not in html(page(world, "captain", path))


def test_missing_validation_data(world: World) -> None:
    submission = validated(world)
    storage("datasets").delete(f"{world.data.prefix}/validation.jsonl")
    assert NOT_THERE in html(page(world, "captain", f"/s/{submission.pk}/"))


def test_a_report_is_read_once(world: World) -> None:
    submission = validated(world)
    first = report(world, submission)
    for artifact in Artifact.objects.filter(name=VALIDATION_PREDICTIONS):
        storage("artifacts").delete(artifact.key)
    assert report(world, submission) == first


def test_a_run_that_is_not_scored_has_no_report(world: World) -> None:
    store_items(world.data, items())
    job = submit(world)
    answer(job, TUNED)
    for state in ("running", "scoring", "failed", "cancelled"):
        Job.objects.filter(pk=job.pk).update(state=state, result=job_result().model_dump(mode="json"))
        for response in (
            page(world, "captain", f"/s/{job.submission_id}/"),
            poll(world, "captain", f"/s/{job.submission_id}/"),
        ):
            assert "Validation report" not in html(response)
        assert get(world, "captain", f"submissions/{job.submission_id}/report/").json()["validation"] is None


def test_hostile_texts_and_labels_are_inert(world: World) -> None:
    rows = [{"id": f"val-{n}", "text": HOSTILE, "text_pair": f"{HOSTILE} {n}", "label": HOSTILE[:60]} for n in range(3)]
    store_items(world.data, rows, labels=[HOSTILE[:60], "other"])
    submission = scored_run(world)
    answer(submission.jobs.get(), [[0.9, 0.1], [0.1, 0.9], []])
    text = html(page(world, "captain", f"/s/{submission.pk}/"))
    assert text.count("alert(1)") > 8
    assert "text_pair" in text
    assert live_markup(text) == []


def test_a_long_text_is_cut_with_the_rest_to_open(world: World) -> None:
    words = " ".join(f"word{n}" for n in range(1000))
    rows = [{"id": f"val-{n}", "text": words, "label": label} for n, label in enumerate(GOLD)]
    store_items(world.data, rows)
    submission = scored_run(world)
    answer(submission.jobs.get(), TUNED)
    text = html(page(world, "captain", f"/s/{submission.pk}/"))
    lead, rest = re.findall(r'dir="auto">(word[^<]*)<span.*?</summary>([^<]*)</details>', text)[0]
    assert words.startswith(lead + rest)
    assert (len(lead) <= 300, len(lead + rest)) == (True, 5000)
    assert report(world, submission)["groups"][0]["examples"][0]["inputs"][0]["text"] == words[:5000]


@pytest.mark.parametrize(("classes", "is_drawn"), [(20, True), (60, False)])
def test_many_classes(world: World, classes: int, is_drawn: bool) -> None:
    labels = [f"class {k}" for k in range(classes)]
    store_items(world.data, items([labels[n % classes] for n in range(120)]), labels=labels)
    submission = scored_run(world)
    shift = [[1.0 if k == (n + (n < 10)) % classes else 0.0 for k in range(classes)] for n in range(120)]
    answer(submission.jobs.get(), shift)
    text = html(page(world, "captain", f"/s/{submission.pk}/"))
    assert ('<table class="matrix num upright">' in text) is is_drawn
    assert '<th scope="row">class 0</th><td>class 1</td><td class="num">1</td>' in text
    found = report(world, submission)
    assert (len(found["confusion"]), len(found["classes"])) == (classes, classes)
    assert [group["count"] for group in found["groups"]] == [10, 110, 110]


def test_the_queries_do_not_grow(world: World, django_assert_num_queries: Any) -> None:
    submission = validated(world)
    client = browser_of(world, "captain")
    client.get(f"/s/{submission.pk}/")
    with django_assert_num_queries(QUERIES):
        client.get(f"/s/{submission.pk}/")
    store_items(world.data, items([*GOLD, *GOLD, *GOLD]))
    other = scored_run(world)
    answer(other.jobs.get(), [*TUNED, *TUNED, *TUNED])
    now = timezone.now()
    for n in range(3):
        Tag.objects.create(submission=other, name=f"tag {n}", key=f"tag {n}", position=n)
        JobEvent.objects.create(job=other.jobs.get(), at=now, from_state="queued", to_state="running", attempt=n)
        restored_at = now if n else None
        Withdrawal.objects.create(
            submission=other, withdrawn_at=now, withdrawn_by=world.teammate, restored_at=restored_at
        )
    with django_assert_num_queries(QUERIES):
        text = html(client.get(f"/s/{other.pk}/"))
    assert ("24 validation items" in text, "tag 2" in text) == (True, True)


def test_the_config_is_shown_as_yaml(world: World) -> None:
    text = html(page(world, "captain", f"/s/{validated(world).pk}/"))
    assert "base_model: tiny-bert\nmethod:\n  name: head\n" in text
