"""Each row of the job's life, at the level of services."""

from __future__ import annotations

import pytest

from hackathon.clock import db_now
from hackathon.errors import Conflict, Invalid, PhaseClosed, Unprocessable
from submissions.enums import Fault, JobState
from submissions.models import Job, ProgressChunk, Quota, Submission
from submissions.selectors import first_job
from submissions.services.attempts import accept_result, release_attempt, report_progress
from submissions.services.dispatch import attempt_token, read_attempt_token
from submissions.services.jobs import cancel_job
from submissions.services.operator import drop_quarantined, requeue_quarantined
from submissions.services.scoring_lease import claim_scoring, finish_scoring, lose_scoring, reject_result
from submissions.services.submit import Submitted, submit_config
from submissions.services.sweep import sweep
from submissions.services.transitions import StaleAttempt, move
from tests.factories import CONFIG, World, make_node
from tests.submissions.play import (
    claim,
    expire,
    finish_training,
    job_result,
    predictions,
    running_job,
    submit,
    submitted_job,
    upload,
    used_by,
)
from training_worker.contract.wire import (
    PREDICTIONS,
    CurvePoint,
    JobKind,
    JobRelease,
    OutputRef,
    Progress,
    Stage,
)

pytestmark = pytest.mark.django_db


def test_submit_queues_the_run_and_one_base_score(world: World) -> None:
    submit(world)
    submit(world, method={"name": "full"})
    assert sorted(Job.objects.values_list("kind", flat=True)) == ["base_score", "run", "run"]
    assert used_by(world.team) == (2, 2, 120.0)
    assert list(Submission.objects.order_by("number").values_list("number", flat=True)) == [1, 2]


def test_same_config_on_same_data_gives_the_existing_submission_at_no_cost(world: World) -> None:
    first = submit(world, training={"learning_rate": 0.01})
    again = submit(world, training={"learning_rate": 0.01001, "warmup_steps": 0.06})
    assert (first.was_created, again.was_created) == (True, False)
    assert again.submission == first.submission
    assert used_by(world.team)[0] == 1


def test_what_was_submitted_before_the_longest_example_was_measured_is_still_the_same_run(world: World) -> None:
    training = CONFIG["training"] | {"max_length": 64}
    first = submit(world, training=training)
    world.model.longest = {world.data.sha256: 10}
    world.model.save()
    again = submit(world, training=training)
    assert (again.submission, again.was_created) == (first.submission, False)
    fresh = submit(world, training=training | {"learning_rate": 0.02})
    same = submit(world, training=training | {"learning_rate": 0.02, "max_length": 48})
    assert (fresh.was_created, same.was_created) == (True, False)
    assert submit(world, training=training | {"max_length": 8}).was_created


def test_a_field_that_the_task_does_not_use_makes_no_other_run(world: World) -> None:
    world.challenge.task = "text-regression"
    world.challenge.save()
    first = submit(world, training={"label_smoothing_factor": 0.3})
    again = submit(world, training={"label_smoothing_factor": 0.0})
    assert again == Submitted(first.submission, was_created=False)
    assert first.submission.config["training"]["label_smoothing_factor"] == 0.0
    assert submit(world, training={"learning_rate": 0.5}).was_created


def test_the_order_of_techniques_makes_no_other_run(world: World) -> None:
    world.challenge.limits |= {"techniques": ["fgm", "noise_injection"]}
    world.challenge.save()
    noise, fgm = {"name": "noise_injection"}, {"name": "fgm", "epsilon": 1.0}
    first = submit(world, method={"name": "full"}, techniques=[fgm, noise])
    again = submit(world, method={"name": "full"}, techniques=[noise, fgm])
    assert again == Submitted(first.submission, was_created=False)
    assert [one["name"] for one in first.submission.config["techniques"]] == ["noise_injection", "fgm"]
    assert submit(world, method={"name": "full"}, techniques=[noise]).was_created


def test_another_team_runs_the_same_config_itself_with_the_same_seed(world: World) -> None:
    mine = submit(world).submission
    theirs = submit_config(author=world.rival, team=world.rivals, phase=world.phase, config=CONFIG).submission
    assert first_job(mine).seed == first_job(theirs).seed
    assert mine.pk != theirs.pk


def test_a_cancelled_run_is_not_an_answer_to_the_same_config(world: World) -> None:
    job = submitted_job(world)
    cancel_job(job=job, actor="captain")
    assert submit(world).was_created


def test_phase_must_be_open_by_the_database_clock(world: World) -> None:
    world.phase.closes_at = db_now()
    world.phase.save()
    with pytest.raises(PhaseClosed):
        submit(world)
    assert not Submission.objects.exists()


def test_idempotency_key_replays_the_first_answer_and_refuses_another_body(world: World) -> None:
    first = submit_config(author=world.captain, team=world.team, phase=world.phase, config=CONFIG, idempotency_key="k")
    again = submit_config(author=world.captain, team=world.team, phase=world.phase, config=CONFIG, idempotency_key="k")
    assert again == first
    with pytest.raises(Conflict):
        submit_config(
            author=world.captain, team=world.team, phase=world.phase, config=CONFIG, note="x", idempotency_key="k"
        )


def test_base_score_goes_first_then_teams_take_turns(world: World) -> None:
    mine = [first_job(submit(world, method={"name": name}).submission) for name in ("full", "lora")]
    theirs = first_job(
        submit_config(author=world.rival, team=world.rivals, phase=world.phase, config=CONFIG).submission
    )
    order = []
    for number in range(4):
        node, _token = make_node(f"node-{number}")
        claimed = claim(node)
        assert claimed is not None
        order.append(claimed.spec.job_id)
    assert order[1:] == [str(mine[0].pk), str(theirs.pk), str(mine[1].pk)]
    assert Job.objects.get(pk=order[0]).kind == JobKind.BASE_SCORE


@pytest.mark.parametrize(
    "report",
    [
        {"memory_mb": 100},
        {"kinds": ()},
        {"recipe": "1999.1"},
        {"precisions": ()},
        {"disk_free_mb": 0},
    ],
)
def test_a_node_gets_only_what_it_can_run(world: World, report: dict[str, object]) -> None:
    submit(world)
    node, _token = make_node()
    if report == {"disk_free_mb": 0}:
        world.model.manifest["files"][0]["size"] = 10**8
        world.model.save()
    assert claim(node, **report) is None
    assert claim(node) is not None


def test_a_model_in_4_bits_waits_for_a_node_that_can_load_it(world: World) -> None:
    """Refused where no node can, at no cost; otherwise the other nodes leave it to that one."""
    world.model.facts |= {"family": "decoder"}
    world.model.save()
    config = {"method": {"name": "lora", "load_in_4bit": True}}
    node, _token = make_node()
    claim(node)
    with pytest.raises(Invalid) as caught:
        submit(world, **config)
    assert [(error.field, error.code) for error in caught.value.fields] == [("method.load_in_4bit", "no_such_node")]
    able, _token = make_node("node-2")
    claim(able, can_load_in_4bit=True)
    job = first_job(submit(world, **config).submission)
    claimed = [claim(node), claim(node, 3), claim(able, 2, can_load_in_4bit=True)]
    mine = [one is not None and one.spec.job_id == str(job.pk) for one in claimed]
    assert mine == [False, False, True]


def test_the_same_claim_gets_the_same_job_and_token(world: World) -> None:
    job = submitted_job(world)
    node, _token = make_node()
    first, again = claim(node, 7), claim(node, 7)
    assert first is not None
    assert again is not None
    assert again.attempt_token == first.attempt_token
    job.refresh_from_db()
    assert (job.attempt, job.losses) == (1, 0)
    assert read_attempt_token(first.attempt_token, str(job.pk)) == 1


def test_a_new_claim_proves_the_older_attempt_dead(world: World) -> None:
    job = running_job(world)
    assert job.node is not None
    claim(job.node)
    job.refresh_from_db()
    assert (job.state, job.losses) == (JobState.QUEUED, 1)


def test_attempt_tokens_fit_one_job_and_attempt(world: World) -> None:
    job = running_job(world)
    token = attempt_token(job)
    assert read_attempt_token(token, str(job.pk)) == 1
    assert read_attempt_token(token, str(first_job(submit(world, method={"name": "full"}).submission).pk)) is None
    assert read_attempt_token(token[:-1] + ("A" if token[-1] != "A" else "B"), str(job.pk)) is None
    assert read_attempt_token("htw_x", str(job.pk)) is None


def test_progress_is_kept_once_and_extends_the_lease(world: World) -> None:
    job = running_job(world)
    expire(job)
    progress = Progress(
        seq=1, stage=Stage.TRAIN, step=3, total_steps=9, points=(CurvePoint(step=3, name="train_loss", value=0.5),)
    )
    for _time in range(2):
        assert report_progress(job_id=str(job.pk), attempt=1, progress=progress).action == "continue"
    job.refresh_from_db()
    assert (job.stage, job.step, job.total_steps) == ("train", 3, 9)
    assert job.lease_until is not None
    assert job.lease_until > db_now()
    assert ProgressChunk.objects.get().points == [{"step": 3, "name": "train_loss", "value": 0.5}]


def test_silence_requeues_and_the_old_attempt_changes_nothing(world: World) -> None:
    job = running_job(world)
    ref = upload(job, PREDICTIONS, predictions(["item-0"]))
    expire(job)
    assert sweep() == 1
    assert sweep() == 0
    job.refresh_from_db()
    assert (job.state, job.losses, job.node) == (JobState.QUEUED, 1, None)
    with pytest.raises(StaleAttempt):
        accept_result(job_id=str(job.pk), attempt=1, result=job_result(ref))
    with pytest.raises(StaleAttempt):
        report_progress(job_id=str(job.pk), attempt=1, progress=Progress(seq=9, stage=Stage.TRAIN))
    assert used_by(world.team) == (1, 1, 60.0)


def test_release_on_shutdown_costs_nothing(world: World) -> None:
    job = running_job(world)
    release_attempt(job_id=str(job.pk), attempt=1, release=JobRelease(reason="shutdown"))
    job.refresh_from_db()
    assert (job.state, job.losses, job.not_before) == (JobState.QUEUED, 0, None)


def test_fifth_loss_quarantines_refunds_and_the_operator_decides(world: World) -> None:
    job = running_job(world)
    Job.objects.filter(pk=job.pk).update(losses=4)
    release_attempt(job_id=str(job.pk), attempt=1, release=JobRelease(reason="the child died", lost=True))
    job.refresh_from_db()
    assert (job.state, job.fault) == (JobState.QUARANTINED, Fault.PLATFORM)
    assert used_by(world.team) == (0, 0, 0.0)
    requeue_quarantined(job=job, reason="node repaired", actor="operator")
    assert used_by(world.team) == (1, 1, 60.0)
    job.refresh_from_db()
    assert (job.state, job.losses, job.charged) == (JobState.QUEUED, 0, True)


def test_a_dropped_quarantined_job_stays_refunded(world: World) -> None:
    job = running_job(world)
    Job.objects.filter(pk=job.pk).update(losses=4)
    job.refresh_from_db()
    expire(job)
    sweep()
    job.refresh_from_db()
    drop_quarantined(job=job, reason="broken data", actor="operator")
    assert used_by(world.team) == (0, 0, 0.0)


def test_result_needs_its_uploads_and_counts_once(world: World) -> None:
    job = running_job(world)
    missing = OutputRef(name=PREDICTIONS, sha256="0" * 64, size=3)
    with pytest.raises(Unprocessable):
        accept_result(job_id=str(job.pk), attempt=1, result=job_result(missing))
    ref = upload(job, PREDICTIONS, predictions(["item-0"]))
    with pytest.raises(Unprocessable):
        accept_result(job_id=str(job.pk), attempt=1, result=job_result(ref.model_copy(update={"size": 1})))
    for _time in range(2):
        accept_result(job_id=str(job.pk), attempt=1, result=job_result(ref))
    with pytest.raises(StaleAttempt):
        accept_result(job_id=str(job.pk), attempt=1, result=job_result(ref, seconds=6.0))
    job.refresh_from_db()
    assert (job.state, job.events.count(), job.artifacts.count()) == (JobState.SCORING, 3, 1)


def test_scoring_is_fenced_and_succeeds_once(world: World) -> None:
    finish_training(running_job(world))
    slow = claim_scoring()
    assert slow is not None
    assert claim_scoring() is None
    expire(slow)
    sweep()
    Job.objects.update(not_before=None)
    fast = claim_scoring()
    assert fast is not None
    assert finish_scoring(fast) is True
    assert finish_scoring(slow) is False
    assert fast.losses == 1
    assert used_by(world.team) == (1, 0, 5.0)


def test_a_scorer_that_raises_five_times_quarantines(world: World) -> None:
    job = finish_training(running_job(world))
    for _time in range(5):
        Job.objects.update(not_before=None)
        held = claim_scoring()
        assert held is not None
        lose_scoring(held, reason="ValueError")
    job.refresh_from_db()
    assert job.state == JobState.QUARANTINED
    assert used_by(world.team) == (0, 0, 0.0)


def test_an_invalid_result_is_the_platforms_fault(world: World) -> None:
    finish_training(running_job(world))
    held = claim_scoring()
    assert held is not None
    assert reject_result(held, message="1 id missing")
    assert (held.state, held.fault, held.failure_code) == (JobState.FAILED, Fault.PLATFORM, "invalid_result")
    assert used_by(world.team) == (0, 0, 0.0)
    assert submit(world).was_created


def test_move_refuses_what_the_table_does_not_have(world: World) -> None:
    job = submitted_job(world)
    with pytest.raises(ValueError, match="not a legal transition"):
        move(job, JobState.SUCCEEDED, now=db_now())


@pytest.mark.parametrize(("fault", "tries"), [(Fault.OWN, 1), (Fault.PLATFORM, 3)])
def test_a_base_score_that_failed_is_not_tried_by_every_submit(world: World, fault: Fault, tries: int) -> None:
    for number in range(5):
        submit(world, training={"num_train_epochs": 1 + number})
        scores = Job.objects.filter(kind=JobKind.BASE_SCORE)
        scores.filter(state=JobState.QUEUED).update(state=JobState.FAILED, fault=fault)
        Quota.objects.update(queued=0)
    assert scores.count() == tries
