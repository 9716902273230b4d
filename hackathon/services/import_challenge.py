"""Bringing a bundle in: challenge, phases and one immutable data version, or every problem and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from hackathon.bundles.problems import Problem, ProblemsFound, Said
from hackathon.bundles.reading import Bundle, Inspection, inspect_bundle
from hackathon.clock import db_now
from hackathon.errors import Conflict, DomainError
from hackathon.models import BaseModel, Challenge, ChallengeData, Hackathon
from hackathon.models.challenge import new_prefix
from training_worker.contract.base import FieldError
from training_worker.contract.config import TrainingArguments
from training_worker.contract.tasks import TASKS
from training_worker.contract.tasks.spec import TEST
from training_worker.contract.wire import DatasetManifest

from .challenge_changes import Changes, change_problems, find_changes
from .challenge_fit import too_many_steps, too_slow
from .challenge_warnings import challenge_warnings
from .data_files import DataFiles, data_files, least_cost
from .display_step import default_display_step
from .import_phases import write_phases
from .limits import enabled_models, limit_misfits
from .split_warnings import split_warnings
from .store_data import stored


@dataclass(frozen=True)
class ImportedChallenge:
    """What an import did. `changes` are what it changed of what had been there; `notes` are for the organizer to read
    too: what was kept as it is, what to be careful of."""

    challenge: Challenge
    data: ChallengeData
    is_new_challenge: bool
    is_new_version: bool
    changes: list[str]
    notes: list[str]


class NeedsConsent(DomainError):
    """Nothing was imported: `changes` would change what teams go by, and nobody has said yes to that."""

    code = "affects_teams"

    def __init__(self, changes: Sequence[Problem]) -> None:
        self.changes = sorted(changes)
        super().__init__(
            _("Nothing was imported yet: teams are at work, and this changes what they go by."),
            hint=_("To have it so, import again with --yes."),
            fields=[FieldError(code=self.code, field=change.file, message=str(change)) for change in self.changes],
        )

    def __str__(self) -> str:
        return "\n".join([self.message, *map(str, self.changes), self.hint])


def import_challenge(
    *, folder: Path, hackathon: Hackathon, publish: bool = False, agreed: bool = False
) -> ImportedChallenge:
    """Import the bundle in `folder` into `hackathon`. Raises `ProblemsFound`, importing nothing, and without `agreed`
    `NeedsConsent` where teams go by what it changes (`challenge_changes`).

    Idempotent: the same content gives the same data version; a challenge of the same slug is updated. A phase that has
    opened keeps its start, its data version and its precision, one that has ended all. Needs the label store (role
    `manage` or `scorer`). Files are written first, all rows in one transaction after them.
    """
    inspection = inspect_bundle(folder)
    _check_against_database(inspection, hackathon, db_now())
    if inspection.bundle is None or inspection.problems:
        raise ProblemsFound(inspection.problems.all())
    order = Order(inspection, inspection.bundle, hackathon, publish, agreed)
    _agreed_changes(order, db_now())
    with TemporaryDirectory() as scratch:
        files = data_files(inspection.bundle, secret=bytes.fromhex(hackathon.secret), folder=Path(scratch))
        _check_files(order, files)
        return _import(order, files)


@dataclass(frozen=True)
class Order:
    """What is to be imported, and how."""

    inspection: Inspection
    bundle: Bundle
    hackathon: Hackathon
    publish: bool
    agreed: bool

    def said(self, sentences: Sequence[Said]) -> list[Problem]:
        """Each with its line of challenge.yaml."""
        return [self.inspection.at(path, message) for path, message in sentences]


def _check_files(order: Order, files: DataFiles) -> None:
    """Raises `ProblemsFound` where the data cannot be split, or no run could come to its end."""
    inspection, limits, bundle = order.inspection, order.bundle.challenge.limits, order.bundle
    if not (files.public_count and files.private_count):
        inspection.problems.add(TEST, 0, _("There are too few items, or groups, for a public and a private part."))
    models = BaseModel.objects.filter(slug__in=limits.base_models)
    speeds = {model.slug: speed for model in models if (speed := model.measured_speed(bundle.task.id))}
    items, cost = len(bundle.test) + len(bundle.validation), files.mean_cost
    if bundle.task.unit == "tokens":
        cost = min(cost, TrainingArguments().max_length)  # the base score reads no more than that
    for path, message in too_slow(limits, speeds, items=items, mean_cost=cost):
        inspection.add(("limits", *path), message)
    if inspection.problems:
        raise ProblemsFound(inspection.problems.all())


def _import(order: Order, files: DataFiles) -> ImportedChallenge:
    if _known_version(order.bundle, files) is not None:
        return _save_rows(order, files, prefix="")
    prefix = f"{order.bundle.challenge.slug}/{new_prefix()}"
    with stored(files, prefix):
        return _save_rows(order, files, prefix=prefix)


def _known_version(bundle: Bundle, files: DataFiles) -> ChallengeData | None:
    versions = ChallengeData.objects.filter(challenge__slug=bundle.challenge.slug, sha256=files.sha256)
    return versions.order_by("version").first()


@transaction.atomic
def _save_rows(order: Order, files: DataFiles, *, prefix: str) -> ImportedChallenge:
    """`prefix` is where the files of a new version are. Raises `Conflict` where one was made meanwhile."""
    order = replace(order, hackathon=Hackathon.objects.select_for_update().get(pk=order.hackathon.pk))
    bundle, now = order.bundle, db_now()
    noticed = order.said([*challenge_warnings(bundle.challenge, order.hackathon, now)])
    changes = _agreed_changes(order, now)  # again: a phase may have opened since
    challenge, is_new = _upsert_challenge(bundle, order.hackathon, publish=order.publish)
    data = _known_version(bundle, files)
    if (data is None) != bool(prefix):
        raise Conflict(_("Somebody else imported this challenge at the same time."), hint=_("Import it again."))
    if data is None:
        data = _create_data(bundle, challenge, files, prefix)
    step = default_display_step(bundle.challenge.primary_metric, files.public_targets)
    write_phases(bundle.challenge.phases, order.hackathon, data, step, changes, now)
    notes = split_warnings(data, public=files.public_targets, private=files.private_targets)
    warnings = [*map(str, sorted([*noticed, *order.inspection.problems.warnings()])), *notes]
    return ImportedChallenge(
        challenge=challenge,
        data=data,
        is_new_challenge=is_new,
        is_new_version=bool(prefix),
        changes=[str(change) for change in sorted(order.said([*changes.for_teams, *changes.others]))],
        notes=[*(str(kept) for kept in sorted(order.said(changes.kept))), *warnings],
    )


def _agreed_changes(order: Order, now: datetime) -> Changes:
    """Raises `ProblemsFound`, or `NeedsConsent` where somebody has to say yes first."""
    changes = find_changes(order.bundle.challenge, order.hackathon, now)
    if changes.problems:
        raise ProblemsFound(order.said(changes.problems))
    if changes.for_teams and not order.agreed:
        raise NeedsConsent(order.said([*changes.for_teams, *changes.others]))
    return changes


def _check_against_database(inspection: Inspection, hackathon: Hackathon, now: datetime) -> None:
    """Whatever can be said of what was read, be the rest in order or not."""
    spec, limits, task = inspection.spec, inspection.spec.limits, TASKS.get(inspection.spec.task)
    for path, message in limit_misfits(task, limits, enabled_models()):
        inspection.add(("limits", *path), message)
    if task is not None and spec.limits_are_sound and inspection.train_examples:
        cost = least_cost(task)
        for path, message in too_many_steps(task, limits, examples=inspection.train_examples, least_cost=cost):
            inspection.add(("limits", *path), message)
    existing = Challenge.objects.filter(slug=spec.slug).first() if spec.slug else None
    if existing is not None and existing.hackathon_id != hackathon.pk:
        inspection.add(("slug",), _("Another hackathon has a challenge of this slug."))
    elif existing is not None and task is not None and existing.task != task.id and existing.data_versions.exists():
        inspection.add(("task",), _("The task of a challenge that has data cannot change: choose a new slug."))
    for path, message in change_problems(spec, hackathon, now):
        inspection.add(path, message)


def _upsert_challenge(bundle: Bundle, hackathon: Hackathon, *, publish: bool) -> tuple[Challenge, bool]:
    spec = bundle.challenge
    values: dict[str, Any] = {
        "hackathon": hackathon,
        "title": spec.title,
        "summary": spec.summary,
        "description": spec.description,
        "task": spec.task,
        "primary_metric": spec.primary_metric,
        "limits": spec.limits.model_dump(mode="json"),
    }
    if spec.shows_data is not None:
        values["shows_data"] = spec.shows_data
    if publish:
        values["is_published"] = True
    return Challenge.objects.update_or_create(slug=spec.slug, defaults=values)


def _create_data(bundle: Bundle, challenge: Challenge, files: DataFiles, prefix: str) -> ChallengeData:
    version = (challenge.data_versions.aggregate(last=Max("version"))["last"] or 0) + 1
    manifest = DatasetManifest(
        task=bundle.challenge.task,
        version=str(version),
        labels=bundle.labels,
        train_examples=len(bundle.train),
        validation_examples=len(bundle.validation),
        test_examples=len(bundle.test),
        max_new_tokens=bundle.challenge.max_new_tokens,
    )
    return ChallengeData.objects.create(
        challenge=challenge,
        version=version,
        sha256=files.sha256,
        prefix=prefix,
        manifest=manifest.model_dump(mode="json"),
        files=files.listing,
        mean_cost=files.mean_cost,
        public_count=files.public_count,
        private_count=files.private_count,
        license=bundle.challenge.license,
        source=bundle.challenge.source,
        facts=files.facts.model_dump(mode="json"),
    )
