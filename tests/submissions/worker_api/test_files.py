"""Files of the worker API, over HTTP: uploads that are not what they say, and addresses that open nothing else."""

from __future__ import annotations

import hashlib
import resource
from typing import Any

import pytest
from django.conf import LazySettings
from django.core import signing
from django.core.files.base import ContentFile
from django.test import Client

from hackathon.files.storage import storage
from submissions.models import Artifact, Job
from submissions.services.files import output_key
from tests.factories import World
from tests.submissions.play import predictions
from tests.submissions.worker_api.node_http import Attempt, job_of, path_of
from training_worker.contract.wire import MODEL_CARD, OUTPUTS, PREDICTIONS

pytestmark = pytest.mark.django_db


def test_another_sha256_than_announced_is_refused(attempt: Attempt) -> None:
    response = attempt.put(PREDICTIONS, b"data", sha256="0" * 64)
    assert (response.status_code, response.json()["code"]) == (422, "sha256_mismatch")
    assert attempt.put(PREDICTIONS, b"data", sha256=" ").status_code == 422


def test_an_upload_that_broke_off_is_made_good_by_its_repeat(attempt: Attempt) -> None:
    """What stood there half-written once answered the repeat with 201 and the result with 422."""
    body = predictions([f"item-{i}" for i in range(100)])
    sha256 = hashlib.sha256(body).hexdigest()
    assert attempt.put(PREDICTIONS, body[:100], sha256=sha256).status_code == 422
    job = Job.objects.get(pk=attempt.job_id)
    key = output_key(job, PREDICTIONS, sha256)
    assert not storage("artifacts").exists(key)
    storage("artifacts").save(key, ContentFile(body[:100]))  # as a site of before, or a hand, may have left it
    assert attempt.put(PREDICTIONS, body).status_code == 201
    assert attempt.post("result", attempt.result()).status_code == 200


def test_a_store_that_takes_nothing_is_no_fault_of_the_run(attempt: Attempt) -> None:
    """Full disk: 503, which a node repeats for a quarter of an hour, and the attempt goes on."""
    body = predictions([f"item-{i}" for i in range(100)])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        full = attempt.put(PREDICTIONS, body)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (full.status_code, full.json()["code"]) == (503, "store_unavailable")
    assert int(full.headers["Retry-After"]) > 0
    assert attempt.put(PREDICTIONS, body).status_code == 201
    assert attempt.post("result", attempt.result()).status_code == 200
    assert Job.objects.get(pk=attempt.job_id).losses == 0


def test_a_body_that_is_too_big_is_refused(attempt: Attempt) -> None:
    limit = OUTPUTS[MODEL_CARD]
    assert attempt.put(MODEL_CARD, b"x" * limit).status_code == 201
    response = attempt.put(MODEL_CARD, b"x" * (limit + 1))
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


def test_a_gigabyte_announced_is_refused_before_it_is_read(attempt: Attempt) -> None:
    response = Client().generic(
        "PUT", attempt.url_of(PREDICTIONS), b"x", "application/octet-stream", CONTENT_LENGTH=str(2**30)
    )
    assert response.status_code == 413


def test_what_was_not_announced_is_not_read(attempt: Attempt) -> None:
    body = b"x" * 2 * OUTPUTS[MODEL_CARD]
    headers = {"X-Content-Sha256": hashlib.sha256(body).hexdigest()}
    response = Client().generic(
        "PUT", attempt.url_of(MODEL_CARD), body, "text/plain", headers=headers, CONTENT_LENGTH="5"
    )
    assert (response.status_code, response.json()["code"]) == (422, "sha256_mismatch")


@pytest.mark.parametrize("change", ["sha256", "size", "name", "twice", "none"])
def test_a_result_must_name_what_was_uploaded(attempt: Attempt, change: str) -> None:
    body = attempt.result()
    (output,) = body["outputs"]
    body["outputs"] = {
        "sha256": [output | {"sha256": "0" * 64}],
        "size": [output | {"size": output["size"] + 1}],
        "name": [output, output | {"name": "other.bin"}],
        "twice": [output, output],
        "none": [],
    }[change]
    response = attempt.post("result", body)
    assert response.status_code == 422
    assert (job_of(attempt).state, Artifact.objects.count()) == ("running", 0)


def signed(**payload: Any) -> str:
    """As an attacker who knows the key would sign: with it, what is signed still decides."""
    return f"/api/worker/files/{signing.dumps(payload, salt='hacktune.files')}"


def test_a_forged_or_altered_address_is_not_found(attempt: Attempt) -> None:
    url = path_of(attempt.claim.spec.files.data[0].url)
    for forged in (url[:-1] + ("A" if url[-1] != "A" else "B"), "/api/worker/files/x:y:z", "/api/worker/files/x"):
        response = Client().get(forged)
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
    foreign = signing.dumps({"get": "datasets", "key": "x"}, key="another-key", salt="hacktune.files")
    assert Client().get(f"/api/worker/files/{foreign}").status_code == 404
    assert attempt.put(PREDICTIONS, b"x", url="/api/worker/files/x:y:z").status_code == 404


def test_an_expired_address_is_not_found(attempt: Attempt, settings: LazySettings) -> None:
    settings.SIGNED_URL_SECONDS = -1
    assert Client().get(path_of(attempt.claim.spec.files.data[0].url)).status_code == 404
    assert attempt.put(PREDICTIONS, b"x").status_code == 404


def test_labels_cannot_be_fetched_even_by_a_valid_signature(world: World) -> None:
    key = f"{world.data.prefix}/test_labels.jsonl"
    assert storage("labels").exists(key)
    for payload in ({"get": "labels", "key": key}, {"get": "artifacts", "key": key}, {"get": "datasets", "key": key}):
        assert Client().get(signed(**payload)).status_code == 404


def test_an_address_for_writing_does_not_read_and_the_reverse(attempt: Attempt) -> None:
    attempt.upload(PREDICTIONS, b"{}\n")
    assert Client().get(attempt.url_of(PREDICTIONS)).status_code == 404
    assert attempt.put(PREDICTIONS, b"x", url=path_of(attempt.claim.spec.files.data[0].url)).status_code == 404


def test_no_address_and_no_claim_names_labels_or_split(attempt: Attempt, world: World) -> None:
    text = attempt.claim.model_dump_json()
    names = [file.name for file in attempt.claim.spec.files.data]
    assert names == ["train.jsonl", "validation.jsonl", "test.jsonl"]
    assert "test_labels" not in text
    assert "split.json" not in text
    assert world.team.name not in text
    assert world.hackathon.secret not in text
