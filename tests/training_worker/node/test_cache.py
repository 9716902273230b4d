"""The node's cache: addressed by content, checked before use, bounded."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from training_worker.contract.models import content_sha256
from training_worker.contract.wire import FileRef, ModelManifest
from training_worker.node.cache import Cache, ModelIntegrity
from training_worker.node.client import IntegrityError, sha256_file


def make_ref(name: str, data: bytes) -> FileRef:
    return FileRef(name=name, sha256=hashlib.sha256(data).hexdigest(), size=len(data))


class Site:
    """Serves bytes by name and counts."""

    def __init__(self, **files: bytes) -> None:
        self.files = {name.replace("_", "."): data for name, data in files.items()}
        self.fetched: list[str] = []

    def fetch(self, ref: FileRef, target: Path) -> None:
        self.fetched.append(ref.name)
        data = self.files[ref.name]
        target.write_bytes(data)
        if hashlib.sha256(data).hexdigest() != ref.sha256:
            raise IntegrityError(ref.name)

    def manifest(self) -> ModelManifest:
        files = tuple(make_ref(name, data) for name, data in self.files.items())
        return ModelManifest(slug="m", sha256=content_sha256(files), files=files)


def test_model_is_fetched_once_and_again_when_it_went_bad(tmp_path: Path) -> None:
    site, cache = Site(config_json=b"{}", model_safetensors=b"weights"), Cache(tmp_path, 100)
    folder = cache.model(site.manifest(), site.fetch)
    assert cache.model(site.manifest(), site.fetch) == folder
    assert len(site.fetched) == 2
    assert cache.models() == (site.manifest().sha256,)
    (folder / "model.safetensors").write_bytes(b"weightz")
    cache.model(site.manifest(), site.fetch)
    assert (folder / "model.safetensors").read_bytes() == b"weights"
    assert len(site.fetched) == 4


def test_a_file_is_read_again_only_when_something_has_touched_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, read = Site(config_json=b"{}", model_safetensors=b"weights"), []

    def hashed(path: Path) -> str:
        read.append(path.name)
        return sha256_file(path)

    monkeypatch.setattr("training_worker.node.cache.sha256_file", hashed)
    Cache(tmp_path, 100).model(site.manifest(), site.fetch)
    cache, data = Cache(tmp_path, 100), make_ref("config.json", b"{}")  # a node that starts again
    for _use in range(3):
        folder = cache.model(site.manifest(), site.fetch)
        path = cache.data_file(data, site.fetch)
    assert read == ["config.json", "model.safetensors"]
    for file in (folder / "model.safetensors", path):
        before = file.stat()
        file.write_bytes(file.read_bytes()[::-1])
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    cache.model(site.manifest(), site.fetch)
    assert (folder / "model.safetensors").read_bytes() == b"weights"
    assert cache.data_file(data, site.fetch).read_bytes() == b"{}"


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({"config_json": b'{"auto_map": {}}', "model_safetensors": b"w"}, "auto_map"),
        ({"config_json": b"{}", "pytorch_bin": b"w"}, "safetensors"),
    ],
)
def test_models_with_code_are_refused(tmp_path: Path, files: dict[str, bytes], complaint: str) -> None:
    site = Site(**files)
    with pytest.raises(ModelIntegrity, match=complaint):
        Cache(tmp_path, 100).model(site.manifest(), site.fetch)


def test_changed_byte_at_the_site_and_wrong_address_are_refused(tmp_path: Path) -> None:
    site, cache = Site(config_json=b"{}", model_safetensors=b"weights"), Cache(tmp_path, 100)
    manifest = site.manifest()
    site.files["model.safetensors"] = b"weightz"
    with pytest.raises(ModelIntegrity):
        cache.model(manifest, site.fetch)
    assert cache.models() == ()
    with pytest.raises(ModelIntegrity, match="address"):
        cache.model(manifest.model_copy(update={"sha256": "0" * 64}), site.fetch)


def test_least_recently_used_goes_first_and_the_job_at_hand_stays(tmp_path: Path) -> None:
    cache, megabyte = Cache(tmp_path, 2), 2**20
    refs = []
    for age, letter in enumerate("abc"):
        data = letter.encode() * megabyte
        ref = make_ref(f"{letter}.jsonl", data)
        path = cache.data_file(ref, lambda _, target, data=data: target.write_bytes(data) and None)
        os.utime(path, (1000 + age, 1000 + age))
        refs.append(ref)
    cache.evict(keep=frozenset([refs[0].sha256]))
    kept = {path.name for path in (tmp_path / "data").iterdir()}
    assert kept == {refs[0].sha256, refs[2].sha256}


def test_room_is_made_from_what_was_used_longest_ago(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 100)
    for age, name in enumerate(("old", "middle", "new")):
        path = cache.features / name
        path.write_bytes(b"x" * 1000)
        os.utime(path, (1000 + age, 1000 + age))
    cache.free(1)
    assert {path.name for path in cache.features.iterdir()} == {"middle", "new"}
    cache.free(10**9)
    assert not [*cache.features.iterdir()]
