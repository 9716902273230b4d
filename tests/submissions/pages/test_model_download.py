"""A run's model folder and a base model, each as one zip."""

from __future__ import annotations

import hashlib
import io
import zipfile

import pytest
from django.http import HttpResponse
from django.test import Client

from hackathon.models import BaseModel
from submissions.models import Artifact
from tests.api import client_of, submit
from tests.factories import World
from tests.submissions.worker_api.node_http import claim, enrol

pytestmark = pytest.mark.django_db

FILES = {"README.md": b"# A model", "config.json": b"{}", "adapter_model.safetensors": b"weights" * 50_000}


@pytest.fixture
def run(world: World) -> str:
    """Id of the captain's submission, trained; its run (and the base model's) left a model and other files."""
    submission = str(submit(world).json()["id"])
    node = enrol()
    for _ in range(2):
        attempt = claim(node)
        assert attempt is not None
        refs = [attempt.upload(name, body) for name, body in FILES.items()]
        refs.append(attempt.upload("run.json", b"{}"))
        assert attempt.post("result", attempt.result(*refs)).status_code == 200
    return submission


def fetch(world: World, who: str, path: str) -> HttpResponse:
    browser = Client()
    if who != "anonymous":
        browser.force_login(getattr(world, who))
    return browser.get(path)  # type: ignore[return-value]


def opened(response: HttpResponse) -> dict[str, bytes]:
    archive = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))  # type: ignore[attr-defined]
    assert archive.testzip() is None
    return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize(
    ("who", "status"),
    [("captain", 200), ("teammate", 200), ("organizer", 200), ("rival", 404), ("outsider", 404), ("judge", 404)],
)
def test_who_gets_a_runs_model(world: World, run: str, who: str, status: int) -> None:
    assert fetch(world, who, f"/s/{run}/model.zip").status_code == status
    assert client_of(world, who).get(f"/api/submissions/{run}/model/").status_code == status


def test_nobody_gets_it_without_logging_in(world: World, run: str) -> None:
    assert fetch(world, "anonymous", f"/s/{run}/model.zip").status_code == 302
    assert client_of(world, "anonymous").get(f"/api/submissions/{run}/model/").status_code == 401


def test_the_zip_holds_the_model_and_nothing_else(world: World, run: str) -> None:
    response = fetch(world, "captain", f"/s/{run}/model.zip")
    name = f"{world.challenge.slug}-1"
    assert response["Content-Disposition"] == f'attachment; filename="{name}.zip"'
    assert response["Cache-Control"] == "private, no-store"
    found = opened(response)
    assert found == {f"{name}/{file}": body for file, body in FILES.items()}
    digests = {file: hashlib.sha256(body).hexdigest() for file, body in FILES.items()}
    stored = dict(Artifact.objects.filter(name__in=FILES, job__submission=run).values_list("name", "sha256"))
    assert stored == digests
    page = fetch(world, "captain", f"/s/{run}/").content.decode()
    assert f'href="/s/{run}/model.zip"' in page


def test_a_run_without_a_model_has_no_zip(world: World) -> None:
    submission = submit(world).json()["id"]
    assert fetch(world, "captain", f"/s/{submission}/model.zip").status_code == 404
    assert "model.zip" not in fetch(world, "captain", f"/s/{submission}/").content.decode()


def test_a_base_model_is_handed_on_only_where_it_may(world: World) -> None:
    path, challenge = f"/models/{world.model.slug}.zip", f"/c/{world.challenge.slug}/"
    assert fetch(world, "captain", path).status_code == 404
    assert path not in fetch(world, "captain", challenge).content.decode()
    BaseModel.objects.update(is_downloadable=True)
    assert fetch(world, "anonymous", path).status_code == 302
    assert path in fetch(world, "captain", challenge).content.decode()
    found = opened(fetch(world, "captain", path))
    [listed] = world.model.model_manifest.files
    assert {hashlib.sha256(body).hexdigest() for body in found.values()} == {listed.sha256}
    BaseModel.objects.update(is_enabled=False)
    assert fetch(world, "captain", path).status_code == 404
