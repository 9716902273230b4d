"""Who sees every team's submissions in the admin competes nowhere, whichever came first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from hackathon.enums import Role
from hackathon.errors import NotAllowed
from hackathon.models import Hackathon, Participation, User
from hackathon.services.organizers import make_organizer
from teams.services.roster import change_participation
from tests.factories import World
from tests.pages import browser_of

pytestmark = pytest.mark.django_db


def test_an_organizer_of_the_admin_does_not_join(world: World) -> None:
    make_organizer(user=world.outsider)
    assert browser_of(world, "outsider").post(f"/h/{world.hackathon.slug}/join/").status_code == 403
    assert not Participation.objects.filter(user=world.outsider).exists()


def test_an_organizer_of_the_admin_is_not_made_a_participant(world: World) -> None:
    make_organizer(user=world.judge)
    judge = Participation.objects.select_related("user").get(user=world.judge)
    with pytest.raises(NotAllowed):
        change_participation(participation=judge, role=Role.PARTICIPANT, organization=None)
    change_participation(participation=judge, role=Role.MENTOR, organization=None)


def test_who_competes_gets_no_access_to_the_admin(world: World) -> None:
    with pytest.raises(NotAllowed, match="competes in") as caught:
        make_organizer(user=world.captain)
    assert caught.value.code == "competes"
    assert not User.objects.get(pk=world.captain.pk).is_staff
    past = timezone.now() - timedelta(seconds=1)
    Hackathon.objects.update(starts_at=past - timedelta(hours=1), ends_at=past)
    make_organizer(user=world.captain)
    assert User.objects.get(pk=world.captain.pk).is_staff


def test_other_staff_competes(world: World) -> None:
    User.objects.filter(pk=world.outsider.pk).update(is_staff=True)
    world.outsider.user_permissions.add(Permission.objects.get(codename="view_organization"))
    joined = browser_of(world, "outsider").post(f"/h/{world.hackathon.slug}/join/", {"stands_for": "alone"})
    assert joined.status_code == 302
