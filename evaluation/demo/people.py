"""Who plays in the demo: the people, their organizations and their teams."""

from __future__ import annotations

from dataclasses import dataclass

HACKATHON = "film-night"
MODEL = "all-minilm-l6-v2"
FEATURES_LENGTH = 128
"""Tokens at which the base score computes frozen features: a `head` run of the same length finds them on the node."""


@dataclass(frozen=True)
class Person:
    name: str
    email: str
    organization: str


@dataclass(frozen=True)
class TeamOf:
    """A team; the first person is its captain, whose API token submits. `method` is what it is known for."""

    name: str
    people: tuple[Person, ...]
    method: str


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
        method="head",
    ),
    TeamOf(
        "Low Rank Rangers",
        (
            Person("Wei Chen", "wei@northfield.example", "Northfield University"),
            Person("Amara Okafor", "amara@northfield.example", "Northfield University"),
        ),
        method="lora",
    ),
    TeamOf(
        "Full Tilt",
        (
            Person("Lena Brandt", "lena@ialr.example", "Institute for Applied Language Research"),
            Person("Rafael Souza", "rafael@ialr.example", "Institute for Applied Language Research"),
        ),
        method="full",
    ),
)

BASELINE_TEAM = "Organizers"
