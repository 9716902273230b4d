"""The board's rows: the same from any order of upserts, from a rebuild, and from counting by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluation.models import LeaderboardEntry, Reference, Result
from evaluation.ranking.places import places
from evaluation.scoring.references import score_reference
from evaluation.services.board_visibility import set_board_visibility
from evaluation.services.display_step import fix_display_step
from evaluation.services.leaderboard import rebuild_leaderboard, upsert_entry
from hackathon.enums import ScoreVisibility
from hackathon.errors import Conflict
from hackathon.models import Phase
from tests.evaluation.scored import make_result, minutes_ago, reserved_team
from tests.factories import PhaseFactory, TeamFactory, World
from training_worker.contract.wire import JobKind

START = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([], []),
        ([0.9], [1]),
        ([0.9, 0.9, 0.8], [1, 1, 3]),
        ([0.9, 0.8, 0.8, 0.8, 0.7], [1, 2, 2, 2, 5]),
        ([0.5, 0.5], [1, 1]),
    ],
)
def test_equal_scores_share_a_place(scores: list[float], expected: list[int]) -> None:
    assert places(scores) == expected


def _entries(phase: Phase) -> dict[str, tuple[float, datetime, str, int]]:
    rows = LeaderboardEntry.objects.filter(phase=phase).select_related("team", "submission")
    return {row.team.name: (row.score, row.received_at, str(row.result_id), row.entries) for row in rows}


runs = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from([0.5, 0.503, 0.506, 0.51, 0.7]), st.integers(0, 3)), max_size=7
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs=runs, data=st.data())
def test_upserts_in_any_order_give_the_rebuilt_board(world: World, runs: list[Any], data: st.DataObject) -> None:
    """`runs` are (team, exact public score, minute received); several may tie in score and time."""
    with transaction.atomic():
        teams = [world.team, world.rivals, TeamFactory(hackathon=world.hackathon, name="Third")]
        results = [
            make_result(world, team=teams[t], public=s, received_at=START + timedelta(minutes=m), rebuild=False)
            for t, s, m in runs
        ]
        for result in data.draw(st.permutations([*results, *results[:2]])):
            upsert_entry(result=result)
        by_upserts = _entries(world.phase)
        expected: dict[str, tuple[float, datetime, str, int]] = {}
        for team in teams:
            own = [r for r in results if r.job.team_id == team.pk]
            if own:
                best = sorted(
                    own, key=lambda r: (-round(r.public_score, 2), r.submission.received_at, r.submission.number)
                )
                shown = round(best[0].public_score, 2)
                expected[team.name] = (shown, best[0].submission.received_at, str(best[0].pk), len(own))
        assert by_upserts == expected
        assert rebuild_leaderboard(phase=world.phase) == len(expected)
        assert _entries(world.phase) == expected
        LeaderboardEntry.objects.all().delete()
        rebuild_leaderboard(phase=world.phase)
        assert _entries(world.phase) == expected
        transaction.set_rollback(True)


def test_equal_as_shown_keeps_the_earlier_submission(world: World) -> None:
    first = make_result(world, team=world.team, public=0.801, received_at=minutes_ago(10))
    make_result(world, team=world.team, public=0.804, received_at=minutes_ago(5))
    entry = LeaderboardEntry.objects.get()
    assert (entry.result, entry.entries) == (first, 2)
    better = make_result(world, team=world.team, public=0.806, received_at=minutes_ago(1))
    entry.refresh_from_db()
    assert (entry.result, entry.score, entry.entries) == (better, 0.81, 3)


def test_only_first_replicates_of_teams_runs_count(world: World) -> None:
    for kind, replicate, team in [
        (JobKind.RUN, 1, world.team),
        (JobKind.RUN, 0, reserved_team(world)),
    ]:
        result = make_result(world, team=team, public=0.9, kind=kind, replicate=replicate, rebuild=False)
        assert upsert_entry(result=result) is None
    make_result(world, team=None, public=0.9, kind=JobKind.BASE_SCORE)
    Result.objects.update(scoring_version=1)
    assert rebuild_leaderboard(phase=world.phase) == 0
    assert not LeaderboardEntry.objects.exists()


def test_rebuild_drops_rows_of_teams_that_no_longer_count_and_leaves_other_phases(world: World) -> None:
    other = PhaseFactory(challenge=world.challenge, name="Warm-up", data=world.data)
    make_result(world, team=world.team, public=0.8)
    make_result(world, team=world.team, public=0.7, phase=other)
    make_result(world, team=world.rivals, public=0.6)
    world.rivals.is_reserved = True
    world.rivals.save()
    assert rebuild_leaderboard(phase=world.phase) == 1
    assert set(_entries(world.phase)) == {"Otters"}
    assert set(_entries(other)) == {"Otters"}


def test_commands_name_an_unknown_challenge(db: None) -> None:
    for command in ("rebuild_leaderboard", "score_reference"):
        with pytest.raises(CommandError, match="nowhere"):
            call_command(command, "nowhere")


def test_reference_is_scored_once_and_says_which(world: World) -> None:
    first = score_reference(data=world.data)
    again = score_reference(data=world.data)
    assert first == again == Reference.objects.get()
    assert first.metric == "accuracy"
    assert 0 <= first.public_score <= 1
    assert first.public_se > 0
    assert "tf-idf" in first.name


def test_step_comes_from_the_reference(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("score_reference", world.challenge.slug, "--fix-step")
    reference = Reference.objects.get()
    Reference.objects.update(public_se=0.0173)
    world.data.public_count = 600
    world.data.save()
    assert fix_display_step(phase=world.phase) == 0.005
    world.phase.refresh_from_db()
    assert world.phase.display_step == 0.005
    assert reference.name in capsys.readouterr().out


def test_step_comes_from_the_organizers_baseline_where_there_is_one(world: World) -> None:
    Reference.objects.create(
        data=world.data, name="r", metric="accuracy", public_score=0.9, public_se=0.4, private_score=0.9, private_se=0.4
    )
    make_result(world, team=reserved_team(world), public=0.6, kind=JobKind.BASELINE)
    assert fix_display_step(phase=world.phase) == 0.01  # SE 0.021


def test_step_of_a_perfect_baseline_is_that_of_one_item(world: World) -> None:
    Reference.objects.create(
        data=world.data, name="r", metric="accuracy", public_score=1.0, public_se=0.0, private_score=1.0, private_se=0.0
    )
    assert fix_display_step(phase=world.phase) == 0.01  # half of 1/30


def test_step_cannot_change_once_there_are_scores(world: World) -> None:
    score_reference(data=world.data)
    make_result(world, team=world.team, public=0.8, rebuild=False)
    with pytest.raises(Conflict) as caught:
        fix_display_step(phase=world.phase)
    assert caught.value.code == "step_is_fixed"
    with pytest.raises(CommandError, match="display step"):
        call_command("score_reference", world.challenge.slug, "--fix-step")
    world.phase.refresh_from_db()
    assert world.phase.display_step == 0.01


def test_no_baseline_no_step(world: World) -> None:
    with pytest.raises(Conflict) as caught:
        fix_display_step(phase=world.phase)
    assert caught.value.code == "no_baseline"


def test_freezing_twice_keeps_the_first_time(world: World) -> None:
    frozen = set_board_visibility(phase=world.phase, visibility=ScoreVisibility.FROZEN).frozen_at
    assert frozen is not None
    assert set_board_visibility(phase=world.phase, visibility=ScoreVisibility.FROZEN).frozen_at == frozen
    set_board_visibility(phase=world.phase, visibility=ScoreVisibility.LIVE)
    world.phase.refresh_from_db()
    assert (world.phase.score_visibility, world.phase.frozen_at) == (ScoreVisibility.LIVE, None)
