"""What an organizer should know of the public and the private part of a test set. No sentence names a hidden label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from hackathon.answers import answers_of
from hackathon.models import ChallengeData


def split_warnings(data: ChallengeData, *, public: Sequence[Any], private: Sequence[Any]) -> list[str]:
    """`public` and `private` are the targets of the two parts."""
    return [*small_test_warnings(data), *_missing_labels(data, public, private)]


def _missing_labels(data: ChallengeData, public: Sequence[Any], private: Sequence[Any]) -> list[str]:
    spec = data.challenge.task_spec
    if spec.output not in {"class", "labels"} or data.challenge.primary_metric != "f1_macro":
        return []
    names_in = answers_of(spec.output).names_in
    labels = set(data.dataset_manifest.labels)
    notes = []
    for name, targets in ((_("public"), public), (_("private"), private)):
        if missing := len(labels - {name for target in targets for name in names_in(target)}):
            message = _(
                "%(count)d of %(labels)d labels have no item in the %(part)s part of the test set: each counts 0 in"
                " its macro F1, whatever a team answers. Add items, or choose accuracy."
            )
            notes.append(message % {"count": missing, "labels": len(labels), "part": name})
    return notes


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
