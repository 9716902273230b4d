"""The admin: every model opens; states and scores are read, not edited; actions go through the services."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from evaluation.models import Reference
from evaluation.services.board_visibility import set_board_visibility
from hackathon.accounts.tokens import find_api_token
from hackathon.enums import ScoreVisibility
from hackathon.models import ApiToken, Phase, User
from hackathon.services.heartbeat import SITE, beat
from submissions.enums import JobState
from submissions.models import Job, Loss, ProgressChunk
from tests.evaluation.scored import make_result, submit
from tests.factories import PASSWORD, ChallengeFactory, PhaseFactory, World, make_node
from tests.pages import browser_of, html

OURS = [
    model
    for name in ("hackathon", "teams", "submissions", "evaluation")
    for model in apps.get_app_config(name).get_models()
]


@pytest.fixture
def chief(world: World) -> Client:
    world.organizer.is_staff = world.organizer.is_superuser = True
    world.organizer.save()
    return browser_of(world, "organizer")


def staff(world: World, who: str) -> Client:
    """Staff with every permission, yet no superuser."""
    user: User = getattr(world, who)
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.all())
    return browser_of(world, who)


def url(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def ask(client: Client, action: str, *rows: Any) -> str:
    """The page that says what an action will do; nothing is done yet."""
    body = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    return html(client.post(url(type(rows[0]), "changelist"), body, follow=True))


def act(client: Client, action: str, *rows: Any, **fields: str) -> str:
    """Confirm it."""
    body = {"action": action, "_selected_action": [str(row.pk) for row in rows], "confirmed": "yes", **fields}
    return html(client.post(url(type(rows[0]), "changelist"), body, follow=True))


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_model_has_a_list_and_a_page(world: World, chief: Client, model: Any) -> None:
    make_result(world, team=world.team, public=0.8)
    job = submit(world)
    ProgressChunk.objects.create(job=job, attempt=1, seq=1)
    Reference.objects.create(
        data=world.data, name="r", metric="accuracy", public_score=0.7, public_se=0.1, private_score=0.7, private_se=0.1
    )
    node, _token = make_node()
    Loss.objects.create(job=job, node=node, attempt=1, at=timezone.now())
    beat(SITE)
    assert model in admin.site._registry
    assert (
        chief.get(url(model, "changelist"), {"q": "x"} if admin.site._registry[model].search_fields else {}).status_code
        == 200
    )
    assert chief.get(url(model, "changelist")).status_code == 200
    row = model._default_manager.first()
    if row is not None and admin.site._registry[model].has_view_permission(chief.get("/").wsgi_request, row):
        assert chief.get(url(model, "change", row.pk)).status_code == 200
    added = chief.get(url(model, "add")).status_code
    assert added == (200 if admin.site._registry[model].has_add_permission(chief.get("/").wsgi_request) else 403)


def test_a_jobs_state_cannot_be_posted(world: World, chief: Client) -> None:
    job = submit(world)
    assert chief.post(url(Job, "change", job.pk), {"state": "succeeded"}).status_code == 403
    assert chief.post(url(Job, "delete", job.pk), {"post": "yes"}).status_code == 403
    job.refresh_from_db()
    assert job.state == JobState.QUEUED


def test_quarantined_jobs_are_moved_with_a_reason(world: World, chief: Client) -> None:
    job = submit(world)
    Job.objects.filter(pk=job.pk).update(state=JobState.QUARANTINED, losses=5)
    assert "This field is required." in act(chief, "requeue", job)
    job.refresh_from_db()
    assert job.state == JobState.QUARANTINED
    assert "1 job is queued again." in act(chief, "requeue", job, reason="node was broken")
    job.refresh_from_db()
    assert (job.state, job.losses) == (JobState.QUEUED, 0)
    event = job.events.get(from_state=JobState.QUARANTINED)
    assert (event.reason, event.actor) == ("node was broken", "Organizer")
    assert "not in quarantine" in act(chief, "drop", job, reason="x")


def test_private_scores_are_for_superusers_and_once_released_for_organizers(world: World, chief: Client) -> None:
    result = make_result(world, team=world.team, public=0.8123, private=0.6543)
    reference = Reference.objects.create(
        data=world.data,
        name="r",
        metric="accuracy",
        public_score=0.7,
        public_se=0.1,
        private_score=0.6543,
        private_se=0.1,
    )
    for row in (result, reference):
        page = url(type(row), "change", row.pk)
        assert "0.6543" in html(chief.get(page))
        assert "0.6543" not in html(staff(world, "judge").get(page))
    type(world.organizer).objects.filter(pk=world.organizer.pk).update(is_superuser=False)
    world.organizer.refresh_from_db()
    organizer = staff(world, "organizer")
    for row in (result, reference):
        assert "0.6543" not in html(organizer.get(url(type(row), "change", row.pk)))
    set_board_visibility(phase=world.phase, visibility=ScoreVisibility.RELEASED)
    for row in (result, reference):
        assert "0.6543" in html(organizer.get(url(type(row), "change", row.pk)))
        assert "0.6543" not in html(staff(world, "judge").get(url(type(row), "change", row.pk)))
    assert "0.6543" not in html(staff(world, "judge").get(url(type(result), "changelist")))


def test_publishing_needs_a_phase(world: World, chief: Client) -> None:
    empty = ChallengeFactory(hackathon=world.hackathon, is_published=False)
    world.challenge.is_published = False
    world.challenge.save()
    text = act(chief, "publish", empty, world.challenge)
    assert "has no phase yet" in text
    assert "1 challenge published." in text
    empty.refresh_from_db()
    world.challenge.refresh_from_db()
    assert (empty.is_published, world.challenge.is_published) == (False, True)


def test_an_api_token_is_shown_once_and_its_digest_never(world: World, chief: Client) -> None:
    body = {
        "user": str(world.captain.pk),
        "name": "from the admin",
        "scope": "submit",
        "expires_at_0": "",
        "expires_at_1": "",
    }
    text = html(chief.post(url(ApiToken, "add"), body, follow=True))
    token = text.split("not shown again: ")[1].split("<")[0].strip()
    row = find_api_token(token)
    assert row is not None
    assert row.user == world.captain
    for page in (url(ApiToken, "changelist"), url(ApiToken, "change", row.pk)):
        text = html(chief.get(page))
        assert row.digest not in text
        assert token not in text
    act(chief, "revoke", row)
    assert find_api_token(token) is None


def test_one_account_per_mailbox(world: World, chief: Client) -> None:
    body = {
        "email": f"  {world.captain.email.upper()}",
        "name": "Twin",
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "participations-TOTAL_FORMS": "0",
        "participations-INITIAL_FORMS": "0",
    }
    assert "An account with this e-mail address already exists." in html(chief.post(url(User, "add"), body))
    assert not User.objects.filter(name="Twin").exists()
    chief.post(url(User, "add"), body | {"email": "twin@example.org"})
    assert User.objects.get(name="Twin").email_key == "twin@example.org"


def test_releasing_scores_needs_a_reason_and_the_challenges_slug(world: World, chief: Client) -> None:
    """The wrong private scores were once released among challenges of one title."""
    other = PhaseFactory(challenge=ChallengeFactory(hackathon=world.hackathon, title=world.challenge.title))
    asked = ask(chief, "release", world.phase)
    for said in ("cannot be taken back", f"{world.challenge.slug} · {world.hackathon.name}", "to confirm"):
        assert said in asked
    assert other.challenge.slug not in asked
    slug = world.challenge.slug
    assert "This field is required." in act(chief, "release", world.phase, typed=slug)
    assert "The text does not match." in act(chief, "release", world.phase, reason="x", typed=other.challenge.slug)
    both = act(chief, "release", world.phase, other, reason="x", typed=slug)
    assert "choose one row at a time" in both
    assert set(Phase.objects.values_list("score_visibility", flat=True)) == {ScoreVisibility.LIVE}
    act(chief, "release", world.phase, reason="the ceremony", typed=slug)
    world.phase.refresh_from_db()
    assert world.phase.score_visibility == ScoreVisibility.RELEASED


def test_a_revoked_node_stays_revoked(world: World, chief: Client) -> None:
    node, _token = make_node()
    act(chief, "revoke", node, reason="stolen")
    node.refresh_from_db()
    first = node.revoked_at
    assert first is not None
    act(chief, "revoke", node, reason="stolen")
    node.refresh_from_db()
    assert node.revoked_at == first


@pytest.mark.parametrize("who", ["captain", "outsider", "anonymous"])
def test_the_admin_is_for_staff(world: World, who: str) -> None:
    assert browser_of(world, who).get("/admin/")["Location"].startswith("/admin/login/")
