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

from hackathon.bundles.challenge import PhaseSpec
from hackathon.bundles.problems import ProblemsFound
from hackathon.bundles.reading import Bundle, Inspection, inspect_bundle
from hackathon.clock import db_now
from hackathon.errors import Conflict
from hackathon.models import BaseModel, Challenge, ChallengeData, Hackathon, Phase
from hackathon.models.challenge import new_prefix
from training_worker.contract.tasks import TASKS
from training_worker.contract.tasks.spec import TEST
from training_worker.contract.wire import DatasetManifest

from .challenge_fit import misfits
from .data_files import DataFiles, data_files
from .display_step import default_display_step
from .store_data import stored


@dataclass(frozen=True)
class ImportedChallenge:
    """What an import did. `notes` are for the organizer to read: what was kept as it is, what to be careful of."""

    challenge: Challenge
    data: ChallengeData
    is_new_challenge: bool
    is_new_version: bool
    notes: list[str]


def import_challenge(*, folder: Path, hackathon: Hackathon, publish: bool = False) -> ImportedChallenge:
    """Import the bundle in `folder` into `hackathon`. Raises `ProblemsFound`, importing nothing.

    Idempotent: the same content gives the same data version; a challenge of the same slug is updated. A phase that has
    opened keeps its start, its data version and its precision. Needs the label store (role `manage` or `scorer`).
    Files are written first, all rows in one transaction after them.
    """
    inspection = inspect_bundle(folder)
    _check_against_database(inspection, hackathon)
    if inspection.bundle is None or inspection.problems:
        raise ProblemsFound(inspection.problems.all())
    with TemporaryDirectory() as scratch:
        files = data_files(inspection.bundle, secret=bytes.fromhex(hackathon.secret), folder=Path(scratch))
        if not (files.public_count and files.private_count):
            inspection.problems.add(TEST, 0, _("There are too few items, or groups, for a public and a private part."))
            raise ProblemsFound(inspection.problems.all())
        done = _import(inspection.bundle, files, hackathon, publish=publish)
    return replace(done, notes=[*done.notes, *map(str, inspection.problems.warnings())])


def _import(bundle: Bundle, files: DataFiles, hackathon: Hackathon, *, publish: bool) -> ImportedChallenge:
    if _known_version(bundle, files) is not None:
        return _save_rows(bundle, files, hackathon, prefix="", publish=publish)
    prefix = f"{bundle.challenge.slug}/{new_prefix()}"
    with stored(files, prefix):
        return _save_rows(bundle, files, hackathon, prefix=prefix, publish=publish)


def _known_version(bundle: Bundle, files: DataFiles) -> ChallengeData | None:
    versions = ChallengeData.objects.filter(challenge__slug=bundle.challenge.slug, sha256=files.sha256)
    return versions.order_by("version").first()


@transaction.atomic
def _save_rows(
    bundle: Bundle, files: DataFiles, hackathon: Hackathon, *, prefix: str, publish: bool
) -> ImportedChallenge:
    """`prefix` is where the files of a new version are. Raises `Conflict` where one was made meanwhile."""
    Hackathon.objects.select_for_update().get(pk=hackathon.pk)
    challenge, is_new = _upsert_challenge(bundle, hackathon, publish=publish)
    data = _known_version(bundle, files)
    if (data is None) != bool(prefix):
        raise Conflict(_("Somebody else imported this challenge at the same time."), hint=_("Import it again."))
    if data is None:
        data = _create_data(bundle, challenge, files, prefix)
    step = default_display_step(bundle.challenge.primary_metric, files.public_targets)
    notes = _upsert_phases(bundle.challenge.phases, challenge, data, step)
    return ImportedChallenge(challenge, data, is_new, bool(prefix), [*notes, *small_test_warnings(data)])


def _check_against_database(inspection: Inspection, hackathon: Hackathon) -> None:
    spec = inspection.spec.challenge
    if spec is None:
        return
    enabled = {model.slug: model.model_facts for model in BaseModel.objects.filter(is_enabled=True)}
    for index, slug in enumerate(spec.limits.base_models):
        if slug not in enabled:
            message = _("There is no enabled base model “%(slug)s”. Enabled: %(names)s.")
            names = ", ".join(sorted(enabled)) or "–"
            inspection.add(("limits", "base_models", index), message % {"slug": slug, "names": names})
    for path, message in misfits(TASKS[spec.task], spec.limits, enabled):
        inspection.add(("limits", *path), message)
    existing = Challenge.objects.filter(slug=spec.slug).first()
    if existing is not None and existing.hackathon_id != hackathon.pk:
        inspection.add(("slug",), _("Another hackathon has a challenge of this slug."))
    elif existing is not None and existing.task != spec.task and existing.data_versions.exists():
        inspection.add(("task",), _("The task of a challenge that has data cannot change: choose a new slug."))
    for index, phase in enumerate(spec.phases):
        opens_at, closes_at = _window(phase, hackathon)
        if opens_at >= closes_at:
            inspection.add(
                ("phases", index), _("With the hackathon's own times the phase would close before it opens.")
            )


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
    )


def _upsert_phases(specs: Sequence[PhaseSpec], challenge: Challenge, data: ChallengeData, step: float) -> list[str]:
    """`step` is that of public scores where a spec names none."""
    now, notes = db_now(), []
    for spec in specs:
        phase = Phase.objects.filter(challenge=challenge, name=spec.name).first()
        if phase is None:
            phase = Phase(challenge=challenge, name=spec.name, data=data)
            _describe(phase, spec, data, step)
        elif phase.opens_at > now:
            _describe(phase, spec, data, step)
        elif phase.data_id != data.pk or phase.precision != spec.precision:
            notes.append(
                _("The phase “%(name)s” has opened: it keeps data version %(version)d and %(precision)s.")
                % {"name": phase.name, "version": phase.data.version, "precision": phase.precision}
            )
        phase.closes_at = _window(spec, challenge.hackathon)[1]
        phase.per_day, phase.total = spec.quota.per_day, spec.quota.total
        phase.at_once, phase.compute_seconds = spec.quota.at_once, spec.quota.compute_seconds
        phase.save()
    return notes


def _describe(phase: Phase, spec: PhaseSpec, data: ChallengeData, step: float) -> None:
    """What may change only until the phase opens."""
    phase.opens_at = _window(spec, data.challenge.hackathon)[0]
    phase.data = data
    phase.precision = spec.precision
    phase.display_step = spec.display_step or step


def _window(spec: PhaseSpec, hackathon: Hackathon) -> tuple[datetime, datetime]:
    return spec.opens_at or hackathon.starts_at, spec.closes_at or hackathon.ends_at


def small_test_warnings(data: ChallengeData) -> list[str]:
    """What an organizer should know of a small test set."""
    counts = {"public": data.public_count, "private": data.private_count}
    if data.public_count < 300 or data.private_count < 700:
        return [
            _("The test set is small (%(public)d public, %(private)d private): a board over it says little.") % counts
        ]
    if data.public_count < 1000 or data.private_count < 2000:
        return [_("With %(public)d public and %(private)d private test items small differences are luck.") % counts]
    return []
