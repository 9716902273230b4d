"""Rows of before have the keys of today after the migrations; those that share one are told apart."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps

import hackathon.migrations
import submissions.migrations
import teams.migrations
from hackathon.models import Organization, User
from hackathon.models.key import numbered
from submissions.models import Tag
from teams.models import Invitation, Team
from teams.services.invitations import create_invitation
from tests.evaluation.scored import submit
from tests.factories import OrganizationFactory, TeamFactory, UserFactory, World

pytestmark = pytest.mark.django_db


def migration(package: Any, end: str) -> Any:
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    (name,) = [name for name in names if name.endswith(end)]
    return import_module(f"{package.__name__}.{name}")


def test_the_oldest_team_has_the_key_and_a_renamed_one_its_own(world: World) -> None:
    names = ["Otter Lab", "otter  lab", "Otter\N{HANGUL FILLER} lab", "\N{HANGUL FILLER}", "\N{ZERO WIDTH SPACE}"]
    rows = [TeamFactory.create(hackathon=world.hackathon, name=f"x{n}") for n, _name in enumerate(names)]
    for row, name in zip(rows, names, strict=True):
        Team.objects.filter(pk=row.pk).update(name=name, name_key=f"old {name}")
    migration(teams.migrations, "_names_and_addresses").name_teams(apps, None)
    keys = [Team.objects.get(pk=row.pk).name_key for row in rows]
    assert keys == ["otter lab", "otter lab  2", "otter lab  3", "", "  2"]
    twin = Team.objects.get(pk=rows[1].pk)
    twin.save()
    assert twin.name_key == "otter lab  2"
    twin.name = "Otter house"
    twin.save()
    assert twin.name_key == "otter house"


def test_organizations_likewise() -> None:
    rows = [OrganizationFactory.create(name=f"x{n}") for n in range(2)]
    for row, name in zip(rows, ("Lab", "LAB"), strict=True):
        Organization.objects.filter(pk=row.pk).update(name=name)
    migration(hackathon.migrations, "_names_and_addresses").name_organizations(apps, None)
    assert [Organization.objects.get(pk=row.pk).name_key for row in rows] == ["lab", "lab  2"]


def test_addresses_get_their_one_spelling_and_nobody_loses_an_account(world: World) -> None:
    before = ["Ada@XN--STRAE-OQA.de", "ada@straße.de", "ada@strasse.de", "bea@i❤.example", "Cy@example.org"]
    users = [UserFactory.create() for _email in before]
    for user, email in zip(users, before, strict=True):
        User.objects.filter(pk=user.pk).update(email=email, email_key=f"old {email}")
        EmailAddress.objects.filter(user=user).update(email=email.lower())
    _row, _link = create_invitation(team=world.team, user=world.captain, email="x@example.org")
    Invitation.objects.update(email="Ada@xn--strae-oqa.de")
    module = migration(hackathon.migrations, "_names_and_addresses")
    module.spell_addresses(apps, None)
    module.spell_mailboxes(apps, None)
    migration(teams.migrations, "_names_and_addresses").spell_addresses(apps, None)
    assert [User.objects.values_list("email", "email_key").get(pk=user.pk) for user in users] == [
        ("Ada@XN--STRAE-OQA.de", "ada@straße.de"),
        ("ada@straße.de", "ada@straße.de  2"),
        ("ada@strasse.de", "ada@strasse.de"),
        ("bea@i❤.example", "bea@i❤.example"),
        ("cy@example.org", "cy@example.org"),
    ]
    kept = [EmailAddress.objects.get(user=user).email for user in users]
    assert kept == ["ada@xn--strae-oqa.de", *(email.lower() for email in before[1:])]
    assert Invitation.objects.get().email == "ada@straße.de"
    twin = User.objects.get(pk=users[1].pk)
    twin.save()  # as after a new password
    assert twin.email_key == "ada@straße.de  2"


def test_a_submission_keeps_the_first_of_two_tags_that_read_the_same(world: World) -> None:
    submission = submit(world).submission
    assert submission is not None
    for position, name in enumerate(["Sweep", "sweep\N{HANGUL FILLER}", "r8"]):
        Tag.objects.create(submission=submission, name=f"x{position}", position=position)
        Tag.objects.filter(name=f"x{position}").update(name=name, key=name.lower())
    migration(submissions.migrations, "_tag_keys").name_tags(apps, None)
    assert [(tag.name, tag.key) for tag in submission.tags.all()] == [("Sweep", "sweep"), ("r8", "r8")]


def test_a_number_fits_the_column() -> None:
    assert numbered("abcdef", {"abcdef", "abc  2"}, longest=6) == "abc  3"
