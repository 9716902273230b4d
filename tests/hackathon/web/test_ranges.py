"""Parts of a file, by RFC 9110: one range is served, what is none gets the whole, what lies outside is 416."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.http import FileResponse
from django.test import Client, RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from hackathon.errors import RangeNotSatisfiable
from hackathon.files.storage import storage
from hackathon.web.ranges import Part, etag_of, file_in_parts
from hackathon.web.stored_files import stored_response
from submissions.models import Artifact
from tests.api import client_of, submit
from tests.factories import World
from tests.pages import browser_of
from tests.s3 import S3Server
from tests.submissions.worker_api.node_http import claim_run, enrol
from training_worker.contract.wire import PREDICTIONS, VALIDATION_PREDICTIONS

BODY = b"0123456789"
PARTS = [
    ("bytes=0-0", b"0"),
    ("bytes=0-3", b"0123"),
    ("bytes=4-", b"456789"),
    ("bytes=9-9", b"9"),
    ("bytes=7-999999999999999999", b"789"),
    ("bytes=-3", b"789"),
    ("bytes=-10", BODY),
    ("bytes=-999", BODY),
    (" bytes=2-3 ", b"23"),
]
OUTSIDE = ["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=999999999999999999-"]
NO_RANGE = [
    "",
    "bytes",
    "bytes=",
    "bytes=-",
    "bytes=3-1",
    "bytes=1-2,4-5",
    "bytes=a-b",
    "bytes=1.0-2",
    "bytes=--1",
    "bytes=٣-٤",
    "bytes=" + "9" * 5000 + "-",
    "items=0-1",
    "0-1",
    "\x00",
]


def answer(asked: str, body: bytes = BODY, method: str = "GET", **headers: str) -> FileResponse:
    request = RequestFactory().generic(method, "/", headers={"Range": asked} | headers)
    return file_in_parts(request, ContentFile(body), etag="e", content_type="text/plain")


def body_of(response: Any) -> bytes:
    return b"".join(response.streaming_content)


@pytest.mark.parametrize(("asked", "expected"), PARTS)
def test_a_part(asked: str, expected: bytes) -> None:
    response = answer(asked)
    assert (response.status_code, body_of(response)) == (206, expected)
    start = BODY.index(expected)
    assert response["Content-Range"] == f"bytes {start}-{start + len(expected) - 1}/10"
    assert response["Content-Length"] == str(len(expected))
    assert (response["Accept-Ranges"], response["ETag"], response["Content-Type"]) == ("bytes", '"e"', "text/plain")


@pytest.mark.parametrize("asked", NO_RANGE)
def test_what_is_no_single_range_gets_the_whole(asked: str) -> None:
    response = answer(asked)
    assert (response.status_code, body_of(response), response.get("Content-Range")) == (200, BODY, None)
    assert (response["Content-Length"], response["Accept-Ranges"]) == ("10", "bytes")


@pytest.mark.parametrize("asked", OUTSIDE)
def test_what_lies_outside_is_refused_with_the_size(asked: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as caught:
        answer(asked)
    assert (caught.value.status, caught.value.headers()) == (416, {"Content-Range": "bytes */10"})


@pytest.mark.parametrize("asked", ["bytes=0-", "bytes=-1", "bytes=0-0"])
def test_an_empty_file_has_no_part(asked: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        answer(asked, b"")


def test_only_get_has_parts_and_only_of_the_same_file() -> None:
    assert answer("bytes=0-1", method="HEAD").status_code == 200
    assert answer("bytes=0-1", **{"If-Range": '"e"'}).status_code == 206
    for other in ('"other"', 'W/"e"', "e", "Thu, 26 Nov 2026 12:00:00 GMT"):
        assert answer("bytes=0-1", **{"If-Range": other}).status_code == 200


@given(st.binary(max_size=40), st.integers(0, 39), st.integers(0, 39), st.lists(st.integers(-5, 45), max_size=8))
def test_a_part_reads_and_seeks_like_a_file_of_its_bytes(
    body: bytes, start: int, length: int, moves: list[int]
) -> None:
    expected, part = io.BytesIO(body[start : start + length]), Part(io.BytesIO(body), start, len(body[start:][:length]))
    for move in moves:
        if move < 0:
            assert part.read(-move) == expected.read(-move)
        else:
            assert part.seek(move) == expected.seek(move)
        assert part.tell() == expected.tell()
    assert part.read() == expected.read()


# --- where files are served -----------------------------------------------------------------------------------------


@pytest.fixture
def artifact(world: World) -> tuple[str, bytes]:
    """The path of a run's stored file, below its submission, and its bytes."""
    submission = submit(world).json()["id"]
    attempt = claim_run(enrol())
    assert attempt.post("result", attempt.result(attempt.upload(VALIDATION_PREDICTIONS, BODY))).status_code == 200
    assert Artifact.objects.filter(name=VALIDATION_PREDICTIONS).exists()
    return submission, BODY


@pytest.mark.django_db
def test_an_artifact_by_page_and_by_api(world: World, artifact: tuple[str, bytes]) -> None:
    submission, _body = artifact
    page, api = f"/s/{submission}/files/{VALIDATION_PREDICTIONS}", f"/api/submissions/{submission}/artifacts/"
    for client, path in (
        (browser_of(world, "captain"), page),
        (client_of(world, "captain"), f"{api}{VALIDATION_PREDICTIONS}/"),
    ):
        part: Any = client.get(path, headers={"Range": "bytes=2-4"})
        assert (part.status_code, body_of(part), part["Content-Range"]) == (206, b"234", "bytes 2-4/10")
        assert VALIDATION_PREDICTIONS in part["Content-Disposition"]
        outside = client.get(path, headers={"Range": "bytes=10-"})
        assert (outside.status_code, outside["Content-Range"]) == (416, "bytes */10")
    foreign = browser_of(world, "rival").get(page, headers={"Range": "bytes=0-1"})
    assert foreign.status_code == 404


@pytest.mark.django_db
def test_an_input_of_a_node(world: World) -> None:
    submit(world)
    attempt = claim_run(enrol())
    ref = attempt.claim.spec.files.data[0]
    part: Any = Client().get(ref.url, headers={"Range": "bytes=5-"})
    assert (part.status_code, part["Content-Range"]) == (206, f"bytes 5-{ref.size - 1}/{ref.size}")
    assert len(body_of(part)) == ref.size - 5
    outside = Client().get(ref.url, headers={"Range": f"bytes={ref.size}-"})
    assert (outside.status_code, outside.json()["code"]) == (416, "range_not_satisfiable")
    assert outside["Content-Range"] == f"bytes */{ref.size}"
    upload = attempt.url_of(PREDICTIONS)
    assert Client().get(upload, headers={"Range": "bytes=0-1"}).status_code == 404


@pytest.mark.django_db
def test_a_part_of_a_file_in_a_bucket(files_in_s3: S3Server) -> None:
    key = storage("artifacts").save("attempts/x/file", ContentFile(BODY))
    request = RequestFactory().get("/", headers={"Range": "bytes=3-5"})
    response = stored_response(request, "artifacts", key, content_type="text/plain", attached_as="file")
    assert (response.status_code, body_of(response), response["Content-Range"]) == (206, b"345", "bytes 3-5/10")
    response.close()


def test_a_validator_tells_nothing_of_its_key() -> None:
    assert etag_of("artifacts", "a") != etag_of("artifacts", "b")
    assert etag_of("artifacts", "attempts/x") != etag_of("models", "attempts/x")
    assert "attempts" not in etag_of("artifacts", "attempts/x")
