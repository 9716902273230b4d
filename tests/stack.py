"""The real thing, started by a test: PostgreSQL, Valkey, site, scorer, scheduler, workers, each a process of its own.

A test talks to it as its users do, over HTTP; `sql` reads what no user may see.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psutil
from django.conf import settings

from hackathon.serving import programs
from hackathon.serving.supervisor import Child, Supervisor
from tests.servers import ValkeyServer

T = TypeVar("T")
REPOSITORY = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any


def eventually(what: str, probe: Callable[[], T | None], seconds: float = 60.0) -> T:
    """The first truthy answer of `probe`; AssertionError after that many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := probe():
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds:g} s: {what}")


@dataclass
class Stack:
    """Processes of one site, by name; `env` is what the site's processes get."""

    folder: Path
    database_url: str
    valkey: ValkeyServer
    supervisor: Supervisor
    port: int = field(default_factory=free_port)
    overrides: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def env(self, role: str) -> dict[str, str]:
        return self._plain_env() | {
            "DJANGO_SETTINGS_MODULE": "hackathon.settings",
            "HACKTUNE_ROLE": role,
            "HACKTUNE_SECRET_KEY": settings.SECRET_KEY,
            "HACKTUNE_ALLOWED_HOSTS": "127.0.0.1",
            "HACKTUNE_SITE_URL": self.url,
            "HACKTUNE_DATA_DIR": str(self.folder / "site"),
            "HACKTUNE_BROKER_URL": self.valkey.broker_url,
            "HACKTUNE_CACHE_URL": self.valkey.cache_url,
            "DATABASE_URL": self.database_url,
            **self.overrides,
        }

    def _plain_env(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        return kept | {"PYTHONPATH": str(REPOSITORY), "HACKTUNE_THREADS": "1"}

    def start(self, name: str, argv: list[str], env: dict[str, str], ready: Callable[[], bool] | None = None) -> None:
        log = self.folder / "logs" / f"{name}.log"
        self.supervisor.start(
            Child(name=name, argv=argv, env=env, log=log, cwd=REPOSITORY, ready=ready, ready_timeout=60.0)
        )

    def start_site(self) -> None:
        def answers() -> bool:
            with closing(socket.create_connection(("127.0.0.1", self.port), timeout=1)):
                return True

        env = self.env("site") | {"HACKTUNE_DEBUG": "true"}
        self.start("site", programs.site(host="127.0.0.1", port=self.port), env, answers)

    def start_scorer(self) -> None:
        self.start("scorer", programs.scorer(), self.env("scorer"))
        self.start("scheduler", programs.scheduler(), self.env("site") | programs.SCHEDULER_ENV)

    def start_worker(self, name: str = "node-1", *, enrolment_token: str = "", **env: str) -> None:
        argv = programs.worker(
            site_url=self.url,
            name=name,
            data_dir=str(self.folder / name),
            broker_url=self.valkey.broker_url,
        )
        token = {"HACKTUNE_ENROL_TOKEN": enrolment_token} if enrolment_token else {}
        self.start(name, argv, self._plain_env() | token | env)

    def kill(self, name: str, signal_number: int = signal.SIGKILL) -> psutil.Process:
        """Send a signal to the program itself, not to the guard above it; returns the process it was."""
        process = self.program(name)
        process.send_signal(signal_number)
        return process

    def program(self, name: str) -> psutil.Process:
        return psutil.Process(self.supervisor.pids[name]).children()[0]

    def request(self, method: str, path: str, *, token: str = "", body: Any = None, **headers: str) -> Answer:
        """One HTTP request with JSON in and out. Headers: `idempotency_key="k"` is `Idempotency-Key: k`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()} | {"Content-Type": "application/json"}
        if token:
            sent["Authorization"] = token
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=sent)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Answer(answer.status, json.loads(answer.read() or b"null"))
        except urllib.error.HTTPError as error:
            return Answer(error.code, json.loads(error.read() or b"null"))


@contextmanager
def stack(folder: Path, database_url: str, valkey: ValkeyServer, **overrides: str) -> Iterator[Stack]:
    """A stack with nothing started yet; everything it starts ends with the block."""
    with Supervisor(folder / "run") as supervisor:
        yield Stack(folder, database_url, valkey, supervisor, overrides=overrides)
