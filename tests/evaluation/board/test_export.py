"""The board's CSV runs nothing: in Excel, in LibreOffice, or where full-width signs count as plain ones."""

from __future__ import annotations

import csv
import io

import pytest

from evaluation.board.export import board_csv
from evaluation.selectors import leaderboard
from teams.models import Team
from tests.evaluation.scored import make_result
from tests.factories import World

pytestmark = pytest.mark.django_db

FORMULAS = (
    "=1+1",
    "＝1+1",
    "+1",
    "＋1",
    "-1",
    "－1",
    "﹣1",
    "@x",
    "＠x",
    " =1",
    "\u3000=1",
    "\xa0@x",
    "\u200b=1",
    "\ufeff+1",
)


def named(world: World, name: str) -> str:
    make_result(world, team=world.team, public=0.8)
    Team.objects.filter(pk=world.team.pk).update(name=name)
    text = board_csv(leaderboard(world.phase, world.rival)).decode("utf-8-sig")
    return next(csv.DictReader(io.StringIO(text)))["name"]


@pytest.mark.parametrize("name", [*FORMULAS, "\t=1", "\r1", "\n1"])
def test_a_name_that_a_spreadsheet_would_run_is_text(world: World, name: str) -> None:
    assert named(world, name) == f"'{name}"


@pytest.mark.parametrize("name", ["Otters", "水獺", "a=1", "’tis", "½-finals", "\u200b"])
def test_another_name_stays_as_it_is(world: World, name: str) -> None:
    assert named(world, name) == name
