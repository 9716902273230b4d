"""Files that nobody will ask for again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hackathon.clock import db_now
from hackathon.files.storage import storage
from submissions.enums import JobState
from submissions.models import Artifact, Job
from submissions.services.clean import clear_orphans
from tests.factories import World
from tests.submissions.play import finish_training, running_job, upload
from training_worker.contract.wire import MODEL_CARD, PREDICTIONS

pytestmark = pytest.mark.django_db


def test_only_uploads_without_a_row_and_older_than_a_day_are_cleared(world: World) -> None:
    job = running_job(world)
    upload(job, MODEL_CARD, b"never named in the result")
    finish_training(job)
    assert clear_orphans() == 0
    assert clear_orphans(db_now() + timedelta(hours=25)) == 1
    assert job.artifacts.get().name == PREDICTIONS
    assert storage("artifacts").exists(job.artifacts.get().key)


@pytest.mark.parametrize("state", [JobState.CANCELLED, JobState.FAILED, JobState.QUARANTINED])
def test_files_of_a_job_without_a_score_are_cleared_a_day_later(world: World, state: JobState) -> None:
    running = running_job(world)
    upload(running, MODEL_CARD, b"uploaded before the end")
    Job.objects.filter(pk=running.pk).update(state=state)
    other = running_job(world, method={"name": "full"})
    finish_training(other)
    Job.objects.filter(pk=other.pk).update(state=state)
    assert clear_orphans(db_now() + timedelta(hours=23)) == 0
    assert clear_orphans(db_now() + timedelta(hours=25)) == 2
    assert not Artifact.objects.exists()
    assert list(storage("artifacts").walk("attempts")) == []
