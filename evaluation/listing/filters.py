"""What the address of the list asks for: filters, columns, an order; and the links that change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from hackathon.models import Challenge, Phase
from hackathon.visibility import Viewer
from hackathon.web.filter_link import FilterLink
from hackathon.web.kept import kept, name_of
from hackathon.web.paginator import EXACT
from submissions.enums import JobState
from submissions.models import Job, Submission, Tag, Withdrawal
from submissions.selectors import submissions_visible_to
from training_worker.contract.text import name_key

from .columns import ORDERINGS

WITHDRAWN = "withdrawn"
"""Beside the job's states: scored, and out of the ranking."""
MAX_TAG_LINKS = 12


@dataclass(frozen=True)
class Filters:
    """What the list's address asks for; "" leaves a part open, None the columns to the viewer's last choice."""

    hackathon: str = ""
    challenge: str = ""
    team: str = ""
    state: str = ""
    tag: str = ""
    ordering: str = ""
    columns: tuple[str, ...] | None = None

    @classmethod
    def of(cls, query: QueryDict) -> Filters:
        names = [name for name in cls.__dataclass_fields__ if name != "columns"]
        columns = tuple(name for name in query.getlist("columns") if name) if "columns" in query else None
        texts = {name: query.get(name, "")[:200] for name in names}
        return cls(**texts | {"ordering": texts["ordering"] if texts["ordering"] in ORDERINGS else ""}, columns=columns)

    @property
    def query(self) -> str:
        """For an address: "hackathon=…&tag=…" without the open ones."""
        columns = {} if self.columns is None else {"columns": self.columns or ("",)}
        texts = {name: value for name, value in vars(self).items() if value and name != "columns"}
        return urlencode(texts | columns, doseq=True)

    @property
    def kept(self) -> dict[str, str]:
        """What a form that chooses columns and order leaves as it is."""
        names = ("hackathon", "challenge", "team", "state", "tag")
        return {name: value for name in names if (value := getattr(self, name))}

    @property
    def is_narrowed(self) -> bool:
        """Within a hackathon or a challenge."""
        return bool(self.team or self.state or self.tag)

    @property
    def widened(self) -> Filters:
        return Filters(hackathon=self.hackathon, ordering=self.ordering, columns=self.columns)


@dataclass(frozen=True)
class FilterRow:
    name: str
    choices: list[FilterLink]


def listed_submissions(viewer: Viewer, filters: Filters) -> QuerySet[Submission]:
    """All that the viewer may see and the filters let through."""
    found = in_challenge(submissions_visible_to(viewer), hackathon=filters.hackathon, challenge=filters.challenge)
    return in_state(tagged(of_team(found, filters.team), filters.tag), filters.state)


def in_challenge(found: QuerySet[Submission], *, hackathon: str = "", challenge: str = "") -> QuerySet[Submission]:
    """Those in the phases of the hackathon and the challenge with these slugs; "" leaves a part open."""
    slugs = {"challenge__hackathon__slug": hackathon, "challenge__slug": challenge}
    wanted = {path: slug for path, slug in slugs.items() if slug}
    if not wanted:
        return found
    return found.filter(phase__in=list(Phase.objects.filter(**wanted).order_by().values_list("pk", flat=True)))


def of_team(found: QuerySet[Submission], team: str) -> QuerySet[Submission]:
    """Those of the team with that id; none where it is no id."""
    if not team:
        return found
    try:
        return found.filter(team=UUID(team))
    except ValueError:
        return found.none()


def tagged(found: QuerySet[Submission], tag: str) -> QuerySet[Submission]:
    """Those with that tag, however it is spelled."""
    return found.filter(Exists(Tag.objects.filter(submission=OuterRef("pk"), key=name_key(tag)))) if tag else found


def in_state(found: QuerySet[Submission], state: str) -> QuerySet[Submission]:
    """Those in that state of a job, or withdrawn."""
    if state == WITHDRAWN:
        return found.filter(Exists(Withdrawal.objects.filter(submission=OuterRef("pk"), restored_at__isnull=True)))
    first = Job.objects.filter(submission=OuterRef("pk"), replicate=0)
    return found.filter(Exists(first.filter(state=state))) if state else found


def filter_rows(viewer: Viewer, filters: Filters) -> tuple[list[FilterRow], set[str]]:
    """Links that narrow the list: the viewer's challenges, states, most used tags; no row without a choice. And the
    tasks of these challenges."""
    seen = listed_submissions(viewer, filters.widened).order_by()
    challenges = _challenges(seen)
    named = {challenge.slug: challenge.title for challenge in challenges}
    keys = {key: key for key in _most_used_tags(seen)}
    if filters.tag:
        keys.setdefault(name_key(filters.tag), filters.tag)
    rows = [
        _row(_("challenge"), filters, "challenge", named if len(named) > 1 or filters.challenge else {}),
        _row(_("team"), filters, "team", _named_team(seen, filters.team) if filters.team else {}),
        _row(_("state"), filters, "state", {**dict(JobState.choices), WITHDRAWN: _("withdrawn")}),
        _row(_("tag"), filters, "tag", keys),
    ]
    return [row for row in rows if len(row.choices) > 1], {challenge.task for challenge in challenges}


def _challenges(seen: QuerySet[Submission]) -> list[Challenge]:
    """Those with a submission among `seen`, by title."""
    phases = Phase.objects.filter(Exists(seen.filter(phase=OuterRef("pk"))))
    found = Challenge.objects.filter(pk__in=phases.values("challenge")).order_by("title", "slug")
    return list(found.only("slug", "title", "task"))


def _named_team(seen: QuerySet[Submission], team: str) -> dict[str, str]:
    first = next(iter(of_team(seen, team)[:1]), None)
    return {team: first.team.name} if first else {}


def _most_used_tags(seen: QuerySet[Submission]) -> list[str]:
    """Keys, the most used first. Where many are in use they may be 30 s old: it takes reading all tags of `seen`."""
    tags = Tag.objects.filter(submission__in=seen.values("pk")).order_by().values_list("key")
    most = tags.annotate(count=Count("pk")).order_by("-count", "key")[:MAX_TAG_LINKS]
    used = kept(
        f"tags {name_of(seen)}", lambda: list(most), is_worth_it=lambda found: sum(dict(found).values()) > EXACT
    )
    return [key for key, _count in used]


def _row(name: str, filters: Filters, field: str, values: Mapping[str, object]) -> FilterRow:
    chosen = getattr(filters, field)
    chosen = name_key(chosen) if field == "tag" else chosen
    links = {"": _("all"), **values}
    return FilterRow(
        name,
        [
            FilterLink(str(text), _with(filters, field, value).query, is_chosen=value == chosen)
            for value, text in links.items()
        ],
    )


def _with(filters: Filters, field: str, value: str) -> Filters:
    changes: dict[str, Any] = {field: value}
    return replace(filters, **changes)
