"""One seed for all configs and teams, and no new run for an edit without effect."""

from __future__ import annotations

import pytest

from submissions.models import Job
from submissions.selectors import first_job
from submissions.services.attempts import accept_result
from submissions.services.dispatch import job_spec
from submissions.services.submit import Submitted, submit_config
from tests.factories import CONFIG, World, make_node
from tests.submissions.play import claim, job_result, predictions, upload
from training_worker.contract.wire import PREDICTIONS, JobKind

pytestmark = pytest.mark.django_db


def submit(world: World, **training: object) -> Submitted:
    config = CONFIG | {"training": CONFIG["training"] | training}
    return submit_config(author=world.captain, team=world.team, phase=world.phase, config=config)


def test_every_config_of_every_team_has_the_seed_of_its_data(world: World) -> None:
    rates = [first_job(submit(world, learning_rate=rate).submission) for rate in (0.01, 0.02)]
    theirs = submit_config(author=world.rival, team=world.rivals, phase=world.phase, config=CONFIG).submission
    base = Job.objects.get(kind=JobKind.BASE_SCORE)
    jobs = [*rates, first_job(theirs), base]
    assert len({job.seed for job in jobs}) == 1
    for job in jobs:
        job.attempt = 1
    assert len({job_spec(job).base_seed for job in jobs}) == 1
    assert job_spec(base).base_seed != base.seed


def test_another_data_version_has_another_seed(world: World) -> None:
    first = first_job(submit(world).submission)
    world.phase.data.sha256 = "e" * 64
    world.phase.data.save()
    second = first_job(submit(world).submission)
    assert first.seed != second.seed


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"early_stopping_patience": 1}, {"early_stopping_patience": 20}),  # 20 examples: one step
        ({"per_device_train_batch_size": 20}, {"per_device_train_batch_size": 200}),
        ({"warmup_steps": 0.01}, {"warmup_steps": 0.5}),
        ({"lr_scheduler_type": "constant"}, {"lr_scheduler_type": "constant_with_warmup", "warmup_steps": 0.0}),
    ],
)
def test_an_edit_without_effect_gives_the_existing_submission(
    world: World, one: dict[str, object], other: dict[str, object]
) -> None:
    first = submit(world, **one)
    assert submit(world, **other) == Submitted(first.submission, was_created=False)


def test_lengths_above_the_longest_text_are_one_once_it_is_measured(world: World) -> None:
    world.phase.at_once = 9
    world.phase.save()
    cautious = submit(world, max_length=100).submission
    assert cautious.config["training"]["max_length"] == 100
    claimed = [claim(make_node(name)[0]) for name in ("node-1", "node-2")]
    assert {one.spec.kind for one in claimed if one} == {JobKind.RUN, JobKind.BASE_SCORE}
    job = Job.objects.get(kind=JobKind.BASE_SCORE)
    result = job_result(upload(job, PREDICTIONS, predictions(["item-0"])))
    accept_result(job_id=str(job.pk), attempt=job.attempt, result=result.model_copy(update={"longest_example": 40}))
    first = submit(world, max_length=40)
    assert first.was_created
    assert submit(world, max_length=512) == Submitted(first.submission, was_created=False)
    assert submit(world, max_length=39).was_created


def test_only_a_base_score_says_how_long_texts_are(world: World) -> None:
    run = first_job(submit(world).submission)
    for name in ("node-1", "node-2"):
        assert claim(make_node(name)[0]) is not None
    run.refresh_from_db()
    result = job_result(upload(run, PREDICTIONS, predictions(["item-0"])))
    accept_result(job_id=str(run.pk), attempt=run.attempt, result=result.model_copy(update={"longest_example": 8}))
    world.model.refresh_from_db()
    assert world.model.longest == {}
