"""Watching the teams' runs over the API: one line for each change, and when which score stood."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .client import Client
from .recipe import Entry, Recipe

STAGES = {"prepare": "preparing", "train": "training", "predict": "predicting", "upload": "handing in"}
STEP_SECONDS = 5.0
"""Steps of a training are told at most this often."""


@dataclass
class WatchedSubmission:
    """A team's submission as last seen. `scored_at` counts from the clock's zero."""

    entry: Entry
    client: Client
    id: str
    shown: str = ""
    shown_at: float = -STEP_SECONDS
    state: str = ""
    scored_at: float | None = None

    @property
    def is_over(self) -> bool:
        return self.state in {"succeeded", "failed", "cancelled", "quarantined"}


@dataclass
class Watch:
    """Polls `runs`; `clock` tells the seconds since the demo began, `say` prints a line."""

    runs: Sequence[WatchedSubmission]
    clock: Callable[[], float]
    say: Callable[[str], None]

    @property
    def is_over(self) -> bool:
        return all(run.is_over for run in self.runs)

    @property
    def scored_at(self) -> list[float]:
        """When the scored runs were seen to be scored, in that order."""
        return sorted(run.scored_at for run in self.runs if run.scored_at is not None)

    def look(self) -> None:
        """Ask after every run that is not over. Raises `ApiError`."""
        for run in self.runs:
            if not run.is_over:
                self._update(run, run.client.get(f"/api/submissions/{run.id}/"))

    def _update(self, run: WatchedSubmission, answer: dict[str, Any]) -> None:
        now = self.clock()
        is_same_phase = run.state == answer["state"] == "running" and run.shown.split(",")[0] == _stage(answer)
        run.state = answer["state"]
        if run.state == "succeeded":
            run.scored_at = now
        text = describe(answer)
        if text == run.shown or (is_same_phase and now < run.shown_at + STEP_SECONDS):
            return
        run.shown, run.shown_at = text, now
        self.say(f"{now:6.1f} s  {run.entry.team.name} ({run.entry.method}): {text}")


def describe(answer: dict[str, Any]) -> str:
    """Where a submission stands, in a few words."""
    match answer["state"]:
        case "queued":
            place = (answer["queue"] or {}).get("position")
            return f"queued, place {place}" if place else "queued"
        case "running":
            steps = f", step {answer['step']}/{answer['total_steps']}" if answer["total_steps"] else ""
            return _stage(answer) + (steps if answer["stage"] == "train" else "")
        case "succeeded":
            scores = answer["scores"]
            base = f" (untrained: {scores['base']['text']})" if scores["base"] else ""
            return f"scored {scores['public']['text']}{base}"
        case "failed" | "quarantined":
            failure = answer["failure"]
            return f"{answer['state']}: {failure['code']}: {failure['message']} {failure['hint']}".strip()
    return str(answer["state"])


def _stage(answer: dict[str, Any]) -> str:
    return STAGES.get(answer["stage"], answer["stage"] or "running")


def submit_all(url: str, tokens: dict[str, str], recipe: Recipe) -> list[WatchedSubmission]:
    """Submit every team's config with its captain's token; a config that was submitted before is found again."""
    runs = []
    for entry in recipe.entries:
        client = Client(url, tokens[entry.team.people[0].email])
        phase = client.get(f"/api/challenges/{recipe.slug}/")["phases"][0]["id"]
        answer = client.submit(phase=phase, config=entry.config, name=f"demo-{recipe.slug}-{entry.method}")
        runs.append(WatchedSubmission(entry=entry, client=client, id=answer["id"]))
    return runs


def board_of(url: str, recipe: Recipe) -> dict[str, Any]:
    """The leaderboard as everybody sees it."""
    client = Client(url)
    phase = client.get(f"/api/challenges/{recipe.slug}/")["phases"][0]["id"]
    board: dict[str, Any] = client.get(f"/api/leaderboard/{phase}/")
    return board
