"""The demo from start to leaderboard. Slow steps run side by side; the order is that of the first score's path."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from hackathon.serving.supervisor import Child, ChildFailed, Supervisor

from . import people
from .client import ApiError
from .credentials import Credentials, load_credentials
from .options import Options
from .processes import Processes, move_worker
from .summary import board_table, result_line, shortfalls
from .watch import Watch, board_of, submit_all

POLL_SECONDS = 1.0
ONCE_TIMEOUT_SECONDS = 900.0
BASELINE_SECONDS = 120.0


def say(text: str) -> None:
    print(text, flush=True)


@dataclass
class Demo:
    """One start of the demo under `supervisor`; `started` is the monotonic time from which all is counted."""

    options: Options
    supervisor: Supervisor
    processes: Processes
    started: float
    steps: set[str] = field(default_factory=set)
    """Running children that end by themselves."""

    def run(self) -> int:
        """Bring everything up, have the teams submit, and stay until the end. The exit code."""
        credentials = self.bring_up()
        runs = submit_all(self.options.url, credentials.tokens, self.options.recipe)
        say(f"{self.clock():6.1f} s  {len(runs)} configs submitted over the REST API")
        self.supervisor.start(self.processes.scorer())
        self.supervisor.start(self.processes.scheduler())
        if not self.options.is_once:
            self._print_welcome(credentials)
        watch = Watch(runs, self.clock, say)
        self._watch(watch)
        self._finish_board()
        return self._conclude(watch) if self.options.is_once else self._stay(watch)

    def clock(self) -> float:
        return time.monotonic() - self.started

    # --- up ---------------------------------------------------------------------------------------------------

    def bring_up(self) -> Credentials:
        processes, data = self.processes, self.options.data
        say(f"Setting up in {data} (logs in {data / 'logs'}) …")
        has_worker = move_worker(data, self.options.url)
        self.supervisor.start(processes.broker())
        if not (processes.model / "model.json").exists():
            self._begin(processes.convert())
        self._begin(processes.fetch())
        self._begin(self._seed("people", *([] if has_worker else ["--needs-worker"])))
        self._begin(processes.manage("static", "collectstatic", "--noinput", "--verbosity", "0"))
        self._await("people", "static")
        credentials = load_credentials(data)
        self.supervisor.start(processes.site())
        say(f"{self.clock():6.1f} s  site is up: {self.options.url}")
        self.supervisor.start(processes.worker(credentials.enrolment_token))
        self._await("fetch", "convert")
        self._begin(self._seed("challenge", "--bundle", str(processes.bundle), "--model", str(processes.model)))
        self._await("challenge")
        return credentials

    def _seed(self, step: str, *more: str) -> Child:
        return self.processes.manage(step, "seed_demo", step, "--task", self.options.task, *more)

    def _begin(self, step: Child) -> None:
        self.supervisor.start(step)
        self.steps.add(step.name)

    def _await(self, *names: str) -> None:
        """Wait until those steps are over. Raises `ChildFailed` where one fails or a service ends."""
        while self.steps & set(names):
            self._check()
            time.sleep(0.05)

    def _check(self) -> None:
        """Put away steps that are done. Raises `ChildFailed` for everything else that has ended."""
        while (ended := self.supervisor.poll()) is not None:
            if ended.name not in self.steps or ended.code != 0:
                raise ChildFailed(str(ended))
            self.supervisor.end(ended.name)
            self.steps.discard(ended.name)

    # --- running ----------------------------------------------------------------------------------------------

    def _watch(self, watch: Watch) -> None:
        """Follow the runs until all are over (or, with ONCE, the time is up)."""
        failures = 0
        while not watch.is_over:
            self._check()
            if self.options.is_once and self.clock() > ONCE_TIMEOUT_SECONDS:
                return
            try:
                watch.look()
                failures = 0
            except ApiError as error:  # a busy moment; a dead site is `_check`'s to see
                failures += 1
                if failures > 20 or error.status:
                    raise
            time.sleep(POLL_SECONDS)

    def _finish_board(self) -> None:
        """What is shown unranked, once the teams are done: the classic reference, and the organizers' baseline."""
        self._begin(self.processes.manage("reference", "score_reference", self._slug, "--if-any"))
        self._await("reference")
        patience = time.monotonic() + BASELINE_SECONDS
        while not self._has_baseline() and time.monotonic() < patience:
            self._check()
            time.sleep(POLL_SECONDS)

    def _conclude(self, watch: Watch) -> int:
        recipe = self.options.recipe
        board = board_of(self.options.url, recipe)
        say("\n" + board_table(board) + "\n")
        missing = shortfalls(board, recipe)
        for line in missing:
            say(line)
        say(result_line(board, watch.scored_at, teams=len(recipe.entries)))
        return 1 if missing or len(watch.scored_at) < len(recipe.entries) else 0

    def _stay(self, watch: Watch) -> int:
        say("\n" + board_table(board_of(self.options.url, self.options.recipe)))
        say(f"\n{self.options.url} stays up, with a worker that waits for more. Ctrl-C ends it.")
        while True:
            self._check()
            time.sleep(POLL_SECONDS)

    def _print_welcome(self, credentials: Credentials) -> None:
        url = self.options.url
        say(f"\n  {url}  ·  leaderboard: {url}/c/{self._slug}/leaderboard/")
        say(f"  API: {url}/api/docs/  ·  admin: {url}/admin/")
        say(f"\n  Everybody's password here is  {credentials.password}\n")
        everybody = [(people.ADMIN, "administrator"), (people.ORGANIZER, "organizer")]
        everybody += [(judge, "judge") for judge in people.JUDGES]
        everybody += [(person, team.name) for team in people.TEAMS for person in team.people]
        for person, role in everybody:
            say(f"    {person.email:<28} {person.name} ({role})")
        say("")

    @property
    def _slug(self) -> str:
        return self.options.recipe.slug

    def _has_baseline(self) -> bool:
        board = board_of(self.options.url, self.options.recipe)
        return any(row["number"] is not None for row in board["unranked"])
