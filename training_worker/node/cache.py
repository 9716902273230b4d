"""Content-addressed inputs on this node's disk: models and data files, the least recently used go first.

`cache/models/<sha256>/<file>`, `cache/data/<sha256>`, and the children's `cache/features/<key>`. A node checks the
sha256 of a file at its first use (0.1 to 0.2 s for 90 MB) and again when anything has touched it: a cached file that
went bad is fetched anew; a *fetched* model file that is wrong is the platform's fault and raises `ModelIntegrity`.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import structlog

from ..contract import sentences
from ..contract.models import content_sha256
from ..contract.wire import FileRef, ModelManifest
from .client import IntegrityError, sha256_file
from .settings import MEGABYTE

_Stamp = tuple[int, int, int, int]
Fetch = Callable[[FileRef, Path], None]
"""Writes the file a ref announces to a path; raises `IntegrityError` when the bytes are not those announced."""

log = structlog.get_logger()


class ModelIntegrity(Exception):
    """A base model's files are not the registered ones, or are not plain safetensors."""


class Cache:
    def __init__(self, root: Path, limit_mb: int) -> None:
        self._models = root / "models"
        self._data = root / "data"
        self._limit = limit_mb * MEGABYTE
        self._checked: dict[Path, _Stamp] = {}
        self.features = root / "features"
        for folder in (self._models, self._data, self.features):
            folder.mkdir(parents=True, exist_ok=True)

    def models(self) -> tuple[str, ...]:
        """sha256 of every complete model here."""
        return tuple(sorted(path.name for path in self._models.iterdir() if path.suffix != ".part"))

    def data_file(self, ref: FileRef, fetch: Fetch) -> Path:
        """Path of a verified data file. Raises `IntegrityError` when the site's own bytes are wrong."""
        path = self._data / ref.sha256
        if not self._is_intact(path, ref):
            draft = path.with_suffix(".part")
            fetch(ref, draft)
            draft.replace(path)
        os.utime(path)
        self._checked[path] = _stamp(path)
        return path

    def model(self, manifest: ModelManifest, fetch: Fetch) -> Path:
        """Folder of a verified model. Raises `ModelIntegrity`."""
        _check_manifest(manifest)
        folder = self._models / manifest.sha256
        if not all(self._is_intact(folder / ref.name, ref) for ref in manifest.files):
            self._fetch_model(manifest, folder, fetch)
        _refuse_code(folder)
        os.utime(folder)
        return folder

    def _is_intact(self, path: Path, ref: FileRef) -> bool:
        """Is the file there, with the bytes that `ref` announces?"""
        if not path.is_file():
            return False
        stamp = _stamp(path)
        if self._checked.get(path) != stamp:
            if sha256_file(path) != ref.sha256:
                return False
            self._checked[path] = stamp
        return True

    def _fetch_model(self, manifest: ModelManifest, folder: Path, fetch: Fetch) -> None:
        draft = folder.with_suffix(".part")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        draft.mkdir()
        try:
            for ref in manifest.files:
                fetch(ref, draft / ref.name)
        except IntegrityError as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise ModelIntegrity(str(error)) from error
        draft.replace(folder)

    def evict(self, keep: frozenset[str]) -> None:
        """Drop the least recently used entries until the cache is within its limit; those named in `keep` stay."""
        excess = sum(map(_size, self._entries())) - self._limit
        self._drop(excess, keep)

    def free(self, size: int) -> None:
        """Drop the least recently used entries until `size` bytes are gone, or all."""
        self._drop(size, frozenset())

    def _entries(self) -> list[Path]:
        """The least recently used first."""
        found = [entry for folder in (self._models, self._data, self.features) for entry in folder.iterdir()]
        return sorted(found, key=lambda path: path.stat().st_mtime)

    def _drop(self, excess: int, keep: frozenset[str]) -> None:
        for entry in self._entries():
            if excess <= 0:
                return
            if entry.name in keep:
                continue
            excess -= _size(entry)
            log.info("cache_evict", entry=entry.name[:12])
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def _check_manifest(manifest: ModelManifest) -> None:
    if content_sha256(manifest.files) != manifest.sha256:
        raise ModelIntegrity(sentences.WRONG_FILE_LIST)
    pickles = [ref.name for ref in manifest.files if ref.name.endswith((".bin", ".pt", ".pth", ".pkl", ".py"))]
    if pickles:
        raise ModelIntegrity(sentences.NOT_SAFETENSORS(names=", ".join(pickles)))


def _refuse_code(folder: Path) -> None:
    for name in ("config.json", "tokenizer_config.json"):
        path = folder / name
        if path.exists() and "auto_map" in json.loads(path.read_bytes()):
            raise ModelIntegrity(sentences.OWN_CODE(name=name))


def _stamp(path: Path) -> _Stamp:
    """Changes whenever the file is written, replaced or moved."""
    now = path.stat()
    return now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns


def _size(entry: Path) -> int:
    if entry.is_dir():
        return sum(path.stat().st_size for path in entry.iterdir())
    return entry.stat().st_size
