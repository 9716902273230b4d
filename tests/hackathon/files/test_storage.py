"""The contract of a storage, on both backends: a folder, and a bucket of an S3 store."""

from __future__ import annotations

import io
import resource
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import time_machine
import urllib3
from django.core.exceptions import SuspiciousOperation
from django.core.files.base import ContentFile, File
from django.http import FileResponse

from hackathon.files.bucket import PrivateBucket
from hackathon.files.storage import PrivateFolder, PrivateStorage, sha256_of
from tests.s3 import Bucket, S3Server

BODY = bytes(range(256)) * 12_000
"""3 MB: more than a chunk."""


@pytest.fixture
def bucket(s3: S3Server) -> Bucket:
    return s3.make_bucket()


@pytest.fixture
def in_bucket(s3: S3Server, bucket: Bucket) -> PrivateBucket:
    return PrivateBucket(**s3.options(bucket, "artifacts"))


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> PrivateStorage:
    if request.param == "folder":
        return PrivateFolder(location=str(tmp_path / "files"))
    found: PrivateBucket = request.getfixturevalue("in_bucket")
    return found


# --- both ---------------------------------------------------------------------------------------------------------


def test_what_was_saved_is_there_until_it_is_deleted(store: PrivateStorage) -> None:
    assert store.save("a/b/one.bin", ContentFile(BODY)) == "a/b/one.bin"
    assert store.exists("a/b/one.bin")
    assert store.size("a/b/one.bin") == len(BODY)
    with store.open("a/b/one.bin", "rb") as file:
        assert sha256_of(file) == sha256_of(io.BytesIO(BODY))
    store.delete("a/b/one.bin")
    assert not store.exists("a/b/one.bin")
    store.delete("a/b/one.bin")


def test_a_file_that_is_not_there(store: PrivateStorage) -> None:
    assert not store.exists("a/none")
    with pytest.raises(FileNotFoundError):
        store.open("a/none")


def test_a_name_that_is_taken_is_not_written_over(store: PrivateStorage) -> None:
    first, second = (store.save("a/one.txt", ContentFile(body)) for body in (b"first", b"second"))
    assert first != second
    with store.open(first) as file, store.open(second) as other:
        assert (file.read(), other.read()) == (b"first", b"second")


class BreaksOff(io.RawIOBase):
    """A body of which half arrives."""

    def __init__(self) -> None:
        super().__init__()
        self._left = BODY[: len(BODY) // 2]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            raise ConnectionResetError("The client has gone.")
        chunk, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(chunk)] = chunk
        return len(chunk)


def test_a_file_that_was_half_written_is_not_there(store: PrivateStorage) -> None:
    with pytest.raises(ConnectionResetError):
        store.save("a/one.bin", File(io.BufferedReader(BreaksOff())))
    assert not store.exists("a/one.bin")
    assert list(store.walk("a")) == []
    store.save("a/one.bin", ContentFile(BODY))
    assert store.size("a/one.bin") == len(BODY)


def test_a_folder_on_a_full_disk_keeps_no_part_of_a_file(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: the system refuses in the middle of the writing, too."""
    store = PrivateFolder(location=str(tmp_path / "files"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(BODY) // 2, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            store.save("a/one.bin", ContentFile(BODY))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(store.walk("a")) == []
    assert store.save("a/one.bin", ContentFile(BODY)) == "a/one.bin"


def test_an_open_file_is_saved_from_its_beginning_and_stays_open(store: PrivateStorage, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(BODY)
    with (tmp_path / "source").open("rb") as source:
        source.read(5)
        store.save("a/copy", File(source))
        assert not source.closed
    assert store.size("a/copy") == len(BODY)


def test_an_empty_file(store: PrivateStorage) -> None:
    store.save("a/empty", ContentFile(b""))
    with store.open("a/empty") as file:
        assert file.read() == b""


def test_an_open_file_seeks(store: PrivateStorage) -> None:
    store.save("a/one.bin", ContentFile(BODY))
    with store.open("a/one.bin") as file:
        file.seek(-3, io.SEEK_END)
        assert file.read() == BODY[-3:]
        assert file.read() == b""
        file.seek(2_500_000)
        assert file.read(4) == BODY[2_500_000:2_500_004]
        assert file.tell() == 2_500_004


def test_arrays_are_read_as_they_were_saved(store: PrivateStorage) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, correct=np.arange(1000), predicted=np.ones(3))
    name = store.save("results/x.npz", ContentFile(buffer.getvalue()))
    with store.open(name, "rb") as file, np.load(file, allow_pickle=False) as arrays:
        assert arrays["correct"].sum() == 499_500


def test_a_response_streams_it_and_says_how_long_it_is(store: PrivateStorage) -> None:
    store.save("a/one.bin", ContentFile(BODY))
    response = FileResponse(store.open("a/one.bin"), as_attachment=True, filename="one.bin")
    assert response["Content-Length"] == str(len(BODY))
    assert b"".join(response.streaming_content) == BODY  # type: ignore[arg-type]
    response.file_to_stream.close()  # type: ignore[attr-defined]


def test_walk_gives_names_and_ages_under_a_prefix(store: PrivateStorage) -> None:
    assert list(store.walk("attempts")) == []
    for name in ("attempts/1/a", "attempts/1/b", "attempts/2/c/d", "attempts-of-others/e", "f"):
        store.save(name, ContentFile(b"x"))
    found = dict(store.walk("attempts"))
    assert sorted(found) == ["attempts/1/a", "attempts/1/b", "attempts/2/c/d"]
    assert all(abs(datetime.now(UTC) - at) < timedelta(minutes=1) for at in found.values())


def test_no_name_leads_out_of_the_alias(store: PrivateStorage) -> None:
    for name in ("../labels/split.json", "a/../../labels/split.json"):
        with pytest.raises(SuspiciousOperation):
            store.open(name)


def test_nothing_has_a_public_address(store: PrivateStorage) -> None:
    store.save("a/one.txt", ContentFile(b"x"))
    with pytest.raises(ValueError, match="no address"):
        store.url("a/one.txt")


def test_it_is_reachable(store: PrivateStorage) -> None:
    assert store.is_reachable()


# --- signed addresses ---------------------------------------------------------------------------------------------


def get(url: str) -> int:
    return urllib3.request("GET", url, retries=False).status


def test_a_folder_has_none(tmp_path: Path) -> None:
    assert PrivateFolder(location=str(tmp_path)).signed_url("a", seconds=900) is None


def test_a_signed_address_reads_one_object_and_nothing_else(
    s3: S3Server, in_bucket: PrivateBucket, bucket: Bucket
) -> None:
    for name in ("a/one.txt", "a/two.txt"):
        in_bucket.save(name, ContentFile(name.encode()))
    url = in_bucket.signed_url("a/one.txt", seconds=900)
    assert url is not None
    assert url.startswith(f"{s3.url}/{bucket.name}/artifacts/a/one.txt?")
    assert bucket.secret_key not in url
    assert urllib3.request("GET", url).data == b"a/one.txt"
    plain, _, signature = url.partition("?")
    forged = signature[:-1] + ("0" if signature[-1] != "0" else "1")
    assert [get(f"{plain}?{forged}"), get(plain), get(url.replace("one.txt", "two.txt"))] == [403, 403, 403]
    assert get(url.replace("X-Amz-Expires=900", "X-Amz-Expires=9000")) == 403
    assert urllib3.request("PUT", url, body=b"other").status == 403
    assert urllib3.request("DELETE", url).status == 403
    with in_bucket.open("a/one.txt") as file:
        assert file.read() == b"a/one.txt"


def test_a_signed_address_ends(in_bucket: PrivateBucket) -> None:
    in_bucket.save("a/one.txt", ContentFile(b"x"))
    urls = []
    for minutes in (14, 16):
        with time_machine.travel(datetime.now(UTC) - timedelta(minutes=minutes)):
            urls.append(in_bucket.signed_url("a/one.txt", seconds=900) or "")
    assert list(map(get, urls)) == [200, 403]


def test_nodes_may_know_the_store_by_another_address(s3: S3Server, bucket: Bucket) -> None:
    public = s3.url.replace("127.0.0.1", "localhost")
    store = PrivateBucket(**s3.options(bucket, "models"), public_endpoint=public)
    store.save("a", ContentFile(b"x"))
    url = store.signed_url("a", seconds=900) or ""
    assert url.startswith(public)
    assert get(url) == 200
    assert get(url.replace(public, s3.url)) == 403  # the host is signed, too


# --- a store with faults ------------------------------------------------------------------------------------------


@pytest.fixture
def faulty(s3: S3Server, in_bucket: PrivateBucket) -> Iterator[S3Server]:
    in_bucket.save("a/one.bin", ContentFile(BODY))
    yield s3
    s3.fault, s3.cut = 0, 0


def test_a_cut_answer_is_an_error_and_not_a_short_file(faulty: S3Server, in_bucket: PrivateBucket) -> None:
    with in_bucket.open("a/one.bin") as file:
        faulty.cut = 1000
        with pytest.raises(OSError, match=r"broke off|less than the whole"):
            file.read()


def test_an_object_that_changed_while_it_is_read_is_an_error(s3: S3Server, in_bucket: PrivateBucket) -> None:
    in_bucket.save("a/one.bin", ContentFile(BODY))
    with in_bucket.open("a/one.bin") as file:
        in_bucket.delete("a/one.bin")
        in_bucket.save("a/one.bin", ContentFile(BODY[::-1]))
        with pytest.raises(OSError, match="broke off"):
            file.read()


@pytest.mark.parametrize("status", [403, 500, 503])
def test_a_store_that_refuses_is_never_a_missing_file(faulty: S3Server, in_bucket: PrivateBucket, status: int) -> None:
    faulty.fault = status
    for ask in (in_bucket.exists, in_bucket.size):
        with pytest.raises(OSError, match=str(status)) as refused:
            ask("a/one.bin")
        assert not isinstance(refused.value, FileNotFoundError)
    with pytest.raises(OSError, match=str(status)):
        in_bucket.save("a/two.bin", ContentFile(b"x"))
    with pytest.raises(OSError, match=str(status)) as caught:
        in_bucket.open("a/one.bin")
    assert not isinstance(caught.value, FileNotFoundError)
    assert not in_bucket.is_reachable()


def test_where_nobody_listens_it_is_unreachable(in_bucket: PrivateBucket, s3: S3Server, bucket: Bucket) -> None:
    store = PrivateBucket(**s3.options(bucket, "models") | {"endpoint_url": "http://127.0.0.1:1"})
    assert not store.is_reachable()


def test_another_key_opens_nothing(s3: S3Server, in_bucket: PrivateBucket, bucket: Bucket) -> None:
    in_bucket.save("a/one.txt", ContentFile(b"x"))
    other = s3.make_bucket()
    mixed = s3.options(other, "artifacts") | {"bucket_name": bucket.name}
    with pytest.raises(Exception, match="403"):
        PrivateBucket(**mixed).open("a/one.txt")


def test_threads_and_aliases_share_one_connection(s3: S3Server, in_bucket: PrivateBucket, bucket: Bucket) -> None:
    found = [in_bucket.connection, PrivateBucket(**s3.options(bucket, "models")).connection]
    thread = threading.Thread(target=lambda: found.append(in_bucket.connection))
    thread.start()
    thread.join()
    assert found[0] is found[1] is found[2]
