"""The scorer from end to end: real storage, real database, and everything that can go wrong on the way."""

from __future__ import annotations

import json
from unittest import mock

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InvalidStorageError
from django.core.management import call_command
from django.forms.models import model_to_dict

from evaluation.models import LeaderboardEntry, Result
from evaluation.scoring import scorer as score
from evaluation.scoring.labels import LabelsUnreadable, read_labels
from evaluation.scoring.scorer import score_job, score_pending
from evaluation.selectors import leaderboard
from evaluation.tasks import score_pending as score_task
from hackathon.files.storage import storage
from submissions.enums import Fault, JobState
from submissions.models import Job, JobEvent, Quota
from submissions.services.jobs import cancel_job
from submissions.services.operator import requeue_quarantined
from submissions.services.scoring_lease import claim_scoring
from tests.evaluation.scored import base_job, hand_in, predictions, reserved_team, right, submit, wrong
from tests.factories import World, make_node, make_world, store_data
from tests.submissions import play
from training_worker.contract.tasks.spec import CLASS_METRICS

ITEMS = range(100)
CANARY = "canary-label-positive"


def mostly_right(i: int) -> list[float]:
    """24 of 30 public and 49 of 70 private items."""
    is_wrong = i % 5 == 0 if i < 30 else i % 10 in {0, 1, 2}
    return wrong(i) if is_wrong else right(i)


def test_scores_both_parts_and_puts_the_team_on_the_board(world: World) -> None:
    job = hand_in(submit(world), predictions(mostly_right, ITEMS))
    assert score_pending() == 1
    job.refresh_from_db()
    result = Result.objects.get()
    assert (job.state, job.lease_until) == (JobState.SUCCEEDED, None)
    assert (result.job, result.data, result.metric) == (job, world.data, "accuracy")
    assert (result.public_score, result.private_score) == pytest.approx((0.8, 0.7))
    assert result.public_se == pytest.approx((0.8 * 0.2 / 29) ** 0.5)
    assert result.private_se == pytest.approx((0.7 * 0.3 / 69) ** 0.5)
    assert result.dummy_score == 0.5
    public, private = result.public_metrics, result.private_metrics
    assert public.keys() == private.keys() == {"metrics", "dummy", "per_class_f1"}
    assert public["metrics"].keys() == public["dummy"].keys() == set(CLASS_METRICS)
    assert public["metrics"]["accuracy"] == {"value": result.public_score, "se": result.public_se}
    assert private["metrics"]["accuracy"] == {"value": result.private_score, "se": result.private_se}
    assert public["dummy"]["accuracy"] == {"value": 0.5, "se": pytest.approx((0.25 / 29) ** 0.5)}
    assert public["per_class_f1"] == pytest.approx({"negative": 0.8, "positive": 0.8}, abs=0.01)
    entry = LeaderboardEntry.objects.get()
    assert (entry.team, entry.score, entry.entries, entry.result) == (world.team, 0.8, 1, result)
    assert entry.received_at == job.submission.received_at  # type: ignore[union-attr]


def test_per_item_values_lie_with_the_labels_and_need_no_pickle(world: World) -> None:
    hand_in(submit(world), predictions(mostly_right, ITEMS))
    score_pending()
    result = Result.objects.get()
    assert result.items_key.startswith("results/")
    with storage("labels").open(result.items_key, "rb") as file, np.load(file, allow_pickle=False) as items:
        assert items["correct"].mean() == pytest.approx(0.73)
        assert items["predicted"].shape == (100,)


def test_macro_f1_may_be_the_primary_metric(world: World) -> None:
    world.challenge.primary_metric = "f1_macro"
    world.challenge.save()
    hand_in(submit(world), predictions(mostly_right, ITEMS))
    score_pending()
    result = Result.objects.get()
    assert result.metric == "f1_macro"
    f1 = result.public_metrics["metrics"]["f1_macro"]
    assert result.public_score == f1["value"] == pytest.approx(0.8, abs=0.01)
    assert result.public_se == f1["se"] > 0.03


def test_no_answer_counts_as_wrong(world: World) -> None:
    hand_in(submit(world), predictions(lambda i: right(i) if i % 2 == 0 else [], ITEMS))
    score_pending()
    assert Result.objects.get().public_score == 0.5


def test_order_of_lines_does_not_matter(world: World) -> None:
    lines = predictions(mostly_right, ITEMS).splitlines(keepends=True)
    hand_in(submit(world), b"".join(reversed(lines)))
    score_pending()
    assert Result.objects.get().public_score == pytest.approx(0.8)


def test_running_twice_changes_nothing(world: World) -> None:
    hand_in(submit(world), predictions(mostly_right, ITEMS))
    score_task()
    before = (model_to_dict(Result.objects.get()), model_to_dict(LeaderboardEntry.objects.get()))
    events = JobEvent.objects.count()
    assert score_pending() == 0
    score_task()
    assert (model_to_dict(Result.objects.get()), model_to_dict(LeaderboardEntry.objects.get())) == before
    assert JobEvent.objects.count() == events


def test_base_score_and_baseline_are_scored_but_not_ranked(world: World) -> None:
    hand_in(base_job(world), predictions(mostly_right, ITEMS))
    hand_in(submit(world, team=reserved_team(world)), predictions(right, ITEMS))
    assert score_pending() == 2
    assert Result.objects.count() == 2
    assert not LeaderboardEntry.objects.exists()


def test_loser_of_a_race_writes_nothing(world: World) -> None:
    """The first scorer stalls, its lease is swept, a second one scores; then the first one wakes up."""
    job = hand_in(submit(world), predictions(mostly_right, ITEMS))
    slow = claim_scoring()
    assert slow is not None
    Job.objects.filter(pk=job.pk).update(lease_until=None)
    assert score_pending() == 1
    winner = Result.objects.get()
    assert score_job(slow) is False
    assert Result.objects.get() == winner
    job.refresh_from_db()
    assert (job.state, job.losses, job.scoring_attempt) == (JobState.SUCCEEDED, 0, 2)
    assert job.events.filter(to_state=JobState.SUCCEEDED).count() == 1


@pytest.mark.parametrize("content", [b"", predictions(right, ITEMS)], ids=["broken", "valid"])
def test_loser_of_a_race_ends_nothing(world: World, content: bytes) -> None:
    """A stalled scorer must neither reject nor finish nor lose what another one holds."""
    job = hand_in(submit(world), content)
    slow = claim_scoring()
    Job.objects.filter(pk=job.pk).update(lease_until=None)
    assert slow is not None
    assert claim_scoring() is not None
    assert score_job(slow) is False
    job.refresh_from_db()
    assert (job.state, job.losses, job.scoring_attempt) == (JobState.SCORING, 0, 2)
    assert job.lease_until is not None
    assert not Result.objects.exists()


def test_cancelled_while_scoring_stays_cancelled(world: World) -> None:
    hand_in(submit(world), predictions(right, ITEMS))
    claimed = claim_scoring()
    assert claimed is not None
    cancel_job(job=Job.objects.get(pk=claimed.pk), actor="team")
    assert score_job(claimed) is False
    assert Job.objects.get(pk=claimed.pk).state == JobState.CANCELLED
    assert not Result.objects.exists()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (predictions(right, range(99)), "missing ids: 1"),
        (predictions(right, [*ITEMS, 3]), "doubled ids: 1"),
        (predictions(right, range(101)), "unknown ids: 1"),
        (predictions(lambda i: [float("nan"), 0.5], ITEMS), "not finite: 100"),
        (predictions(lambda i: [0.1, 0.2, 0.7], ITEMS), "wrong length: 100"),
    ],
)
def test_invalid_predictions_are_our_fault_and_refunded(
    world: World, content: bytes, problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    job = hand_in(submit(world), content)
    assert Quota.objects.get().used_total == 1
    assert score_pending() == 0
    job.refresh_from_db()
    quota = Quota.objects.get()
    assert (job.state, job.failure_code, job.fault) == (JobState.FAILED, "invalid_result", Fault.PLATFORM)
    assert (quota.used_total, quota.running, quota.compute_used) == (0, 0, 0.0)
    assert problem in caplog.text
    assert "item-" not in caplog.text
    assert not Result.objects.exists()


def _everything_stored_about(job: Job) -> str:
    rows = [*Job.objects.filter(pk=job.pk).values(), *JobEvent.objects.filter(job=job).values()]
    return json.dumps(rows, default=str)


def _raise_canary(*args: object, **kwargs: object) -> None:
    try:
        raise KeyError(CANARY)
    except KeyError:
        raise ValueError(f"gold label {CANARY} of item-7") from None


@pytest.mark.parametrize("place", ["read_labels", "score_answers", "upsert_entry"])
def test_text_of_an_exception_goes_nowhere(
    world: World, place: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    job = hand_in(submit(world), predictions(right, ITEMS))
    with mock.patch.object(score, place, side_effect=_raise_canary), caplog.at_level("DEBUG"):
        for _time in range(5):
            assert score_pending() == 0
            Job.objects.filter(pk=job.pk).update(not_before=None)
    job.refresh_from_db()
    said = caplog.text + "".join(capfd.readouterr()) + "".join(str(vars(record)) for record in caplog.records)
    assert (job.state, job.losses) == (JobState.QUARANTINED, 5)
    assert "ValueError" in _everything_stored_about(job)
    assert "ValueError" in said
    for text in (said, _everything_stored_about(job)):
        assert CANARY not in text
        assert "item-7" not in text
    assert not Result.objects.exists()
    assert Quota.objects.get().used_total == 0


def test_exception_of_the_loss_itself_has_no_label_in_its_context(world: World) -> None:
    """Celery logs whatever leaves the task, with everything that it was raised from."""
    hand_in(submit(world), predictions(right, ITEMS))
    with (
        mock.patch.object(score, "read_labels", side_effect=_raise_canary),
        mock.patch.object(score, "lose_scoring", side_effect=OSError("database is gone")),
        pytest.raises(OSError, match="gone") as caught,
    ):
        score_pending()
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_a_scorer_that_failed_waits_and_the_next_one_succeeds(world: World) -> None:
    job = hand_in(submit(world), predictions(right, ITEMS))
    with mock.patch.object(score, "upsert_entry", side_effect=RuntimeError):
        assert score_pending() == 0
    job.refresh_from_db()
    assert (job.state, job.losses, job.lease_until) == (JobState.SCORING, 1, None)
    assert not Result.objects.exists()
    assert score_pending() == 0, "it must wait for its back-off"
    Job.objects.filter(pk=job.pk).update(not_before=None)
    assert score_pending() == 1
    assert Result.objects.count() == 1


def test_changed_or_missing_file_is_a_loss_not_a_verdict(world: World) -> None:
    changed = hand_in(submit(world), predictions(right, ITEMS), sha256="0" * 64)
    missing = hand_in(submit(world, rate=0.02), predictions(right, ITEMS))
    storage("artifacts").delete(missing.artifacts.get().key)
    assert score_pending() == 0
    for job in (changed, missing):
        job.refresh_from_db()
        assert (job.state, job.losses) == (JobState.SCORING, 1)


def test_one_broken_job_does_not_hold_up_the_others(world: World) -> None:
    hand_in(submit(world), b"")
    hand_in(submit(world, team=world.rivals), predictions(right, ITEMS))
    assert score_pending() == 1
    assert LeaderboardEntry.objects.get().team == world.rivals


def test_labels_have_no_repr(world: World) -> None:
    labels = read_labels(world.data)
    assert labels.truth.tolist() == [0, 1] * 50
    assert labels.is_public.sum() == 30
    assert labels.groups is None
    assert "positive" not in repr(labels)
    assert "item-" not in repr(labels)


def test_labels_are_read_once_per_version(world: World) -> None:
    first = read_labels(world.data)
    storage("labels").delete(f"{world.data.prefix}/test_labels.jsonl")
    assert read_labels(world.data) is first
    other = store_data(world.challenge, test_items=10)
    assert len(read_labels(other).ids) == 10


def test_groups_are_numbered_and_an_item_without_one_is_its_own(world: World) -> None:
    data = store_data(world.challenge, test_items=4)
    entries: list[dict[str, str]] = [
        {"id": "item-0", "label": "negative", "group": "g"},
        {"id": "item-1", "label": "positive"},
        {"id": "item-2", "label": "negative", "group": "g"},
        {"id": "item-3", "label": "positive", "group": "item-1"},
    ]
    name = f"{data.prefix}/test_labels.jsonl"
    storage("labels").delete(name)
    storage("labels").save(name, ContentFile("\n".join(map(json.dumps, entries)).encode()))
    groups = read_labels(data).groups
    assert groups is not None
    assert groups.tolist() == [0, 1, 0, 2]


@pytest.mark.parametrize(
    "split",
    [
        {"public": ["item-0"], "private": ["item-1"]},
        {"public": ["item-0", "item-1"], "private": ["item-1", "item-2"]},
        {"public": ["item-0", "item-1", "item-2"], "private": []},
    ],
)
def test_split_must_be_a_partition(world: World, split: dict[str, list[str]]) -> None:
    data = store_data(world.challenge, test_items=3)
    storage("labels").delete(f"{data.prefix}/split.json")
    storage("labels").save(f"{data.prefix}/split.json", ContentFile(json.dumps(split).encode()))
    with pytest.raises(LabelsUnreadable) as caught:
        read_labels(data)
    assert "item-" not in str(caught.value)


def test_a_process_that_must_not_know_labels_cannot_read_them(world: World, settings: object) -> None:
    settings.STORAGES = {k: v for k, v in settings.STORAGES.items() if k != "labels"}  # type: ignore[attr-defined]
    with pytest.raises(InvalidStorageError):
        read_labels(world.data)


def test_command_rebuilds_from_what_the_scorer_wrote(world: World) -> None:
    hand_in(submit(world), predictions(mostly_right, ITEMS))
    score_pending()
    before = model_to_dict(LeaderboardEntry.objects.get())
    LeaderboardEntry.objects.all().delete()
    call_command("rebuild_leaderboard", world.challenge.slug)
    assert model_to_dict(LeaderboardEntry.objects.get()) == before


def test_make_world_takes_other_sizes(db: None) -> None:
    world = make_world(test_items=20)
    hand_in(submit(world), predictions(right, range(20)))
    assert score_pending() == 1


def test_from_claim_to_board_through_the_real_services(world: World) -> None:
    node, _token = make_node()
    jobs = {submit(world).pk, base_job(world).pk}
    while play.claim(node) is not None:
        play.finish_training(Job.objects.get(state=JobState.RUNNING))
    assert score_pending() == 2
    assert set(Result.objects.values_list("job", flat=True)) == jobs
    (row,) = leaderboard(world.phase, world.captain).rows
    assert row.base_score is not None
    assert (row.score.value, row.base_score.value, row.gain) == (0.5, 0.5, 0.0)


def test_set_aside_by_the_scorer_and_put_back_by_the_operator_is_scored_once(world: World) -> None:
    node, _token = make_node()
    job = submit(world)
    Job.objects.exclude(pk=job.pk).delete()
    play.claim(node)
    play.finish_training(job)
    with mock.patch.object(score, "read_labels", side_effect=OSError):
        for _time in range(5):
            score_pending()
            Job.objects.filter(pk=job.pk).update(not_before=None)
    job.refresh_from_db()
    requeue_quarantined(job=job, reason="the disk is back", actor="operator")
    play.claim(node)
    play.finish_training(job)
    assert score_pending() == 1
    assert Result.objects.get().job == job
    assert Quota.objects.get().used_total == 1
