"""`make screenshots`: the pages of a demo that has run once, at two widths and in two themes, into docs/screenshots/.

Works on a copy of the demo's data folder, with all its processes: the run that is seen running is really trained. Of a
demo of another task (`TASK=…`) those pages that depend on the task: its data, a scored run, its errors.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from evaluation.demo import people
from evaluation.demo.client import Client
from evaluation.demo.credentials import Credentials
from evaluation.demo.datasets.film_critics import RECIPE
from evaluation.demo.demo import Demo
from evaluation.demo.options import Options
from evaluation.demo.processes import STOP_ORDER, Processes
from evaluation.demo.recipe import Recipe
from evaluation.demo.recipes import DEFAULT_TASK, NoRecipe, find_recipe
from hackathon.serving.supervisor import ChildFailed, Supervisor
from tests.browser.chromium import find_chromium, running_chromium
from tests.browser.pictures import save_picture, too_much

WIDTHS = {1280: 900, 390: 844}
"""Width and least height of the window."""
HIGHEST = 1400
THEMES = ("light", "dark")
SHOWN_STEP = 200
PATIENCE = 400.0
CAPTAIN = people.TEAMS[1].people[0]
RUN: dict[str, Any] = {
    "base_model": people.MODEL,
    "method": {"name": "full"},
    "training": {"learning_rate": 1e-4, "per_device_train_batch_size": 8, "num_train_epochs": 4, "max_length": 64},
}
"""Long enough to be seen running at both widths and in both themes."""


@dataclass(frozen=True)
class Shot:
    """A picture to take: `path` as seen by `person` (nobody if None)."""

    name: str
    path: str
    person: people.Person | None = CAPTAIN


class NotReady(Exception):
    """There is nothing to photograph; the text says what to do."""


def shots(team: str, running: str, done: str) -> list[Shot]:
    hackathon, challenge = f"/h/{people.HACKATHON}/", f"/c/{RECIPE.slug}/"
    return [
        Shot("running", f"/s/{running}/"),
        Shot("welcome", "/", None),
        Shot("home", "/"),
        Shot("hackathon", hackathon),
        Shot("challenge", challenge),
        Shot("data", f"{challenge}data/"),
        Shot("submit", f"{challenge}submit/?method=lora"),
        Shot("done", f"/s/{done}/"),
        Shot("errors", f"/s/{done}/errors/"),
        Shot("submissions", "/submissions/"),
        Shot("leaderboard", f"{challenge}leaderboard/"),
        Shot("team", f"/t/{team}/"),
        Shot("dashboard", f"{hackathon}dashboard/", people.ORGANIZER),
        Shot("workers", "/workers/", people.ORGANIZER),
        Shot("admin", "/admin/", people.ADMIN),
    ]


def task_shots(recipe: Recipe, captain: people.Person, done: str) -> list[Shot]:
    pages = {"data": f"/c/{recipe.slug}/data/", "done": f"/s/{done}/", "errors": f"/s/{done}/errors/"}
    return [Shot(f"{recipe.slug}-{name}", path, captain) for name, path in pages.items()]


@dataclass
class Photographer:
    """One log-in a person; every page is opened anew for each picture and must answer 200 and be still."""

    browser: Browser
    url: str
    password: str
    folder: Path
    locale: str
    logged_in: dict[str, Any]

    def take(self, shot: Shot) -> None:
        for width, height in WIDTHS.items():
            for theme in THEMES:
                options = {"viewport": {"width": width, "height": height}, "color_scheme": theme}
                context = self.browser.new_context(
                    storage_state=self._state(shot.person), reduced_motion="reduce", locale=self.locale, **options
                )
                self._picture(context, shot, self.folder / f"{shot.name}-{width}-{theme}.png", width)
                context.close()

    def _picture(self, context: BrowserContext, shot: Shot, target: Path, width: int) -> None:
        page = context.new_page()
        answer = page.goto(self.url + shot.path)
        if answer is None or answer.status != 200 or page.url != self.url + shot.path:
            raise NotReady(f"{shot.path} answered {answer and answer.status} at {page.url}.")
        page.evaluate("document.fonts.ready")
        page.wait_for_timeout(600)  # charts are drawn after the page
        high = min(max(page.evaluate("document.documentElement.scrollHeight"), WIDTHS[width]), HIGHEST)
        picture = page.screenshot(clip={"x": 0, "y": 0, "width": width, "height": high}, full_page=True)
        save_picture(picture, target)
        print(f"{target.name}: {target.stat().st_size // 1024} KB", flush=True)

    def _state(self, person: people.Person | None) -> Any:
        if person is None:
            return None
        if person.email not in self.logged_in:
            context = self.browser.new_context()
            log_in(context.new_page(), self.url, person, self.password)
            self.logged_in[person.email] = context.storage_state()
            context.close()
        return self.logged_in[person.email]


def log_in(page: Page, url: str, person: people.Person, password: str) -> None:
    page.goto(f"{url}/login/")
    page.fill("[name=login]", person.email)
    page.fill("[name=password]", password)
    page.locator("main button.primary").click()
    page.get_by_text(person.name).first.wait_for()


@contextmanager
def site_of(data: Path, port: int, task: str) -> Iterator[tuple[str, Credentials]]:
    """All processes of the demo on a copy of its folder, which goes away with them."""
    if not (data / "demo.json").exists():
        raise NotReady(f"{data} holds no demo that has run. Make one first: make demo ONCE=1 TASK={task}")
    with tempfile.TemporaryDirectory(prefix="hacktune-shots-") as folder:
        copy = Path(folder) / "demo"
        shutil.copytree(data, copy, ignore=shutil.ignore_patterns("*.sock", "lock", "logs"))
        options = Options(port=port, data=copy, is_once=True, is_reset=False, task=task)
        with Supervisor(copy) as supervisor:
            demo = Demo(options, supervisor, Processes(options, os.environ), time.monotonic())
            try:
                credentials = demo.bring_up()
                supervisor.start(demo.processes.scorer())
                supervisor.start(demo.processes.scheduler())
                yield options.url, credentials
            finally:
                supervisor.stop(STOP_ORDER)


def begin_run(client: Client) -> str:
    """Submit a run and wait until its training can be seen. Its id."""
    phase = client.get(f"/api/challenges/{RECIPE.slug}/")["phases"][0]["id"]
    run: str = client.submit(phase=phase, config=RUN, name=f"screenshots-{time.time():.0f}")["id"]
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        seen = client.get(f"/api/submissions/{run}/")
        if seen["state"] == "running" and seen["step"] >= SHOWN_STEP:
            return run
        if seen["state"] not in {"queued", "running"}:
            raise NotReady(f"The run for the pictures is {seen['state']} already; RUN in this file is too short.")
        time.sleep(1)
    raise NotReady("The run for the pictures did not get going; see that `make demo ONCE=1` works here.")


def photograph(data: Path, folder: Path, port: int, locale: str, task: str) -> None:
    executable = find_chromium()
    if executable is None:
        raise NotReady("There is no chromium on PATH (apt-get install chromium).")
    recipe = find_recipe(task)
    is_usual = recipe is RECIPE
    captain = CAPTAIN if is_usual else recipe.entries[-1].team.people[0]
    with site_of(data, port, task) as (url, credentials), running_chromium(executable) as browser:
        client = Client(url, credentials.tokens[captain.email])
        mine = [row for row in client.get("/api/submissions/")["results"] if row["state"] == "succeeded"]
        if not mine:
            raise NotReady(f"{captain.name} has no scored run in {data}. Make a demo first: make demo ONCE=1")
        done, team = mine[-1]["id"], mine[-1]["team"]["id"]
        photographer = Photographer(browser, url, credentials.password, folder, locale, {})
        for shot in shots(team, begin_run(client), done) if is_usual else task_shots(recipe, captain, done):
            photographer.take(shot)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(".data/demo"), help="the data folder of a demo that has run")
    parser.add_argument("--task", default=DEFAULT_TASK, help="the task or challenge of that demo")
    parser.add_argument("--into", type=Path, default=Path("docs/screenshots"))
    parser.add_argument("--locale", default="en-GB", help="of the browser: zh-CN for 简体中文")
    parser.add_argument("--port", type=int, default=8123)
    asked = parser.parse_args()
    asked.into.mkdir(parents=True, exist_ok=True)
    try:
        photograph(asked.data.resolve(), asked.into, asked.port, asked.locale, asked.task)
    except (NotReady, NoRecipe, ChildFailed) as error:
        print(error, file=sys.stderr)
        return 1
    if problem := too_much(asked.into):
        print(problem, file=sys.stderr)
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
