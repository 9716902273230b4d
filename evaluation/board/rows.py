"""Shapes of what a viewer is shown of scores: made by `evaluation.selectors`, read by pages and API alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from hackathon.models import Phase
from training_worker.contract.metrics import METRICS


@dataclass(frozen=True)
class ShownScore:
    """A score as this viewer may see it: already rounded to the phase's step; `se` is one standard error, same step."""

    value: float
    se: float
    text: str
    """"0.83 ± 0.02", with as many decimals as the step has."""


@dataclass(frozen=True)
class BoardRow:
    """One row of the board. `place` is None for unranked rows (baseline, references); equal scores share a place."""

    place: int | None
    name: str
    """Team name, or what the unranked row is, e.g. "tf-idf + logistic regression"."""
    team_id: UUID | None
    submission_id: UUID | None
    number: int | None
    """#17 of the submission."""
    method: str
    base_model: str
    score: ShownScore
    base_score: ShownScore | None
    gain: float | None
    """By how much the score is better than the base score, both rounded; negative where it is worse."""
    compute_seconds: float | None
    entries: int
    improved_at: datetime | None
    """When the team's shown public best last improved: its best submission was received (`ranking.best_result`)."""
    history: tuple[float, ...] = ()
    """The team's best public score as shown, after each scored submission in the order received; for ranked rows."""
    is_own: bool = False


@dataclass(frozen=True)
class Board:
    """A phase's leaderboard for one viewer."""

    phase: Phase
    metric: str
    """Name of the primary one."""
    step: float
    rows: list[BoardRow]
    unranked: list[BoardRow]
    is_frozen: bool = False
    is_final: bool = False
    """True once the private scores are released: then `score` is the private one."""
    public_count: int = 0
    private_count: int = 0
    warnings: list[str] = field(default_factory=list)

    @property
    def direction(self) -> str:
        """Which scores are better: "higher" or "lower"."""
        return METRICS[self.metric].direction


@dataclass(frozen=True)
class ClassF1:
    label: str
    f1: float
    """Public test items, rounded to the phase's step."""


@dataclass(frozen=True)
class SubmissionScores:
    """What the viewer may see of one submission's scores. Private is None until its release."""

    metric: str
    public: ShownScore
    private: ShownScore | None
    base: ShownScore | None
    base_method: str
    gain: float | None
    dummy: ShownScore
    dummy_method: str
    """How the dummy baseline answers, in words."""
    metrics: dict[str, ShownScore]
    """Every metric of the task on the public items, rounded (`ScoreView.shown_metric`)."""
    per_class_f1: list[ClassF1]
    validation: dict[str, float]
    """Metrics on the validation set, exact: the team has those labels."""
