"""The node itself: its settings, its folder, its identity, and what it reports with every claim."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..contract.base import ContractModel
from ..contract.bounds import MOST_COUNT
from ..contract.wire import IDLE_POLL_SECONDS
from .host import processors

VERSION = "0.1.0"
LONGEST_TEMPORARY = 70
MEGABYTE = 2**20


class SettingsError(Exception):
    """The command line or environment is not usable; the text says what to do."""


@dataclass(frozen=True)
class Settings:
    """What the operator chose. Seconds and MB (2**20 bytes)."""

    site_url: str
    broker_url: str
    name: str
    data: Path
    enrolment_token: str = ""
    threads: int = 0
    """0: at the start of each job its share of the machine's processors (`host.py`)."""
    idle_poll_seconds: float = IDLE_POLL_SECONDS
    cache_mb: int = 20_000
    least_disk_mb: int = 1000
    """With less room on its disk the node takes no job."""


def read_settings(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Command line first, then `HACKTUNE_*` variables. Raises `SettingsError`."""
    parser = argparse.ArgumentParser(prog="python -m training_worker", description="Hacktune GPU node.")
    parser.add_argument("--site", help="URL of the site (HACKTUNE_SITE_URL)")
    parser.add_argument("--broker", help="Celery broker URL; may be unreachable (HACKTUNE_BROKER_URL)")
    parser.add_argument("--enrol", help="one-time enrolment token, first start only (HACKTUNE_ENROL_TOKEN)")
    parser.add_argument("--name", help="node name (HACKTUNE_NODE_NAME; default: the host's name)")
    parser.add_argument("--data", help="folder for cache and identity (HACKTUNE_WORKER_DATA; default: ./worker-data)")
    options = parser.parse_args(arguments)

    def choose(option: str | None, variable: str, default: str = "") -> str:
        return option or environment.get(variable, "") or default

    site, broker = choose(options.site, "HACKTUNE_SITE_URL"), choose(options.broker, "HACKTUNE_BROKER_URL")
    if not site.startswith(("http://", "https://")):
        raise SettingsError("Give the site's address: --site https://… or HACKTUNE_SITE_URL.")
    if not broker:
        raise SettingsError("Give the broker's address: --broker redis://… or HACKTUNE_BROKER_URL.")
    return Settings(
        site_url=site.rstrip("/"),
        broker_url=broker,
        name=_node_name(choose(options.name, "HACKTUNE_NODE_NAME", socket.gethostname())),
        data=Path(choose(options.data, "HACKTUNE_WORKER_DATA", "worker-data")).resolve(),
        enrolment_token=choose(options.enrol, "HACKTUNE_ENROL_TOKEN"),
        threads=_positive(environment, "HACKTUNE_THREADS", 1) if environment.get("HACKTUNE_THREADS") else 0,
        idle_poll_seconds=_seconds(environment, "HACKTUNE_IDLE_POLL_SECONDS", IDLE_POLL_SECONDS),
        cache_mb=_positive(environment, "HACKTUNE_CACHE_MB", 20_000),
        least_disk_mb=_positive(environment, "HACKTUNE_LEAST_DISK_MB", 1000),
    )


def _node_name(text: str) -> str:
    name = re.sub(r"[^A-Za-z0-9._-]", "-", text)[:64].lstrip("._-")
    return name or "node"


def _positive(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, "") or str(default)
    if not text.isdecimal() or int(text) < 1:
        raise SettingsError(f"{name} must be a whole number ≥ 1, not {text!r}.")
    return int(text)


def _seconds(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name, "") or str(default)
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.05 <= value <= 3600:
        raise SettingsError(f"{name} must be 0.05 … 3600 seconds, not {text!r}.")
    return value


class Identity(ContractModel):
    """Who this node is at one site; kept in `node.json`, readable by the owner only.

    `node_id` is empty until the site has answered: the token is made and kept before, so that enrolling can
    be repeated.
    """

    site_url: str
    node_id: str
    worker_token: str


def temporary_folder(root: Path) -> Path:
    """Where the node's temporary files go: inside its data folder; where that path is too long for the socket that
    the forkserver makes there (107 bytes, 32 of them its own), a private folder of the system's."""
    inside = root / "tmp"
    if len(os.fsencode(inside)) <= LONGEST_TEMPORARY:
        return inside
    digest = hashlib.sha256(os.fsencode(inside)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"hacktune-node-{os.getuid()}-{digest}"


class NodeFolder:
    """The node's data folder. One process at a time may hold it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cache = root / "cache"
        self.jobs = root / "jobs"
        self.tmp = temporary_folder(root)
        self._lock: IO[str] | None = None
        self._last_claim = 0

    def open(self) -> None:
        """Create the folder, lock it, drop what a killed predecessor left. Raises `SettingsError` when it is in use."""
        self.root.mkdir(parents=True, exist_ok=True)
        self._lock = (self.root / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.close()
            raise SettingsError(f"Another worker uses {self.root}; give this one its own --data.") from None
        for folder in (self.jobs, self.tmp):
            shutil.rmtree(folder, ignore_errors=True)
        for folder in (self.cache, self.jobs):
            folder.mkdir(exist_ok=True)
        self.tmp.mkdir(mode=0o700)

    def close(self) -> None:
        """Let the folder go."""
        if self._lock is not None:
            self._lock.close()

    def load_identity(self, site_url: str) -> Identity | None:
        """The identity at `site_url`, or None before enrolment (or after a move to another site)."""
        try:
            identity = Identity.model_validate_json((self.root / "node.json").read_bytes())
        except (OSError, ValueError):
            return None
        return identity if identity.site_url == site_url else None

    def save_identity(self, identity: Identity) -> None:
        """Write `node.json` with mode 0600, atomically."""
        _replace(self.root / "node.json", json.dumps(identity.model_dump()))

    def next_claim(self) -> int:
        """A number higher than that of every claim before, those of an earlier process too.

        At least the time in seconds: a folder that was restored from a copy does not begin in the past, nor does one
        on a full disk.
        """
        path = self.root / "claims"
        with contextlib.suppress(OSError, ValueError):
            self._last_claim = max(self._last_claim, int(path.read_text()))
        self._last_claim = max(self._last_claim + 1, int(time.time()))
        with contextlib.suppress(OSError):
            _replace(path, str(self._last_claim))
        return self._last_claim

    def disk_free_mb(self) -> int:
        """At most `MOST_COUNT`: some network file systems claim more."""
        return min(shutil.disk_usage(self.root).free // MEGABYTE, MOST_COUNT)


def _replace(path: Path, text: str) -> None:
    """Write the file whole or not at all, for the owner only."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


_KEPT = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|TZ|VIRTUAL_ENV|LD_LIBRARY_PATH|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE"
    r"|(LC|PYTHON|OMP|MKL|KMP|GOMP|CUDA|NVIDIA|NCCL|CUBLAS|COVERAGE)_?[A-Z0-9_]*"
)


def child_environment(environment: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """The environment of everything this node starts: an allow-list (so no token, URL or key of the operator gets
    through), hub access off, temporary files inside the data folder, one pinned thread setting, and the folder that
    holds `training_worker` on the import path (a forkserver ignores `sys.path` on Python 3.11)."""
    kept = {name: value for name, value in environment.items() if _KEPT.fullmatch(name)}
    home = str(Path(__file__).resolve().parents[2])
    temporary = str(temporary_folder(settings.data))
    inherited = [part for part in kept.get("PYTHONPATH", "").split(os.pathsep) if part and part != home]
    return kept | {
        "PYTHONPATH": os.pathsep.join([home, *inherited]),
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TRANSFORMERS_VERBOSITY": "error",
        "TOKENIZERS_PARALLELISM": "false",
        "OMP_NUM_THREADS": str(settings.threads or processors()),
        "OMP_WAIT_POLICY": "PASSIVE",
        "OPENBLAS_NUM_THREADS": "1",  # numpy's own pool would be a second thread of the template
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
        "HF_HOME": temporary,
        "TMPDIR": temporary,
        "TORCHINDUCTOR_CACHE_DIR": temporary,
    }
