"""History, last improvement and files of the board: what they say, that they agree, and that a freeze holds in them."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from evaluation.board.export import board_csv
from evaluation.board.page import page_version
from evaluation.models import Reference
from evaluation.ranking.places import running_best
from evaluation.selectors import leaderboard
from evaluation.services.board_visibility import set_board_visibility
from evaluation.services.leaderboard import rebuild_leaderboard
from evaluation.spreadsheet import RISKY
from hackathon.enums import ScoreVisibility, Visibility
from hackathon.models import Phase
from hackathon.templatetags.display import ago_text, signed
from tests.api import get
from tests.evaluation.scored import make_result, minutes_ago, reserved_team
from tests.factories import ChallengeFactory, PhaseFactory, TeamFactory, World
from tests.pages import EVERYBODY, browser_of, html, page, poll
from training_worker.contract.metrics import METRICS
from training_worker.contract.wire import JobKind

pytestmark = pytest.mark.django_db

PRIVATE = 0.432109


def csv_path(world: World) -> str:
    return f"/c/{world.challenge.slug}/leaderboard.csv"


def board_path(world: World) -> str:
    return f"/c/{world.challenge.slug}/leaderboard/"


def read_csv(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def downloaded(world: World, who: str = "captain", **query: str) -> list[dict[str, str]]:
    response = page(world, who, csv_path(world), data=query)
    assert response.status_code == 200
    return read_csv(response.content)


def api_rows(world: World, who: str = "captain") -> list[dict[str, Any]]:
    board = get(world, who, f"leaderboard/{world.phase.pk}/").json()
    return [*board["rows"], *board["unranked"]]


def fill(world: World) -> None:
    """Two teams, the second below its base, a baseline, a reference and the untrained model."""
    make_result(world, team=None, public=0.6049, private=PRIVATE, kind=JobKind.BASE_SCORE)
    for minutes, public in [(9, 0.7), (6, 0.6), (3, 0.8349)]:
        make_result(world, team=world.team, public=public, private=PRIVATE, received_at=minutes_ago(minutes))
    make_result(world, team=world.rivals, public=0.55, private=PRIVATE, received_at=minutes_ago(5))
    make_result(world, team=reserved_team(world), public=0.65, private=PRIVATE, kind=JobKind.BASELINE, note="LoRA r=8")
    scores = {"public_score": 0.7649, "public_se": 0.02, "private_score": PRIVATE, "private_se": 0.0123456}
    Reference.objects.create(data=world.data, name="tf-idf", metric="accuracy", **scores)


def freeze(world: World, *, minutes: float) -> None:
    world.phase.score_visibility, world.phase.frozen_at = ScoreVisibility.FROZEN, minutes_ago(minutes)
    world.phase.save()


# --- history and last improvement ---------------------------------------------------------------------------------


def test_running_best() -> None:
    accuracy, mse = METRICS["accuracy"], METRICS["mse"]
    assert running_best([], accuracy) == ()
    assert running_best([0.7, 0.6, 0.8, 0.8], accuracy) == (0.7, 0.7, 0.8, 0.8)
    assert running_best([-0.2, -0.3], accuracy) == (-0.2, -0.2)
    assert running_best([0.7, 0.8, 0.6], mse) == (0.7, 0.7, 0.6)


def test_the_history_is_the_running_best_as_shown_by_time_received(world: World) -> None:
    for minutes, public in [(3, 0.8049), (9, 0.7), (6, 0.5), (1, 0.75)]:
        make_result(world, team=world.team, public=public, received_at=minutes_ago(minutes))
    make_result(world, team=world.rivals, public=0.6012, received_at=minutes_ago(2))
    for who in EVERYBODY:
        assert {row["name"]: row["history"] for row in api_rows(world, who)} == {
            "Otters": [0.7, 0.7, 0.8, 0.8],
            "Rivals": [0.6],
        }


def test_the_last_improvement_is_when_the_shown_best_last_improved(world: World) -> None:
    rose = minutes_ago(20)
    make_result(world, team=world.team, public=0.7, received_at=minutes_ago(30))
    make_result(world, team=world.team, public=0.801, received_at=rose)
    make_result(world, team=world.team, public=0.804, received_at=minutes_ago(10))  # better, but shown the same
    make_result(world, team=world.team, public=0.6, received_at=minutes_ago(5))
    (row,) = leaderboard(world.phase, world.rival).rows
    assert row.improved_at == rose


def test_of_two_that_show_the_same_the_first_received_counts_whenever_it_was_scored(world: World) -> None:
    first, second = minutes_ago(20), minutes_ago(10)
    make_result(world, team=world.team, public=0.8, received_at=second)
    assert leaderboard(world.phase, world.rival).rows[0].improved_at == second
    make_result(world, team=world.team, public=0.8, received_at=first, finished_at=minutes_ago(1))
    assert leaderboard(world.phase, world.rival).rows[0].improved_at == first


@pytest.mark.parametrize(
    ("seconds", "words"), [(-5, "just now"), (59, "just now"), (60, "1\xa0minute ago"), (7300, "2\xa0hours ago")]
)
def test_how_long_ago(seconds: int, words: str) -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    assert ago_text(now - timedelta(seconds=seconds), now) == words


def test_the_page_says_the_history_in_words_and_the_exact_time_of_the_improvement(world: World) -> None:
    fill(world)
    text = html(page(world, "anonymous", board_path(world)))
    assert 'aria-label="3 scored submissions, from 0.70 to 0.83"' in text
    assert 'aria-label="1 scored submission: 0.55"' in text
    at = leaderboard(world.phase, world.rival).rows[0].improved_at
    assert at is not None
    assert re.search(rf'<time datetime="{at:%Y-%m-%dT%H:%M:%S}\+00:00" title="{at:%Y-%m-%d %H:%M}">3\xa0minutes', text)


# --- the same everywhere ------------------------------------------------------------------------------------------


def _number(cell: str) -> float | None:
    return float(cell) if cell else None


@pytest.mark.parametrize("released", [False, True])
@pytest.mark.parametrize("who", ["captain", "organizer", "anonymous"])
def test_file_api_and_page_hold_the_same_values(world: World, who: str, released: bool) -> None:
    fill(world)
    if released:
        set_board_visibility(phase=world.phase, visibility=ScoreVisibility.RELEASED)
    rows, answer, text = downloaded(world, who), api_rows(world, who), html(page(world, who, board_path(world)))
    assert len(rows) == len(answer) == 5
    for row, same in zip(rows, answer, strict=True):
        base = same["base_score"] or {"value": None, "se": None}
        assert (row["name"], row["method"], row["base_model"]) == (same["name"], same["method"], same["base_model"])
        assert (_number(row["place"]), _number(row["number"])) == (same["place"], same["number"])
        assert (_number(row["score"]), _number(row["se"])) == (same["score"]["value"], same["score"]["se"])
        assert (_number(row["base_score"]), _number(row["base_se"])) == (base["value"], base["se"])
        assert (_number(row["gain"]), _number(row["compute_seconds"])) == (same["gain"], same["compute_seconds"])
        assert int(row["entries"]) == same["entries"]
        assert [float(value) for value in row["history"].split()] == same["history"]
        assert (row["improved_at"] or None) == (
            same["improved_at"] and datetime.fromisoformat(same["improved_at"]).isoformat()
        )
        assert same["score"]["text"] in text
        assert signed(same["gain"], same["score"]["text"]) in text
    assert [row["place"] for row in rows] == ["1", "1" if released else "2", "", "", ""]


def test_a_negative_gain_stays_a_number_in_the_file(world: World) -> None:
    fill(world)
    rivals = next(row for row in downloaded(world) if row["name"] == "Rivals")
    assert rivals["gain"] == "-0.05"


@pytest.mark.parametrize("start", sorted(RISKY))
def test_a_name_that_is_a_formula_is_only_text_in_the_file(world: World, start: str) -> None:
    world.team.name = f'{start}HYPERLINK("https://evil.example";"x")'
    world.team.save()
    make_result(world, team=world.team, public=0.8)
    make_result(world, team=reserved_team(world), public=0.7, kind=JobKind.BASELINE, note=f"{start}cmd")
    ranked, unranked = read_csv(board_csv(leaderboard(world.phase, world.rival)))
    assert (ranked["name"], unranked["name"]) == (f"'{world.team.name}", f"'{start}cmd")
    assert ranked["score"] == "0.8"


def test_names_of_any_script_come_through_and_commas_do_not_break_a_row(world: World) -> None:
    world.team.name = '深度求索, "Otters"\nand more'
    world.team.save()
    make_result(world, team=world.team, public=0.8)
    assert [row["name"] for row in downloaded(world)] == [world.team.name]


# --- who may see what ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", EVERYBODY)
def test_a_freeze_holds_in_history_improvement_and_file(world: World, who: str) -> None:
    before = minutes_ago(40)
    make_result(world, team=world.team, public=0.7, received_at=before)
    freeze(world, minutes=30)
    make_result(world, team=world.team, public=0.91, received_at=minutes_ago(35), finished_at=minutes_ago(10))
    make_result(world, team=world.team, public=0.92, received_at=minutes_ago(5))
    make_result(world, team=world.rivals, public=0.93, received_at=minutes_ago(4))
    rows, (own, *others) = downloaded(world, who), api_rows(world, who)
    texts = html(page(world, who, board_path(world))) + str(rows)
    if who == "organizer":
        assert [row["history"] for row in rows] == ["0.93", "0.7 0.91 0.92"]
        return
    assert (own["history"], own["entries"], others) == ([0.7], 1, [])
    assert datetime.fromisoformat(own["improved_at"]) == before
    assert [(row["history"], row["entries"]) for row in rows] == [("0.7", "1")]
    assert re.findall(r"(?<!\d)0\.9[123]|2 entries|3 entries|Rivals", texts) == []


@pytest.mark.parametrize("who", EVERYBODY)
def test_private_scores_are_in_no_file_before_the_release(world: World, who: str) -> None:
    fill(world)
    texts = str(downloaded(world, who)) + html(page(world, who, board_path(world)))
    assert not re.search(r"(?<!\d)0\.43", texts)  # a time may hold 10.43 seconds
    set_board_visibility(phase=world.phase, visibility=ScoreVisibility.RELEASED)
    rows = downloaded(world, who)
    assert {row["score"] for row in rows} == {"0.43"}
    assert {row["history"] for row in rows} == {"0.7 0.7 0.83", "0.55", ""}


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_file_of_a_private_hackathon_is_not_there_for_outsiders(world: World, who: str) -> None:
    world.hackathon.visibility = Visibility.PRIVATE
    world.hackathon.save()
    expected = 404 if who in {"outsider", "anonymous"} else 200
    assert page(world, who, csv_path(world)).status_code == expected
    world.challenge.is_published = False
    world.challenge.save()
    assert page(world, who, csv_path(world)).status_code == (200 if who == "organizer" else 404)


def test_a_file_is_of_the_phase_that_was_asked_for_or_of_none(world: World) -> None:
    warm_up = PhaseFactory(challenge=world.challenge, name="Warm-up", data=world.data)
    elsewhere: Phase = PhaseFactory()
    make_result(world, team=world.team, public=0.8)
    assert [row["name"] for row in downloaded(world, phase=str(world.phase.pk))] == ["Otters"]
    assert downloaded(world, phase=str(warm_up.pk)) == []
    for wrong in (str(elsewhere.pk), "nonsense", ""):
        assert page(world, "captain", csv_path(world), data={"phase": wrong}).status_code == 404
    name = page(world, "captain", csv_path(world), data={"phase": str(warm_up.pk)})["Content-Disposition"]
    assert name == f'attachment; filename="leaderboard-{world.challenge.slug}-warm-up.csv"'
    unplanned = ChallengeFactory(hackathon=world.hackathon)
    assert page(world, "captain", f"/c/{unplanned.slug}/leaderboard.csv").status_code == 404


def test_the_page_leads_to_both_files_of_its_phase(world: World) -> None:
    make_result(world, team=world.team, public=0.8)
    text = html(page(world, "anonymous", board_path(world)))
    for path in (f"{csv_path(world)}?phase={world.phase.pk}", f"/api/leaderboard/{world.phase.pk}/"):
        assert f'href="{path}"' in text
        assert page(world, "anonymous", path).status_code == 200


# --- versions -----------------------------------------------------------------------------------------------------


def test_a_file_that_did_not_change_is_not_sent_again(world: World) -> None:
    make_result(world, team=world.team, public=0.8)
    client = browser_of(world, "captain")
    tag = client.get(csv_path(world))["ETag"]
    again = client.get(csv_path(world), headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    make_result(world, team=world.team, public=0.7)
    assert client.get(csv_path(world), headers={"If-None-Match": tag}).status_code == 200


def test_a_board_whose_history_alone_changed_is_sent_again(world: World) -> None:
    """The same teams, places, scores and counts, but another way there."""
    make_result(world, team=world.team, public=0.8, received_at=minutes_ago(300))
    later = make_result(world, team=world.team, public=0.7, received_at=minutes_ago(200))
    before = poll(world, "rival", board_path(world))
    seen = before["ETag"].removeprefix('W/"').removesuffix('"')
    assert poll(world, "rival", f"{board_path(world)}?version={seen}").status_code == 204
    type(later.submission).objects.filter(pk=later.submission.pk).update(received_at=minutes_ago(400))
    rebuild_leaderboard(phase=world.phase)
    after = poll(world, "rival", f"{board_path(world)}?version={seen}")
    assert after.status_code == 200
    assert 'aria-label="2 scored submissions, from 0.70 to 0.80"' in html(after)


def test_times_in_words_go_on_while_the_board_stands_still(world: World) -> None:
    made = make_result(world, team=world.team, public=0.8, received_at=minutes_ago(3.5))
    seen = poll(world, "rival", board_path(world))["ETag"].removeprefix('W/"').removesuffix('"')
    assert poll(world, "rival", f"{board_path(world)}?version={seen}").status_code == 204
    type(made.submission).objects.filter(pk=made.submission.pk).update(received_at=minutes_ago(4.5))
    type(made.job.phase.leaderboard.get()).objects.update(received_at=minutes_ago(4.5))
    assert "4\xa0minutes ago" in html(poll(world, "rival", f"{board_path(world)}?version={seen}"))


def test_a_third_team_is_no_further_query(world: World, django_assert_max_num_queries: Any) -> None:
    for team in (world.team, world.rivals, TeamFactory(hackathon=world.hackathon)):
        make_result(world, team=team, public=0.8)
        make_result(world, team=team, public=0.9)
    phase = Phase.objects.select_related("challenge__hackathon", "data").get(pk=world.phase.pk)
    with django_assert_max_num_queries(8):
        assert [row.history for row in leaderboard(phase, world.captain).rows] == [(0.8, 0.9)] * 3


def test_words_go_on_for_all_rows_at_the_full_minute(world: World) -> None:
    for seconds in (100, 130, 150):
        at = datetime(2026, 11, 22, 12, 0, tzinfo=UTC) - timedelta(seconds=seconds)
        make_result(world, team=TeamFactory(hackathon=world.hackathon), public=0.8, received_at=at)
    board = leaderboard(world.phase, world.captain)
    minute = [page_version(board, datetime(2026, 11, 22, 12, 0, second, tzinfo=UTC)) for second in range(0, 60, 5)]
    assert len(set(minute)) == 1
    assert page_version(board, datetime(2026, 11, 22, 12, 1, tzinfo=UTC)) != minute[0]
