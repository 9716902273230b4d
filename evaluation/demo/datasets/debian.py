"""Files of a Debian package that is downloaded and unpacked, never installed."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from evaluation.demo.pip_download import TIMEOUT_SECONDS, FetchFailed


def fetch_package(name: str, version: str, sha256: str, folder: Path) -> Path:
    """`folder` with what the package of that version has in it, downloaded if need be. Raises `FetchFailed`."""
    if folder.is_dir():
        return folder
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise FetchFailed(f"The data is in Debian's package {name}: fetch it on a Debian or Ubuntu machine.")
    draft = folder.with_name(folder.name + ".part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        archive = _download(name, version, draft)
        if hashlib.sha256(archive.read_bytes()).hexdigest() != sha256:
            raise FetchFailed(f"{archive.name} is not the expected package: its sha256 is wrong.")
        done = _call(["dpkg-deb", "--extract", archive.name, "unpacked"], draft)
        if done.returncode != 0:
            raise FetchFailed(f"dpkg-deb could not unpack {archive.name}.\n{done.stderr.strip()}")
        (draft / "unpacked").replace(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def _download(name: str, version: str, folder: Path) -> Path:
    done = _call(["apt-get", "download", f"{name}={version}"], folder)
    found = sorted(folder.glob(f"{name}_*.deb"))
    if done.returncode != 0 or not found:
        raise FetchFailed(
            f"apt-get could not download {name} {version}: run apt-get update and try again.\n{done.stderr.strip()}"
        )
    return found[0]


def _call(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
