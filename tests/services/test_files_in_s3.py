"""Site, scorer and a node as processes, their files in an S3 store: a run is trained on what comes from there."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.s3 import S3Server
from tests.services.conftest import event_on
from tests.stack import eventually

pytestmark = [pytest.mark.services, pytest.mark.torch, pytest.mark.timeout(300)]


def test_a_run_is_trained_and_scored_with_its_files_in_a_store(
    s3: S3Server, models: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    bucket = s3.make_bucket()
    settings = {
        "HACKTUNE_S3_ENDPOINT": s3.url,
        "HACKTUNE_S3_BUCKET": bucket.name,
        "HACKTUNE_S3_ACCESS_KEY": bucket.access_key,
        "HACKTUNE_S3_SECRET_KEY": bucket.secret_key,
    }
    with event_on(tmp_path_factory.mktemp("stack"), models, **settings) as event:
        ask = partial(event.stack.request, "GET", "/readyz")
        eventually("the store answers in time", lambda: ask().body["files"] == "reachable")
        s3.seen.clear()
        event.stack.start_worker("node-1", enrolment_token=event.enrolment_tokens.pop())
        submission = event.submit().body["id"]
        event.wait_for(submission, lambda shown: shown["state"] == "succeeded", "scored")
        assert event.results(submission) == 1
        kept = {path.relative_to(event.stack.folder / "site" / "files").parts[0] for path in _files(event.stack.folder)}
        assert kept == {"labels"}
    plain = [seen.path for seen in s3.seen if seen.method == "GET" and not seen.authorization]
    assert any(path.endswith("/model.safetensors") for path in plain)
    assert any(path.endswith("/test.jsonl") for path in plain)
    assert all(path.split("/")[2] in {"models", "datasets"} for path in plain)
    assert {seen.path.split("/")[2] for seen in s3.seen if seen.method == "PUT"} == {"artifacts"}


def _files(folder: Path) -> list[Path]:
    return [path for path in (folder / "site" / "files").rglob("*") if path.is_file()]
