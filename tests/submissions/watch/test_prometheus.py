"""`/metrics`: who may read it, and whether it counts what is there."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from hackathon.clock import db_now
from hackathon.files.storage import private_aliases
from hackathon.mail.services import queue_mail
from hackathon.models import Heartbeat
from hackathon.models.mail import OutgoingMail
from submissions.enums import Fault, JobState
from submissions.models import Job
from submissions.services.sweep import sweep
from tests.api import EVERYBODY, submit
from tests.evaluation.scored import submit as submit_run
from tests.factories import TeamFactory, World, make_node
from tests.pages import browser_of
from tests.s3 import S3Server
from training_worker.contract.wire import JobKind

TOKEN = "metrics-" + "0123456789abcdef" * 2


@pytest.fixture(autouse=True)
def _token(settings: LazySettings) -> None:
    settings.METRICS_TOKEN = TOKEN


def scrape() -> dict[tuple[str, ...], float]:
    """Values by (name, label values …), in the alphabetical order of the labels."""
    response = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")
    families = text_string_to_metric_families(response.content.decode())
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def _submit(world: World, runs: int) -> None:
    """Two at once is what a team may have."""
    for number in range(runs):
        who = ("captain", "rival")[number % 2]
        assert submit(world, who, learning_rate=0.01 * (number + 1)).status_code == 201


@pytest.mark.parametrize("who", EVERYBODY)
def test_without_the_token_there_is_no_such_page(world: World, who: str) -> None:
    browser = browser_of(world, who)
    wrong = ["", f"Bearer {TOKEN}x", "Bearer ", TOKEN, "Bearer ünknown"]
    if who != "anonymous":
        wrong.append(world.token(who))
    for header in wrong:
        assert browser.get("/metrics", headers={"Authorization": header}).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["Bearer ", "Bearer", ""])
def test_without_a_token_in_the_settings_nothing_opens_it(settings: LazySettings, header: str) -> None:
    settings.METRICS_TOKEN = ""
    assert Client().get("/metrics", headers={"Authorization": header}).status_code == 404


@pytest.mark.django_db
def test_an_empty_platform_shows_zeros_and_no_sweep(settings: LazySettings) -> None:
    seen = scrape()
    states = ("queued", "running", "scoring", "quarantined")
    disks = {key[1]: seen.pop(key) for key in list(seen) if key[0] == "hacktune_storage_free_bytes"}
    assert disks.keys() == set(private_aliases())
    assert disks["models"] == pytest.approx(shutil.disk_usage(settings.DATA_DIR).free, rel=0.05)
    assert {key: seen.pop(key) for key in list(seen) if key[0] == "hacktune_jobs"} == {
        ("hacktune_jobs", kind.value, state): 0 for kind in JobKind for state in states
    }
    assert seen == {
        ("hacktune_queue_oldest_seconds",): 0,
        ("hacktune_scoring_oldest_seconds",): 0,
        ("hacktune_nodes_live",): 0,
        ("hacktune_mails", "waiting"): 0,
        ("hacktune_mails", "given_up"): 0,
    }


def test_it_counts_what_is_there(world: World) -> None:
    _submit(world, 4)
    now = db_now()
    runs = [job.pk for job in Job.objects.filter(kind=JobKind.RUN).order_by("queued_at")]
    assert len(runs) == 4
    Job.objects.update(queued_at=now - timedelta(seconds=100))
    Job.objects.filter(pk=runs[1]).update(state=JobState.RUNNING, queued_at=now - timedelta(hours=9))
    Job.objects.filter(pk=runs[2]).update(state=JobState.SCORING, trained_at=now - timedelta(seconds=30))
    Job.objects.filter(pk=runs[3]).update(state=JobState.FAILED, fault=Fault.OWN)
    make_node()
    for address in ("a@example.org", "b@example.org", "c@example.org"):
        queue_mail(sender="s@example.org", to=address, subject="s", text="t")
    OutgoingMail.objects.filter(to="a@example.org").update(next_attempt_at=None)
    OutgoingMail.objects.filter(to="b@example.org").update(next_attempt_at=None, sent_at=now)
    seen = scrape()
    assert (seen["hacktune_mails", "waiting"], seen["hacktune_mails", "given_up"]) == (1, 1)
    for state, count in (("queued", 1), ("running", 1), ("scoring", 1), ("quarantined", 0)):
        assert seen["hacktune_jobs", "run", state] == count
    assert seen["hacktune_jobs", "base_score", "queued"] == 1
    assert seen["hacktune_jobs_ended_total", "own", "run", "failed"] == 1
    assert 100 <= seen["hacktune_queue_oldest_seconds",] < 160
    assert 30 <= seen["hacktune_scoring_oldest_seconds",] < 90
    assert seen["hacktune_nodes_live",] == 1


@pytest.mark.django_db
def test_an_s3_store_has_no_disk(files_in_s3: S3Server) -> None:
    assert not [key for key in scrape() if key[0] == "hacktune_storage_free_bytes"]


@pytest.mark.django_db
def test_the_sweepers_last_pass_and_its_check() -> None:
    with pytest.raises(CommandError, match="not been at work yet"):
        call_command("check_sweeper")
    now = db_now()
    sweep(now)
    assert scrape()["hacktune_sweeper_last_pass_timestamp_seconds",] == pytest.approx(now.timestamp(), abs=5)
    call_command("check_sweeper")
    Heartbeat.objects.filter(name="sweeper").update(at=now - timedelta(seconds=90))
    with pytest.raises(CommandError, match=r"9[0-9] seconds"):
        call_command("check_sweeper")
    call_command("check_sweeper", "--seconds", "300")


@pytest.mark.parametrize("runs", [2, 30])
def test_a_scrape_takes_eight_queries_at_any_length(world: World, runs: int, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    for _n in range(runs):
        submit_run(world, team=TeamFactory(hackathon=world.hackathon))
    with django_assert_num_queries(8):
        scrape()
