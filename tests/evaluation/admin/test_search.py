"""Searching the admin's lists: what is found, each row once, and the same where the text is common."""

from __future__ import annotations

from typing import Any

import pytest

from hackathon.admin.search import search
from hackathon.models import User
from submissions.models import Artifact, Job, Submission
from teams.models import Team
from tests.evaluation.scored import make_result, store_output
from tests.factories import MembershipFactory, TeamFactory, UserFactory, World

pytestmark = pytest.mark.django_db

TEAM = ("name", "memberships__user__name", "memberships__user__email")
RUN = ("number", "team__name", "config_hash__startswith", "note")


@pytest.fixture(params=[1000, 0], ids=["rare", "common"])
def _most(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every text counts as rare, and as common."""
    monkeypatch.setattr("hackathon.admin.search.MOST", request.param)


def found(model: Any, columns: tuple[str, ...], text: str) -> list[str]:
    return sorted(str(row) for row in search(model.objects.all(), columns, text))


@pytest.mark.usefixtures("_most")
@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("red otters", ["Red Otters", "The otters of Red"]),
        ("OTTERS red", ["Red Otters", "The otters of Red"]),
        ('"red otters"', ["Red Otters"]),
        ("'", []),
        ("tt", []),
        ("re", ["Red Otters"]),
        ("of re", []),
        ("of red", ["The otters of Red"]),
        ("水", ["水獭", "水獭队"]),
        ("獭队", []),
        ("水獭队", ["水獭队"]),
        ("100%", ["100% red"]),
        ("", ["100% red", "Otters", "Red Otters", "Rivals", "The otters of Red", "水獭", "水獭队"]),
        ("zzz", []),
        ("rival@", ["Rivals"]),
        ("otters captain", []),
    ],
)
def test_teams_are_found_by_all_words_in_one_column(world: World, text: str, names: list[str]) -> None:
    User.objects.filter(pk=world.rival.pk).update(email="rival@example.org")
    for name in ("Red Otters", "The otters of Red", "水獭", "水獭队", "100% red"):
        TeamFactory(hackathon=world.hackathon, name=name)
    assert found(Team, TEAM, text) == names


@pytest.mark.usefixtures("_most")
def test_a_team_is_found_once_by_several_members_and_its_name(world: World) -> None:
    for number in range(3):
        MembershipFactory(team=world.team, user=UserFactory(name=f"Otters {number}"))
    assert list(search(Team.objects.order_by("name"), TEAM, "otters")) == [world.team]


@pytest.mark.usefixtures("_most")
def test_a_filter_and_a_search_narrow_together(world: World) -> None:
    TeamFactory(name="Otters")
    assert list(search(Team.objects.filter(hackathon=world.hackathon), TEAM, "otters")) == [world.team]


@pytest.mark.usefixtures("_most")
def test_runs_are_found_by_number_team_hash_and_note(world: World) -> None:
    run = make_result(world, team=world.team, public=0.8, note="try a warm start").submission
    other = make_result(world, team=world.rivals, public=0.8).submission
    Submission.objects.filter(pk=run.pk).update(number=1234567, config_hash="ab12" + "0" * 60)
    Submission.objects.filter(pk=other.pk).update(number=34, config_hash="cd34" + "0" * 60)
    one, two = [str(Submission.objects.get(pk=row.pk)) for row in (run, other)]
    for text in ("1234567", "#1234567", "otter", "AB12", "warm start", "START"):
        assert found(Submission, RUN, text) == [one]
    assert found(Submission, RUN, "#34") == [two]
    for text in ("b12", "3", "-34", "٣٤", "9" * 30, "warm rivals"):
        assert found(Submission, RUN, text) == []


@pytest.mark.usefixtures("_most")
def test_what_a_run_left_is_found_by_the_beginning_of_its_id(world: World) -> None:
    job = make_result(world, team=world.team, public=0.8).job
    Job.objects.filter(pk=make_result(world, team=world.rivals, public=0.8).job.pk).update(kind="baseline")
    file = store_output(job, "report.json", b"{}")
    columns = ("job__id", "sha256__startswith")
    for text in (str(job.pk), job.pk.hex, str(job.pk)[:8], str(job.pk)[:8].upper(), str(job.pk)[:20], file.sha256[:9]):
        assert list(search(Artifact.objects.all(), columns, text)) == [file]
    for text in (str(job.pk)[:5], str(job.pk)[1:], job.pk.hex + "0", "no id"):
        assert list(search(Artifact.objects.all(), columns, text)) == []
    assert list(search(Job.objects.all(), ("id",), str(job.pk)[:8])) == [job]
