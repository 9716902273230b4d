"""`Recipe`: a challenge on real data that `make demo TASK=…` runs and `make bench-breadth TASKS=1` trains.

A module of `evaluation/demo/datasets/` declares its own, as `RECIPE`; nothing else names it:

    RECIPE = Recipe(
        challenge=CHALLENGE_YAML,
        model=MINILM,
        make=make,
        baseline={"base_model": MODEL, "method": {"name": "head"}, "training": {"learning_rate": 1e-3}},
        configs=(
            {"base_model": MODEL, "method": {"name": "lora", "r": 8}, "training": {"learning_rate": 3e-3}},
            {"base_model": MODEL, "method": {"name": "full"}, "training": {"learning_rate": 2e-4}},
        ),
    )
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from . import people
from .base_model import BaseModel

Config = dict[str, Any]
"""What a team submits."""


@dataclass(frozen=True)
class Event:
    """The hackathon that a challenge is of."""

    slug: str
    name: str
    tagline: str
    description: str


DEMO_NIGHT = Event(
    slug="demo-night",
    name="Demo Night",
    tagline="Three teams, one small model, real data.",
    description="""A hackathon in one room, and in one command: three teams fine-tune a small model. Every score
here was really trained on this machine.
""",
)
FILM_NIGHT = Event(
    slug=people.HACKATHON,
    name="Film Night",
    tagline="Three teams, one small language model, ten thousand opinions.",
    description="""A hackathon in one room, and in one command: three teams fine-tune a small language model to
understand film critics. Every score here was really trained on this machine.
""",
)


@dataclass(frozen=True)
class Entry:
    """What one team of the demo submits."""

    team: people.TeamOf
    config: Config

    @property
    def method(self) -> str:
        return str(self.config["method"]["name"])


@dataclass(frozen=True)
class Recipe:
    """`challenge` is the whole of challenge.yaml, `make(folder)` writes the bundle (fetching by name and pinned hash
    what is not there yet; the same bytes each time; raises `FetchFailed`).

    `configs`, one to three of them, are submitted by one team each. The last one is the one to show what training
    gains: the benchmark trains it. `baseline` is the organizers' own, not ranked.
    `kind` is `mechanics` where the base model was never pretrained: its scores say nothing of quality.
    `version` grows with every change of data, model or configs: results of older ones are not taken for it.
    """

    challenge: dict[str, Any]
    model: BaseModel
    make: Callable[[Path], None]
    configs: tuple[Config, ...]
    baseline: Config
    baseline_note: str = "Baseline of the organizers"
    kind: Literal["real", "mechanics"] = "real"
    version: int = 1
    event: Event = DEMO_NIGHT

    @property
    def task(self) -> str:
        return str(self.challenge["task"])

    @property
    def slug(self) -> str:
        """The challenge's."""
        return str(self.challenge["slug"])

    @property
    def tuned(self) -> Config:
        """What the benchmark trains."""
        return self.configs[-1]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Each config goes to the team that is known for its method, else to one that has none yet."""
        methods = [config["method"]["name"] for config in self.configs]
        free, entries = list(people.TEAMS), []
        for config, method in zip(self.configs, methods, strict=True):
            team = min(free, key=lambda team: (team.method != method, team.method in methods))
            free.remove(team)
            entries.append(Entry(team, config))
        return tuple(entries)
