"""Bringing a bundle in: challenge, phases and one immutable data version, or every problem and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from hackathon.bundles.challenge import PhaseSpec
from hackathon.bundles.checks import TEST
from hackathon.bundles.problems import ProblemsFound
from hackathon.bundles.reading import Bundle, Inspection, inspect_bundle
from hackathon.clock import db_now
from hackathon.files.storage import storage
from hackathon.models import BaseModel, Challenge, ChallengeData, Hackathon, Phase
from training_worker.contract.wire import DatasetManifest

from .data_files import DataFiles, data_files

BASELINE_GUESS = 0.8
STEPS = (0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001)


@dataclass(frozen=True)
class ImportedChallenge:
    """What an import did. `notes` are for the organizer to read: what was kept as it is, what to be careful of."""

    challenge: Challenge
    data: ChallengeData
    is_new_challenge: bool
    is_new_version: bool
    notes: list[str]


def import_challenge(*, folder: Path, hackathon: Hackathon, publish: bool = False) -> ImportedChallenge:
    """Import the bundle in `folder` into `hackathon`, in one transaction. Raises `ProblemsFound`, importing nothing.

    Idempotent: the same content gives the same data version; a challenge of the same slug is updated. A phase that has
    opened keeps its start, its data version and its precision. Needs the label store (role `manage` or `scorer`).
    """
    inspection = inspect_bundle(folder)
    _check_against_database(inspection, hackathon)
    if inspection.bundle is None or inspection.problems:
        raise ProblemsFound(inspection.problems.all())
    bundle = inspection.bundle
    files = data_files(bundle, secret=bytes.fromhex(hackathon.secret))
    if not (files.public_count and files.private_count):
        inspection.problems.add(TEST, 0, _("There are too few items, or groups, for a public and a private part."))
        raise ProblemsFound(inspection.problems.all())
    with transaction.atomic():
        Hackathon.objects.select_for_update().get(pk=hackathon.pk)
        challenge, is_new = _upsert_challenge(bundle, hackathon, publish=publish)
        data, is_new_version = _upsert_data(bundle, challenge, files)
        notes = _upsert_phases(bundle.challenge.phases, challenge, data)
        if is_new_version:
            _store(data, files)
    return ImportedChallenge(challenge, data, is_new, is_new_version, [*notes, *small_test_warnings(data)])


def _check_against_database(inspection: Inspection, hackathon: Hackathon) -> None:
    spec = inspection.spec.challenge
    if spec is None:
        return
    enabled = set(BaseModel.objects.filter(is_enabled=True).values_list("slug", flat=True))
    for index, slug in enumerate(spec.limits.base_models):
        if slug not in enabled:
            message = _("There is no enabled base model “%(slug)s”. Enabled: %(names)s.")
            names = ", ".join(sorted(enabled)) or "–"
            inspection.add(("limits", "base_models", index), message % {"slug": slug, "names": names})
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


def _upsert_data(bundle: Bundle, challenge: Challenge, files: DataFiles) -> tuple[ChallengeData, bool]:
    existing = challenge.data_versions.filter(sha256=files.sha256).order_by("version").first()
    if existing is not None:
        return existing, False
    version = (challenge.data_versions.aggregate(last=Max("version"))["last"] or 0) + 1
    manifest = DatasetManifest(
        task=bundle.challenge.task,
        version=str(version),
        labels=bundle.labels,
        train_examples=len(bundle.train),
        validation_examples=len(bundle.validation),
        test_examples=len(bundle.test),
    )
    data = ChallengeData.objects.create(
        challenge=challenge,
        version=version,
        sha256=files.sha256,
        manifest=manifest.model_dump(mode="json"),
        files=files.listing(),
        mean_cost=files.mean_cost,
        public_count=files.public_count,
        private_count=files.private_count,
        license=bundle.challenge.license,
        source=bundle.challenge.source,
    )
    return data, True


def _store(data: ChallengeData, files: DataFiles) -> None:
    """Write the files of a version that is not committed yet, all or none; what a killed import left is replaced."""
    every = [("datasets", name, body) for name, body in files.shared.items()]
    every += [("labels", name, body) for name, body in files.secret.items()]
    try:
        for alias, name, body in every:
            storage(alias).delete(f"{data.prefix}/{name}")
            storage(alias).save(f"{data.prefix}/{name}", ContentFile(body))
    except BaseException:
        for alias, name, _body in every:
            storage(alias).delete(f"{data.prefix}/{name}")
        raise


def _upsert_phases(specs: Sequence[PhaseSpec], challenge: Challenge, data: ChallengeData) -> list[str]:
    now, notes = db_now(), []
    for spec in specs:
        phase = Phase.objects.filter(challenge=challenge, name=spec.name).first()
        if phase is None:
            phase = Phase(challenge=challenge, name=spec.name, data=data)
            _describe(phase, spec, data)
        elif phase.opens_at > now:
            _describe(phase, spec, data)
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


def _describe(phase: Phase, spec: PhaseSpec, data: ChallengeData) -> None:
    """What may change only until the phase opens."""
    phase.opens_at = _window(spec, data.challenge.hackathon)[0]
    phase.data = data
    phase.precision = spec.precision
    phase.display_step = spec.display_step or default_display_step(data.public_count)


def _window(spec: PhaseSpec, hackathon: Hackathon) -> tuple[datetime, datetime]:
    return spec.opens_at or hackathon.starts_at, spec.closes_at or hackathon.ends_at


def default_display_step(public_count: int) -> float:
    """The largest 1-2-5 step ≤ SE/2 of a baseline at `BASELINE_GUESS`, as no baseline has run yet."""
    half = (BASELINE_GUESS * (1 - BASELINE_GUESS) / public_count) ** 0.5 / 2
    return next((step for step in STEPS if step <= half), STEPS[-1])


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
