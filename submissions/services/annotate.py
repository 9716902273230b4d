"""What a team writes on its submissions: the note and the tags. Neither changes a run or a rank."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from hackathon.errors import NotAllowed, NotFound
from hackathon.models import User
from submissions.models import Submission, Tag
from submissions.tags import read_tags
from teams.selectors import teams_of


def annotate_submission(
    *, submission: Submission, user: User, note: str | None = None, tags: Sequence[str] | None = None
) -> Submission:
    """Replace the note, the tags or both; None leaves it as it is. Needs a `note` that fits its field.

    Raises `NotAllowed` for who is not in the team now, and `Invalid` for tags that cannot be used.
    """
    require_teammate(submission, user)
    names = None if tags is None else read_tags(tags)
    with transaction.atomic():
        locked = Submission.objects.select_for_update().filter(pk=submission.pk).first()
        if locked is None:
            raise NotFound
        if note is not None:
            locked.note = submission.note = note
            locked.save(update_fields=["note"])
        if names is not None:
            set_tags(locked, names)
    return submission


def set_tags(submission: Submission, names: Sequence[str]) -> None:
    """Make these its tags, in this order. They have gone through `read_tags`; needs a transaction."""
    submission.tags.all().delete()
    Tag.objects.bulk_create(
        Tag(submission=submission, name=name, position=position) for position, name in enumerate(names)
    )


def require_teammate(submission: Submission, user: User) -> None:
    """Raises `NotAllowed`: organizers read a team's submissions and leave them alone."""
    if not teams_of(user).filter(pk=submission.team_id).exists():
        raise NotAllowed(
            _("Only the team itself may change this."), hint=_("Ask a member of the team."), code="not_your_team"
        )
