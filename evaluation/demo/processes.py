"""The demo's processes: what each is started with, what it may know, and when it is ready."""

from __future__ import annotations

import http.client
import json
import secrets
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from hackathon.serving import programs, valkey
from hackathon.serving.supervisor import Child

from .credentials import secret_key, write_private
from .options import HOST, REPOSITORY, Options

STOP_ORDER = ("scheduler", "worker", "scorer", "site")
"""The broker goes last: what is still running may ring it."""

MADE_BY_US: tuple[str, ...] = (
    "bundle",
    "celerybeat-schedule",
    "db.sqlite3",
    "db.sqlite3-shm",
    "db.sqlite3-wal",
    "demo.json",
    "files",
)
MADE_BY_US += ("logs", "outbox", "secret", "spool", "static", "valkey", "valkey.sock", "worker")
"""What `RESET=1` removes from the data folder; the converted model, which is not the event's, stays."""

_FOREIGN = ("HACKTUNE_", "DJANGO_", "DATABASE_", "CELERY_", "GUNICORN_", "MAKE", "MFLAGS")
_OURS = frozenset({"PORT", "DATA", "ONCE", "RESET", "TASK"})


def plain_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What every process gets: nothing that configures a site, whoever set it, and one thread a library."""
    kept = {name: value for name, value in environment.items() if not name.startswith(_FOREIGN) and name not in _OURS}
    return kept | {"PYTHONUNBUFFERED": "1", "OMP_WAIT_POLICY": "PASSIVE"}


def reset(data: Path) -> None:
    """Remove what a demo has left in its folder, and nothing else. The caller holds the folder's lock."""
    for name in MADE_BY_US:
        path = data / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Processes:
    """Makes the `Child` of each process for one set of options."""

    options: Options
    environment: Mapping[str, str]
    """The supervisor's own."""

    @property
    def data(self) -> Path:
        return self.options.data

    @property
    def model(self) -> Path:
        return self.data / "models" / self.options.recipe.model.folder

    @property
    def bundle(self) -> Path:
        return self.data / "bundle" / self.options.recipe.slug

    def _site_env(self, role: str) -> dict[str, str]:
        socket = valkey.socket_path_for(self.data)
        return plain_environment(self.environment) | {
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "DJANGO_SETTINGS_MODULE": "hackathon.settings",
            "HACKTUNE_ROLE": role,
            "HACKTUNE_SECRET_KEY": secret_key(self.data),
            "HACKTUNE_ALLOWED_HOSTS": f"{HOST},localhost",
            "HACKTUNE_SITE_URL": self.options.url,
            "HACKTUNE_DATA_DIR": str(self.data),
            "HACKTUNE_BROKER_URL": valkey.broker_url(socket),
            "HACKTUNE_CACHE_URL": valkey.cache_url(socket),
            "HACKTUNE_LOG_JSON": "false",
            "HACKTUNE_MAIL": "outbox",
        }

    def _child(self, name: str, argv: list[str], env: Mapping[str, str]) -> Child:
        return Child(name=name, argv=argv, env=env, log=self.data / "logs" / f"{name}.log", cwd=REPOSITORY)

    # --- steps: they end by themselves ------------------------------------------------------------------------

    def fetch(self) -> Child:
        argv = [sys.executable, "-m", "evaluation.demo.datasets", self.options.task, str(self.bundle)]
        return self._child("fetch", argv, plain_environment(self.environment))

    def convert(self) -> Child:
        argv = [sys.executable, "-m", "evaluation.demo.base_model", self.options.task, str(self.model)]
        return self._child("convert", argv, plain_environment(self.environment) | {"OMP_NUM_THREADS": "1"})

    def manage(self, name: str, *arguments: str) -> Child:
        """A Django command with the rights of the operator: it may read labels."""
        argv = [sys.executable, str(REPOSITORY / "manage.py"), *arguments]
        return self._child(name, argv, self._site_env("manage"))

    # --- services: they run until the end ---------------------------------------------------------------------

    def broker(self) -> Child:
        folder = self.data / "valkey"
        folder.mkdir(exist_ok=True)
        socket = valkey.socket_path_for(self.data)
        argv = valkey.command(valkey.find_binary(), socket, folder)
        child = self._child("broker", argv, plain_environment(self.environment))
        return replace(child, ready=lambda: valkey.is_ready(socket))

    def site(self) -> Child:
        argv = programs.site(host=HOST, port=self.options.port)
        return replace(self._child("site", argv, self._site_env("site")), ready=self._site_answers, ready_timeout=60.0)

    def scorer(self) -> Child:
        return self._child("scorer", programs.scorer(), self._site_env("scorer"))

    def scheduler(self) -> Child:
        return self._child("scheduler", programs.scheduler(), self._site_env("site") | programs.SCHEDULER_ENV)

    def worker(self, enrolment_token: str) -> Child:
        """The node. Nothing of the site is in its environment but, before it has joined, the token to join with."""
        argv = programs.worker(
            site_url=self.options.url,
            name=f"demo-{secrets.token_hex(3)}",
            data_dir=str(self.data / "worker"),
            broker_url=valkey.broker_url(valkey.socket_path_for(self.data)),
        )
        token = {"HACKTUNE_ENROL_TOKEN": enrolment_token} if enrolment_token else {}
        return self._child("worker", argv, plain_environment(self.environment) | token)

    def _site_answers(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.options.port, timeout=5)
        try:
            connection.request("GET", "/api/hackathons/")
            return connection.getresponse().status == 200
        except http.client.HTTPException:
            return False
        finally:
            connection.close()


def move_worker(data: Path, site_url: str) -> bool:
    """Has the worker joined? Its identity is of one address; it is the same site at another port, so that is mended."""
    path = data / "worker" / "node.json"
    try:
        identity = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return False
    if identity["site_url"] != site_url:
        write_private(path, json.dumps(identity | {"site_url": site_url}))
    return True
