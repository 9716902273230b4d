"""Filling the demo's database; every step finds what an earlier start has made and doubles nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.db import transaction

from hackathon.accounts.services import verify_mailbox
from hackathon.accounts.tokens import create_api_token, find_api_token
from hackathon.clock import db_now
from hackathon.enums import Role, Visibility
from hackathon.models import ApiToken, Challenge, Hackathon, Organization, Participation, User
from hackathon.selectors import find_person
from hackathon.services.import_challenge import ImportedChallenge, import_challenge
from hackathon.services.import_model import import_model
from hackathon.services.organizers import make_organizer
from submissions.models import Submission
from submissions.services.nodes import create_enrolment_token
from submissions.services.submit import submit_config
from teams.models import Membership, Team
from teams.services.membership import add_member, create_team

from . import people
from .credentials import Credentials
from .recipe import Event, Recipe

WINDOW = timedelta(hours=48)
BEGUN = timedelta(hours=1)
TOKEN_NAME = "demo"  # noqa: S105


def seed_people(credentials: Credentials, *, event: Event, needs_worker: bool) -> Credentials:
    """Organizations, people, hackathon, teams; returns the credentials with what was made new. One transaction."""
    with transaction.atomic():
        for name, kind in people.ORGANIZATIONS.items():
            Organization.objects.get_or_create(name=name, defaults={"kind": kind})
        hackathon = _seed_hackathon(event)
        password = _Password(credentials.password)
        admin = _person(people.ADMIN, password)
        User.objects.filter(pk=admin.pk).update(is_staff=True, is_superuser=True)
        organizer = _person(people.ORGANIZER, password)
        _take_part(organizer, hackathon, Role.ORGANIZER)
        make_organizer(user=organizer)
        for judge in people.JUDGES:
            _take_part(_person(judge, password), hackathon, Role.JUDGE)
        for team in people.TEAMS:
            _seed_team(team, hackathon, password)
        speakers = [people.ORGANIZER, *(team.people[0] for team in people.TEAMS)]
        tokens = {person.email: _token(person, credentials.tokens.get(person.email, "")) for person in speakers}
        enrolment = create_enrolment_token() if needs_worker else ""
    return Credentials(password=credentials.password, tokens=tokens, enrolment_token=enrolment)


def _seed_hackathon(event: Event) -> Hackathon:
    """Running now and for the next day at least: a demo that was put away for a week goes on where it was."""
    now = db_now()
    hackathon, _created = Hackathon.objects.get_or_create(
        slug=event.slug,
        defaults={
            "name": event.name,
            "tagline": event.tagline,
            "description": event.description,
            "visibility": Visibility.PUBLIC,
            "starts_at": now - BEGUN,
            "ends_at": now - BEGUN + WINDOW,
        },
    )
    if hackathon.ends_at < now + WINDOW / 2:
        hackathon.ends_at = now - BEGUN + WINDOW
        hackathon.save(update_fields=["ends_at"])
    return hackathon


class _Password:
    """Hashes the password of all demo people once, and only if somebody new needs it: it takes half a second."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._hash = ""

    def hash(self) -> str:
        self._hash = self._hash or make_password(self._text)
        return self._hash


def _person(person: people.Person, password: _Password) -> User:
    user = find_person(person.email)
    if user is None:
        user = User.objects.create(
            email=person.email,
            name=person.name,
            organization=Organization.objects.get(name=person.organization),
            password=password.hash(),
        )
    verify_mailbox(user=user)
    return user


def _take_part(user: User, hackathon: Hackathon, role: Role) -> None:
    defaults = {"role": role, "organization": user.organization}
    Participation.objects.get_or_create(user=user, hackathon=hackathon, defaults=defaults)


def _seed_team(team: people.TeamOf, hackathon: Hackathon, password: _Password) -> None:
    people = [_person(person, password) for person in team.people]
    for user in people:
        _take_part(user, hackathon, Role.PARTICIPANT)
    row = Team.objects.filter(hackathon=hackathon, name=team.name).first()
    if row is None:
        row = create_team(user=people[0], hackathon=hackathon, name=team.name)
    for user in people[1:]:
        if not Membership.objects.filter(user=user, hackathon=hackathon).exists():
            add_member(team=row, user=user)


def _token(person: people.Person, kept: str) -> str:
    """The kept token if it still opens the API, else a new one in place of the old."""
    user = find_person(person.email)
    assert user is not None
    row = find_api_token(kept) if kept else None
    if row is not None and row.user_id == user.pk:
        return kept
    ApiToken.objects.filter(user=user, name=TOKEN_NAME, revoked_at__isnull=True).update(revoked_at=db_now())
    return create_api_token(user=user, name=TOKEN_NAME)[1]


def seed_challenge(*, event: Event, model: Path, bundle: Path) -> ImportedChallenge:
    """Register the converted model and import the bundle."""
    import_model(folder=model)
    hackathon = Hackathon.objects.get(slug=event.slug)
    return import_challenge(folder=bundle, hackathon=hackathon, publish=True)


def seed_baseline(recipe: Recipe) -> Submission:
    """The organizers' own run, shown unranked. It waits behind the teams' runs."""
    challenge = Challenge.objects.select_related("hackathon").get(slug=recipe.slug)
    reserved = {"hackathon": challenge.hackathon, "is_reserved": True}
    team, _created = Team.objects.get_or_create(**reserved, defaults={"name": people.BASELINE_TEAM})
    phase = challenge.phases.select_related("challenge__hackathon", "data").get(name="Main")
    return submit_config(
        author=None, team=team, phase=phase, config=recipe.baseline, note=recipe.baseline_note
    ).submission
