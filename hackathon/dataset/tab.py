"""What the data tab of a challenge shows one viewer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import QueryDict
from django.utils.translation import gettext as _

from hackathon.errors import NotFound
from hackathon.models import Challenge, ChallengeData, current_phase
from hackathon.presentation.shown import ShownExample, data_file_url, presentation_of, shown_row
from hackathon.visibility import Viewer, data_open_to
from hackathon.web.charts import Chart
from hackathon.web.filter_link import FilterLink

from .charts import data_charts
from .facts import DataFacts, SplitFacts
from .rows import SPLITS, Split, facts_of, find_rows, labels_in

ROWS_PER_PAGE = 25
LONGEST_SEARCH = 200


def open_versions(viewer: Viewer, challenge: Challenge, *, now: datetime) -> list[ChallengeData]:
    """Data versions of the challenge that the viewer may browse, the newest first."""
    found = data_open_to(viewer, now=now).filter(challenge=challenge).order_by("-version")
    versions = list(found)
    for data in versions:
        data.challenge = challenge
    return versions


def chosen_version(
    versions: list[ChallengeData], challenge: Challenge, wanted: str | None, *, now: datetime
) -> ChallengeData | None:
    """That of the number; without one that of the current phase, else the newest; None where there is no version.

    Raises `NotFound` for a number that is none of `versions`.
    """
    if wanted:
        found = next((data for data in versions if str(data.version) == wanted), None)
        if found is None:
            raise NotFound
        return found
    phase = current_phase(challenge.phases.all(), now) if versions else None
    current = (data for data in versions if phase is not None and data.pk == phase.data_id)
    return next(current, next(iter(versions), None))


def downloads_of(data: ChallengeData) -> list[dict[str, Any]]:
    """{"name", "sha256", "size"} of the files of train and validation."""
    return [file for file in data.files if file["name"].partition(".")[0] in SPLITS]


@dataclass(frozen=True)
class SplitLine:
    name: Split
    title: str
    facts: SplitFacts


def split_title(split: Split) -> str:
    return {"train": _("training"), "validation": _("validation")}[split]


@dataclass(frozen=True)
class DataTab:
    """`page` holds rows of `split` that have the `label` and the text `search`."""

    data: ChallengeData
    versions: list[ChallengeData]
    facts: DataFacts
    charts: list[Chart]
    split: Split
    search: str
    label: str
    labels: list[tuple[str, int]]
    """Each with the number of its examples (entities of a type) in the split."""
    page: Page[dict[str, Any]]
    examples: list[ShownExample]
    presentation: str

    @property
    def is_narrowed(self) -> bool:
        return bool(self.search or self.label)

    @property
    def lines(self) -> list[SplitLine]:
        return [SplitLine(split, split_title(split), getattr(self.facts, split)) for split in SPLITS]

    @property
    def splits(self) -> list[FilterLink]:
        return [
            FilterLink(line.title, self._query(split=line.name), line.name == self.split, line.facts.examples)
            for line in self.lines
        ]

    @property
    def query(self) -> str:
        """Of this page without its number."""
        return self._query(split=self.split)

    @property
    def cleared(self) -> str:
        return urlencode({"version": self.data.version, "split": self.split})

    @property
    def downloads(self) -> list[dict[str, Any]]:
        return downloads_of(self.data)

    def _query(self, *, split: str) -> str:
        values = {"version": self.data.version, "split": split, "search": self.search, "label": self.label}
        return urlencode({name: value for name, value in values.items() if value})


def read_data_tab(data: ChallengeData, versions: list[ChallengeData], query: QueryDict) -> DataTab | None:
    """None where the rows of the version were never counted. Raises `NotFound` for an unknown label."""
    facts, spec, labels = facts_of(data), data.challenge.task_spec, labels_in(data)
    if facts is None:
        return None
    split = next((name for name in SPLITS if name == query.get("split")), SPLITS[0])
    search, label = query.get("search", "").strip()[:LONGEST_SEARCH], query.get("label", "")
    page = Paginator(find_rows(data, split, search=search, label=label), ROWS_PER_PAGE).get_page(query.get("page"))
    file_url = data_file_url(data.challenge, data)
    counts = getattr(facts, split).labels
    return DataTab(
        data=data,
        versions=versions,
        facts=facts,
        charts=data_charts(facts, labels=labels, output=spec.output),
        split=split,
        search=search,
        label=label,
        labels=[(name, counts[name]) for name in labels],
        page=page,
        examples=[shown_row(row, spec, file_url) for row in page],
        presentation=presentation_of(spec),
    )
