"""One more row of everything that the admin lists."""

from __future__ import annotations

from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.utils import timezone

from evaluation.models import Reference
from hackathon.accounts.tokens import create_api_token
from hackathon.models import Heartbeat
from hackathon.models.mail import OutgoingMail
from submissions.enums import JobState
from submissions.models import EnrolmentToken, IdempotencyKey, JobEvent, Loss, ProgressChunk, Quota, Tag, Withdrawal
from submissions.services.nodes import create_enrolment_token
from teams.models import Invitation
from tests.evaluation.scored import make_result, store_output
from tests.factories import (
    BaseModelFactory,
    MembershipFactory,
    ParticipationFactory,
    PhaseFactory,
    World,
    make_node,
)


def add_one_of_each(world: World, number: int) -> None:
    """Hackathon, people, team and run are new; the run is of the world's phase."""
    now, name = timezone.now(), f"n{number}"
    member = MembershipFactory(team__name=f"Crowd {number}")
    user, team = member.user, member.team
    ParticipationFactory(user=user, hackathon=team.hackathon)
    phase = PhaseFactory(challenge__hackathon=team.hackathon)
    Reference.objects.create(
        data=phase.data, name=name, metric="accuracy", public_score=0, public_se=0, private_score=0, private_se=0
    )
    model = BaseModelFactory()
    create_api_token(user=user, name=name)
    Authenticator.objects.create(user=user, type="totp", data={})
    Group.objects.create(name=name)
    Heartbeat.objects.create(name=name, at=now, back_at=now)
    OutgoingMail.objects.create(sender="a@example.org", to=user.email, subject="Welcome")
    Invitation.objects.create(team=team, digest=name, created_by=user, used_by=user, expires_at=now + timedelta(days=1))
    node, _token = make_node(name)
    create_enrolment_token()
    assert EnrolmentToken.objects.filter(node=node).exists()
    result = make_result(world, team=team, public=0.8, model=model)
    job, submission = result.job, result.submission
    JobEvent.objects.create(job=job, at=now, to_state=JobState.QUEUED, attempt=0)
    Loss.objects.create(job=job, node=node, attempt=1, at=now)
    ProgressChunk.objects.create(job=job, attempt=1, seq=1)
    store_output(job, "report.json", name.encode())
    Quota.objects.create(team=team, phase=phase, cap_day=1, cap_total=1, cap_at_once=1, cap_compute=1)
    Tag.objects.create(submission=submission, name=name, key=name, position=0)
    Withdrawal.objects.create(
        submission=submission, withdrawn_at=now, withdrawn_by=user, restored_by=user, restored_at=now
    )
    IdempotencyKey.objects.create(user=user, key=name, submission=submission, was_created=True)
