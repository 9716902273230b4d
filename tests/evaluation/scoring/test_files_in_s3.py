"""A job's life with every file in an S3 store: inputs straight from it, outputs through the site; its faults."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client

from evaluation.models import Result
from evaluation.scoring.references import score_reference
from evaluation.scoring.scorer import score_pending
from hackathon.clock import db_now
from hackathon.files.storage import storage
from hackathon.services.import_challenge import import_challenge
from submissions.models import Job
from submissions.services.clean import clear_orphans
from tests.api import get, submit
from tests.factories import BaseModelFactory, HackathonFactory, World, make_world
from tests.pages import browser_of
from tests.s3 import S3Server
from tests.stack import REPOSITORY
from tests.submissions.worker_api.node_http import Attempt, claim_run, enrol
from training_worker.contract.wire import MODEL_CARD, FileRef
from training_worker.node.client import IntegrityError, SiteClient, SiteError, SiteUnavailable
from training_worker.node.transfer import Transfer

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(files_in_s3: S3Server) -> World:
    """As everywhere, with its files in the store."""
    return make_world()


@pytest.fixture
def attempt(world: World) -> Attempt:
    submit(world)
    return claim_run(enrol())


@pytest.fixture
def store(files_in_s3: S3Server) -> Iterator[S3Server]:
    files_in_s3.seen.clear()
    yield files_in_s3
    files_in_s3.fault = files_in_s3.cut = 0


def inputs(attempt: Attempt) -> list[FileRef]:
    return [*attempt.claim.spec.files.data, *attempt.claim.spec.files.model.files]


def download(ref: FileRef, target: Path) -> bytes:
    """With a node's own client, whose site answers nothing here."""
    SiteClient("http://127.0.0.1:1").download(ref, target, lambda: None)
    return target.read_bytes()


# --- inputs -------------------------------------------------------------------------------------------------------


def test_a_node_reads_its_inputs_from_the_store_without_a_token(
    attempt: Attempt, store: S3Server, tmp_path: Path
) -> None:
    for ref in inputs(attempt):
        assert ref.url.startswith(f"{store.url}/")
        assert "X-Amz-Expires=900&" in ref.url
        assert hashlib.sha256(download(ref, tmp_path / ref.name)).hexdigest() == ref.sha256
    assert len(store.seen) == len(inputs(attempt)) >= 4
    assert {seen.authorization for seen in store.seen} == {""}


def test_no_address_leads_to_a_label_or_to_another_file(attempt: Attempt, store: S3Server, tmp_path: Path) -> None:
    ref = inputs(attempt)[0]
    shared, labels = urlsplit(ref.url).path.split("/")[1], storage("labels").bucket_name  # type: ignore[attr-defined]
    assert shared != labels
    others = [ref.url.replace(ref.name, "test_labels.jsonl"), ref.url.replace(shared, labels, 1)]
    for url in (*others, ref.url.replace("X-Amz-Signature=", "X-Amz-Signature=0")):
        with pytest.raises(SiteError, match="403"):
            download(ref.model_copy(update={"url": url}), tmp_path / "file")


def test_an_expired_address_is_renewed(world: World, store: S3Server, tmp_path: Path) -> None:
    with time_machine.travel(datetime.now(UTC) - timedelta(minutes=20)):
        submit(world)
        attempt = claim_run(enrol())
    ref = inputs(attempt)[0]
    with pytest.raises(SiteError, match="403"):
        download(ref, tmp_path / "file")

    class Renewing:
        """The calls of an attempt that `Transfer` makes here, over Django's test client."""

        site = SiteClient("http://127.0.0.1:1")

        def renew_urls(self) -> object:
            return type(attempt.claim.spec.files).model_validate_json(attempt.post("urls", {}).content)

    transfer = Transfer(Renewing(), attempt.claim.spec.files, lambda: None)  # type: ignore[arg-type]
    transfer.fetch(ref, tmp_path / "file")
    assert hashlib.sha256((tmp_path / "file").read_bytes()).hexdigest() == ref.sha256


@pytest.mark.parametrize(("fault", "error"), [(503, SiteUnavailable), (500, SiteUnavailable), (409, SiteError)])
def test_a_store_that_fails_never_ends_the_attempt_by_itself(
    attempt: Attempt, store: S3Server, tmp_path: Path, fault: int, error: type[Exception]
) -> None:
    store.fault = fault
    with pytest.raises(error, match=f"^HTTP {fault}: [\\w.]+$"):  # nothing of the store's own text
        download(inputs(attempt)[0], tmp_path / "file")


def test_a_cut_download_is_tried_again_and_a_changed_file_refused(
    attempt: Attempt, store: S3Server, tmp_path: Path
) -> None:
    ref = inputs(attempt)[0]
    store.cut = 10
    with pytest.raises(SiteUnavailable):
        download(ref, tmp_path / "file")
    store.cut = 0
    with pytest.raises(IntegrityError):
        download(ref.model_copy(update={"sha256": "0" * 64}), tmp_path / "file")


# --- outputs ------------------------------------------------------------------------------------------------------


def test_a_job_is_scored_and_its_team_gets_the_files(world: World, attempt: Attempt, store: S3Server) -> None:
    card = attempt.upload(MODEL_CARD, b"# A card\n" * 100_000)
    assert attempt.post("result", attempt.result(card)).status_code == 200
    assert score_pending() == 1
    result = Result.objects.get()
    assert result.public_score == pytest.approx(0.5)
    assert storage("labels").exists(result.items_key)
    job = Job.objects.get(pk=attempt.job_id)
    path = f"/s/{job.submission_id}/files/{MODEL_CARD}"
    api = f"submissions/{job.submission_id}/artifacts/{MODEL_CARD}/"
    response = get(world, "captain", api)
    assert (response.status_code, response["Content-Length"]) == (200, str(card.size))
    assert hashlib.sha256(response.file).hexdigest() == card.sha256  # type: ignore[attr-defined]
    assert browser_of(world, "captain").get(path).status_code == 200
    for who in ("rival", "outsider"):
        assert get(world, who, api).status_code == 404
    store.fault = 503
    away = get(world, "captain", api)
    assert (away.status_code, away.json()["code"]) == (503, "unavailable")
    pages = {path: 503, f"/s/{job.submission_id}/": 200, f"/c/{world.challenge.slug}/": 200}
    assert {name: browser_of(world, "captain").get(name).status_code for name in pages} == pages


def test_an_upload_is_checked_before_it_is_in_the_store(attempt: Attempt, store: S3Server) -> None:
    assert attempt.put(MODEL_CARD, b"body", sha256="0" * 64).status_code == 422
    assert [seen for seen in store.seen if seen.method in {"PUT", "POST"}] == []
    assert [attempt.put(MODEL_CARD, b"body").status_code for _ in range(2)] == [201, 201]
    assert len([seen for seen in store.seen if seen.method == "PUT"]) == 1


def test_while_the_store_is_away_an_upload_fails_and_later_succeeds(attempt: Attempt, store: S3Server) -> None:
    store.fault = 503
    sha256 = hashlib.sha256(b"body").hexdigest()
    client = Client(raise_request_exception=False, headers={"X-Content-Sha256": sha256})
    url = attempt.url_of(MODEL_CARD)
    assert client.put(url, b"body", "application/octet-stream").status_code == 503  # a node tries that again
    store.fault = 0
    assert client.put(url, b"body", "application/octet-stream").status_code == 201


def test_a_scorer_without_the_store_scores_nothing_and_later_rightly(attempt: Attempt, store: S3Server) -> None:
    assert attempt.post("result", attempt.result()).status_code == 200
    for trouble in ({"fault": 503}, {"cut": 100}):
        vars(store).update(trouble)
        assert score_pending() == 0
        vars(store).update(fault=0, cut=0)
        assert Result.objects.count() == 0
        assert Job.objects.get(pk=attempt.job_id).state == "scoring"
        Job.objects.filter(pk=attempt.job_id).update(not_before=None)
    assert score_pending() == 1
    assert Result.objects.get().public_score == pytest.approx(0.5)
    assert Job.objects.get(pk=attempt.job_id).state == "succeeded"


def test_orphans_go_after_a_day(attempt: Attempt) -> None:
    attempt.upload(MODEL_CARD, b"never named in the result")
    assert clear_orphans(db_now() + timedelta(hours=25)) == 0  # of a running attempt
    assert attempt.post("result", attempt.result()).status_code == 200
    assert clear_orphans() == 0
    assert clear_orphans(db_now() + timedelta(hours=25)) == 1
    job = Job.objects.get(pk=attempt.job_id)
    assert [name for name, _ in storage("artifacts").walk("attempts")] == [job.artifacts.get().key]


# --- a challenge --------------------------------------------------------------------------------------------------


def test_a_challenge_is_imported_twice_and_its_labels_are_apart(files_in_s3: S3Server, tmp_path: Path) -> None:
    BaseModelFactory(slug="all-minilm-l6-v2")
    bundle = shutil.copytree(REPOSITORY / "docs/examples/film-critics", tmp_path / "bundle")
    hackathon = HackathonFactory()
    data = import_challenge(folder=bundle, hackathon=hackathon).data
    assert not import_challenge(folder=bundle, hackathon=hackathon).is_new_version
    shown = [f"{split}.{kind}" for split in ("train", "validation") for kind in ("jsonl", "offsets", "search")]
    assert _names("datasets", data.prefix) == ["test.jsonl", *shown]
    assert _names("labels", data.prefix) == ["split.json", "test_labels.jsonl"]
    split = json.loads(storage("labels").open(f"{data.prefix}/split.json").read())
    reference = score_reference(data=data)  # which items are public is chance: right of all of them are always 10
    right = reference.public_score * len(split["public"]) + reference.private_score * len(split["private"])
    assert right == pytest.approx(10)


def _names(alias: str, prefix: str) -> list[str]:
    return sorted(name.rpartition("/")[2] for name, _ in storage(alias).walk(prefix))
