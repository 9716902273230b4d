"""What a viewer is shown of scores: places, freeze, release, and private scores nowhere before it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from pytest_django import DjangoAssertNumQueries

from evaluation.models import Reference
from evaluation.selectors import leaderboard, submission_scores
from evaluation.services.board_visibility import set_board_visibility
from hackathon.enums import ScoreVisibility, Visibility
from hackathon.errors import NotFound
from hackathon.models import Phase
from hackathon.visibility import Viewer
from tests.evaluation.scored import make_result, minutes_ago, reserved_team
from tests.factories import BaseModelFactory, PhaseFactory, TeamFactory, World
from training_worker.contract.wire import JobKind

PRIVATE = 0.432109
PRIVATE_SE = 0.0123456


def _phase(world: World) -> Phase:
    return Phase.objects.select_related("challenge__hackathon", "data").get(pk=world.phase.pk)


def _viewers(world: World) -> list[Viewer]:
    return [AnonymousUser(), world.outsider, world.captain, world.rival, world.judge, world.organizer]


def _fill(world: World) -> None:
    make_result(world, team=None, public=0.6049, private=PRIVATE, kind=JobKind.BASE_SCORE)
    make_result(world, team=world.team, public=0.8349, private=PRIVATE, received_at=minutes_ago(9))
    make_result(world, team=world.rivals, public=0.7201, private=0.9, received_at=minutes_ago(8))
    make_result(world, team=reserved_team(world), public=0.65, private=PRIVATE, kind=JobKind.BASELINE, note="LoRA r=8")
    Reference.objects.create(
        data=world.data,
        name="tf-idf + logistic regression",
        metric="accuracy",
        public_score=0.7649,
        public_se=0.02,
        private_score=PRIVATE,
        private_se=PRIVATE_SE,
    )


def _numbers(value: Any) -> set[float]:
    """Every number anywhere in a tree of dataclasses, but for the phase itself."""
    if isinstance(value, Phase):
        return set()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _numbers([getattr(value, field.name) for field in dataclasses.fields(value)])
    if isinstance(value, dict):
        return _numbers(list(value.values()))
    if isinstance(value, list | tuple):
        return set().union(*map(_numbers, value)) if value else set()
    return {value} if isinstance(value, float) else set()


def test_row_has_score_base_gain_and_cost(world: World) -> None:
    _fill(world)
    board = leaderboard(_phase(world), world.captain)
    first, second = board.rows
    assert (first.place, first.name, first.team_id, first.is_own) == (1, "Otters", world.team.pk, True)
    assert (second.place, second.name, second.is_own) == (2, "Rivals", False)
    assert (first.score.value, first.score.se, first.score.text) == (0.83, 0.02, "0.83 ± 0.02")
    assert first.base_score is not None
    assert (first.base_score.value, first.gain) == (0.60, 0.23)
    assert (first.method, first.base_model, first.compute_seconds, first.entries) == ("head", "tiny-bert", 7.5, 1)
    assert (board.metric, board.step, board.is_frozen, board.is_final) == ("accuracy", 0.01, False, False)
    assert (board.public_count, board.private_count) == (30, 70)


def test_unranked_rows_are_baselines_references_and_untrained_models(world: World) -> None:
    _fill(world)
    board = leaderboard(_phase(world), AnonymousUser())
    assert [(row.name, row.score.value) for row in board.unranked] == [
        ("tf-idf + logistic regression", 0.76),
        ("LoRA r=8", 0.65),
        ("tiny-bert, untrained", 0.60),
    ]
    assert {row.place for row in board.unranked} == {None}
    assert board.unranked[1].gain == 0.05


def test_equal_as_shown_share_a_place_by_time_received(world: World) -> None:
    third, fourth = TeamFactory(hackathon=world.hackathon, name="C"), TeamFactory(hackathon=world.hackathon, name="D")
    make_result(world, team=world.team, public=0.8049, received_at=minutes_ago(1))
    make_result(world, team=world.rivals, public=0.7951, received_at=minutes_ago(5))
    make_result(world, team=third, public=0.79, received_at=minutes_ago(9))
    make_result(world, team=fourth, public=0.81, received_at=minutes_ago(3))
    rows = leaderboard(_phase(world), AnonymousUser()).rows
    assert [(row.place, row.name) for row in rows] == [(1, "D"), (2, "Rivals"), (2, "Otters"), (4, "C")]


def test_only_those_who_may_open_a_submission_get_its_id(world: World) -> None:
    _fill(world)
    ids = {
        "captain": [row.submission_id is not None for row in leaderboard(_phase(world), world.captain).rows],
        "organizer": [row.submission_id is not None for row in leaderboard(_phase(world), world.organizer).rows],
        "anonymous": [row.submission_id is not None for row in leaderboard(_phase(world), AnonymousUser()).rows],
    }
    assert ids == {"captain": [True, False], "organizer": [True, True], "anonymous": [False, False]}


@pytest.mark.parametrize("visibility", [ScoreVisibility.LIVE, ScoreVisibility.FROZEN])
def test_no_private_and_no_exact_number_before_release(world: World, visibility: ScoreVisibility) -> None:
    _fill(world)
    set_board_visibility(phase=world.phase, visibility=visibility)
    submission = world.team.submissions.get()
    for viewer in _viewers(world):
        shown = [leaderboard(_phase(world), viewer), submission_scores(submission, viewer)]
        numbers = _numbers(shown) - {7.5}
        assert numbers
        assert all(round(number, 2) == number for number in numbers), numbers
        assert PRIVATE not in numbers
        assert round(PRIVATE, 2) not in numbers
        assert "0.43" not in repr([board_or_scores for board_or_scores in shown if board_or_scores])


def test_order_before_release_does_not_tell_the_private_one(world: World) -> None:
    make_result(world, team=world.team, public=0.8, private=0.1, received_at=minutes_ago(2))
    make_result(world, team=world.rivals, public=0.8, private=0.9, received_at=minutes_ago(1))
    assert [row.name for row in leaderboard(_phase(world), world.organizer).rows] == ["Otters", "Rivals"]


def test_release_ranks_by_the_private_score(world: World) -> None:
    _fill(world)
    set_board_visibility(phase=world.phase, visibility=ScoreVisibility.RELEASED)
    for viewer in _viewers(world):
        board = leaderboard(_phase(world), viewer)
        assert board.is_final
        assert [(row.place, row.name, row.score.value) for row in board.rows] == [
            (1, "Rivals", 0.9),
            (2, "Otters", 0.43),
        ]
        assert [(row.base_score.value, row.gain) for row in board.rows if row.base_score] == [(0.43, 0.47), (0.43, 0.0)]
        assert {row.score.value for row in board.unranked} == {0.43}


def test_frozen_board_stands_still_but_for_organizers(world: World) -> None:
    make_result(world, team=world.team, public=0.7, received_at=minutes_ago(20))
    make_result(world, team=world.rivals, public=0.6, received_at=minutes_ago(19))
    world.phase.score_visibility, world.phase.frozen_at = ScoreVisibility.FROZEN, minutes_ago(10)
    world.phase.save()
    make_result(world, team=world.rivals, public=0.9, received_at=minutes_ago(15), finished_at=minutes_ago(5))
    make_result(world, team=world.team, public=0.5, received_at=minutes_ago(4))
    make_result(world, team=reserved_team(world), public=0.95, kind=JobKind.BASELINE, received_at=minutes_ago(3))
    for viewer in _viewers(world)[:-1]:
        board = leaderboard(_phase(world), viewer)
        assert board.is_frozen
        assert [(row.name, row.score.value, row.entries) for row in board.rows] == [
            ("Otters", 0.7, 1),
            ("Rivals", 0.6, 1),
        ]
        assert not board.unranked
    board = leaderboard(_phase(world), world.organizer)
    assert not board.is_frozen
    assert [(row.name, row.score.value, row.entries) for row in board.rows] == [("Rivals", 0.9, 2), ("Otters", 0.7, 2)]
    assert [row.name for row in board.unranked] == ["Baseline"]


def test_frozen_without_a_time_shows_no_team(world: World) -> None:
    make_result(world, team=world.team, public=0.7)
    world.phase.score_visibility = ScoreVisibility.FROZEN
    world.phase.save()
    assert leaderboard(_phase(world), world.captain).rows == []


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("extra_rows", [0, 2])
def test_queries_do_not_grow_with_rows(
    world: World, django_assert_num_queries: DjangoAssertNumQueries, extra_rows: int, frozen: bool
) -> None:
    _fill(world)
    for i in range(extra_rows):
        model = BaseModelFactory(slug=f"other-{i}")
        make_result(world, team=TeamFactory(hackathon=world.hackathon), public=0.5, model=model)
        make_result(world, team=None, public=0.4, model=model, kind=JobKind.BASE_SCORE)
    if frozen:
        set_board_visibility(phase=world.phase, visibility=ScoreVisibility.FROZEN)
    phase = _phase(world)
    with django_assert_num_queries(7):
        board = leaderboard(phase, world.captain)
    assert (len(board.rows), len(board.unranked)) == (2 + extra_rows, 3 + extra_rows)


def test_board_of_a_hidden_phase_does_not_exist(world: World) -> None:
    world.hackathon.visibility = Visibility.PRIVATE
    world.hackathon.save()
    for viewer in (AnonymousUser(), world.outsider):
        with pytest.raises(NotFound):
            leaderboard(_phase(world), viewer)
    assert leaderboard(_phase(world), world.captain).rows == []


def test_base_score_is_that_of_the_same_data_precision_and_recipe(world: World) -> None:
    other = PhaseFactory(challenge=world.challenge, name="Half", data=world.data, precision="bf16")
    make_result(world, team=None, public=0.3, kind=JobKind.BASE_SCORE, phase=other)
    make_result(world, team=world.team, public=0.8)
    assert leaderboard(_phase(world), world.captain).rows[0].base_score is None
    make_result(world, team=None, public=0.6, kind=JobKind.BASE_SCORE)
    row = leaderboard(_phase(world), world.captain).rows[0]
    assert row.base_score is not None
    assert (row.base_score.value, row.gain) == (0.6, 0.2)


def test_small_test_set_is_said(world: World) -> None:
    assert "30" in leaderboard(_phase(world), AnonymousUser()).warnings[0]
    world.data.public_count, world.data.private_count = 300, 700
    world.data.save()
    assert leaderboard(_phase(world), AnonymousUser()).warnings == []


def test_scores_of_a_submission_are_rounded_and_without_the_private_one(world: World) -> None:
    _fill(world)
    scores = submission_scores(world.team.submissions.get(), world.teammate)
    assert scores is not None
    assert (scores.metric, scores.public.text, scores.private) == ("accuracy", "0.83 ± 0.02", None)
    assert scores.base is not None
    assert (scores.base.value, scores.base_method, scores.gain) == (0.6, "class prototypes", 0.23)
    assert (scores.dummy.text, scores.dummy_method) == ("0.50 ± 0.03", "majority class")
    shown = {name: score.value for name, score in scores.metrics.items()}
    assert shown.items() >= {"accuracy": 0.83, "f1_macro": 0.83}.items()
    assert [(entry.label, entry.f1) for entry in scores.per_class_f1] == [("negative", 0.83), ("positive", 0.83)]
    assert scores.validation == {"accuracy": 0.75}


def test_scores_of_a_submission_after_the_release(world: World) -> None:
    _fill(world)
    set_board_visibility(phase=world.phase, visibility=ScoreVisibility.RELEASED)
    scores = submission_scores(world.team.submissions.get(), world.captain)
    assert scores is not None
    assert scores.private is not None
    assert scores.private.text == "0.43 ± 0.01"
    assert scores.public.value == 0.83


def test_scores_of_a_submission_are_for_its_team_and_organizers(world: World) -> None:
    _fill(world)
    submission = world.team.submissions.get()
    allowed = [submission_scores(submission, viewer) is not None for viewer in _viewers(world)]
    assert allowed == [False, False, True, False, False, True]
