"""Columns of the list of submissions: chosen and kept, sorted by in the database, never by what is hidden."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest

from evaluation.listing.columns import ORDERINGS, ordered
from evaluation.models import Result
from submissions.models import Job, Submission
from submissions.services.annotate import annotate_submission
from tests import api
from tests.evaluation.scored import make_result, submit
from tests.evaluation.test_submission_list import listed
from tests.factories import CONFIG, World
from tests.pages import browser_of, html, page

pytestmark = pytest.mark.django_db


def run(world: World, *, public: float = 0.8, method: dict[str, Any] | None = None, **training: Any) -> Submission:
    """A scored submission of the captain's team with that method and those hyper-parameters."""
    submission = make_result(world, team=world.team, public=public).submission
    submission.config = CONFIG | {"method": method or {"name": "head"}, "training": CONFIG["training"] | training}
    submission.save()
    return submission


def measured(submission: Submission, *, validation: float, seconds: float) -> Submission:
    Job.objects.filter(submission=submission).update(
        result={"validation": {"accuracy": validation}}, compute_seconds=seconds
    )
    return submission


def heads(text: str) -> list[str]:
    """The headings of the list, each with what it says of the order."""
    table = text[text.index("<thead>") : text.index("</thead>")]
    return [
        " ".join(re.sub("<[^>]+>", " ", inside).split()) + {"ascending": " up", "descending": " down"}.get(order, "")
        for order, inside in re.findall(r'<th [^>]*?(?:aria-sort="(\w+)")?>(.*?)</th>', table, re.DOTALL)
    ]


def test_the_columns_of_the_address_are_shown_and_kept(world: World) -> None:
    run(world, learning_rate=0.0025, method={"name": "lora", "r": 4})
    browser = browser_of(world, "captain")
    assert heads(html(browser.get("/submissions/"))) == [
        "#", "challenge", "method", "model", "note", "state", "public score", "submitted at down"
    ]  # fmt: skip
    query = "columns=method.r&columns=training.learning_rate&columns=nonsense&columns=validation.accuracy"
    chosen = ["#", "challenge", "learning_rate", "r", "validation accuracy"]
    text = html(browser.get(f"/submissions/?{query}"))
    assert heads(text) == chosen
    for cell in ("0.0025", "4", "0.75"):
        assert re.search(rf'<td class="num wide\s*">\s*{cell}\s*</td>', text)
    assert heads(html(browser.get("/submissions/"))) == chosen
    assert re.search(r'value="method.r" checked>\s*r<', text)
    assert not re.search(r'value="score" checked', text)
    assert heads(html(browser.get("/submissions/?columns="))) == ["#", "challenge"]
    assert heads(html(page(world, "teammate", "/submissions/")))[-1] == "submitted at down"


def test_headings_sort_one_way_and_the_other_and_keep_the_rest(world: World) -> None:
    slow, fast, none = run(world, learning_rate=1e-5), run(world, learning_rate=0.1), run(world)
    none.config["training"].pop("learning_rate")
    none.save()
    query = "columns=training.learning_rate&columns=method"
    text = html(page(world, "captain", f"/submissions/?{query}"))
    down = "?ordering=-training.learning_rate&amp;columns=training.learning_rate&amp;columns=method"
    assert f'<a href="{down}">learning_rate' in text
    assert '<a href="?ordering=method&amp;columns=training.learning_rate&amp;columns=method">method' in text
    assert listed(world, down.replace("&amp;", "&")[1:]) == [fast.number, slow.number, none.number]
    sorted_down = html(page(world, "captain", f"/submissions/?ordering=-training.learning_rate&{query}"))
    assert heads(sorted_down) == ["#", "challenge", "method", "learning_rate down"]
    assert f'<a href="{down.replace("=-", "=")}">learning_rate' in sorted_down
    assert listed(world, f"ordering=training.learning_rate&{query}") == [slow.number, fast.number, none.number]
    assert listed(world, "ordering=nonsense") == [none.number, fast.number, slow.number]


@pytest.mark.parametrize(
    ("ordering", "places"),
    [
        ("received_at", "abcd"),
        ("-received_at", "dcba"),
        ("method", "cbda"),
        ("method.r", "adcb"),
        ("-method.r", "dacb"),
        ("-training.num_train_epochs", "cbad"),
        ("-score", "cadb"),
        ("compute_seconds", "bdca"),
        ("-validation.accuracy", "dbca"),
        ("training.optim", "dacb"),
    ],
)
def test_the_database_sorts(world: World, ordering: str, places: str) -> None:
    runs = {
        "a": measured(run(world, public=0.7, method={"name": "lora", "r": 4}, num_train_epochs=2, optim="adamw"),
                      validation=0.1, seconds=90.0),
        "b": measured(run(world, public=0.5, num_train_epochs=10, optim="sgd"), validation=0.3, seconds=2.0),
        "c": measured(run(world, public=0.9, num_train_epochs=20, optim="sgd"), validation=0.2, seconds=10.5),
        "d": measured(run(world, public=0.6, method={"name": "lora", "r": 16}, optim="adam"),
                      validation=0.95, seconds=9.0),
    }  # fmt: skip
    found = [submission.pk for submission in ordered(Submission.objects.all(), ordering)]
    assert "".join(name for pk in found for name, one in runs.items() if one.pk == pk) == places
    answer = api.get(world, "captain", "submissions/", ordering=ordering).json()["results"]
    assert [row["id"] for row in answer] == [str(pk) for pk in found]


def test_scores_that_are_shown_alike_are_sorted_alike(world: World) -> None:
    """By the exact score the first would lead; 0.285 is a little less in binary, and shown as 0.29."""
    first, second, third = run(world, public=0.2949), run(world, public=0.2851), run(world, public=0.285)
    last = run(world, public=0.2849)
    newest_first = [third.number, second.number, first.number]
    assert listed(world, "ordering=-score") == [*newest_first, last.number]
    assert listed(world, "ordering=score") == [last.number, *newest_first]


def test_private_scores_are_in_no_column_and_no_order(world: World) -> None:
    for public in (0.5, 0.8, 0.8):
        run(world, public=public)
    columns = "&".join(f"columns={name}" for name in {ordering.removeprefix("-") for ordering in ORDERINGS})

    def seen() -> list[Any]:
        orders = [[one.number for one in ordered(Submission.objects.all(), ordering)] for ordering in ORDERINGS]
        return [orders, b"".join(browser_of(world, "captain").get(f"/submissions.csv?{columns}"))]

    before = seen()
    for number, result in enumerate(Result.objects.order_by("created_at")):
        Result.objects.filter(pk=result.pk).update(private_score=0.9 - number / 10, private_se=0.05)
    world.phase.score_visibility = "released"
    world.phase.save()
    assert seen() == before


def test_a_long_list_is_sorted_by_date_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    best, worst = run(world, public=0.9), run(world, public=0.5)
    monkeypatch.setattr("evaluation.listing.table.MAX_SORTED", 1)
    text = html(page(world, "captain", "/submissions/?ordering=-score"))
    assert "is sorted by date only" in text
    table = text[text.index("<thead>") : text.index("</thead>")]
    assert re.findall(r"ordering=([-\w.]+)", table) == ["received_at"]
    assert listed(world, "ordering=-score") == [worst.number, best.number]
    assert listed(world, "ordering=received_at") == [best.number, worst.number]
    refused = api.get(world, "captain", "submissions/", ordering="-score")
    assert (refused.status_code, refused.json()["fields"][0]["field"]) == (400, "ordering")
    assert api.get(world, "captain", "submissions/", ordering="received_at").status_code == 200
    assert api.get(world, "captain", "submissions/", ordering="private_score").status_code == 400


def test_an_organizer_narrows_the_list_to_a_team(world: World) -> None:
    own = run(world)
    other = make_result(world, team=world.rivals, public=0.8).submission
    text = html(page(world, "organizer", "/submissions/?state="))
    assert f'<a href="?team={world.rivals.pk}"><bdi>Rivals</bdi></a>' in text
    assert listed(world, f"team={world.rivals.pk}", "organizer") == [other.number]
    narrowed = html(page(world, "organizer", f"/submissions/?team={world.rivals.pk}"))
    assert 'aria-current="true"><bdi>Rivals</bdi></a>' in narrowed
    assert listed(world, f"team={world.rivals.pk}") == []
    assert "Rivals" not in html(page(world, "captain", f"/submissions/?team={world.rivals.pk}"))
    assert listed(world, "team=nonsense", "organizer") == []
    assert listed(world) == [own.number]


def file_of(world: World, query: str, who: str = "captain") -> list[dict[str, str]]:
    response = browser_of(world, who).get(f"/submissions.csv?{query}")
    assert (response.status_code, response.streaming) == (200, True)
    assert response["Content-Disposition"] == 'attachment; filename="submissions.csv"'
    return list(csv.DictReader(io.StringIO(b"".join(response).decode("utf-8-sig"))))


def test_the_file_has_the_filters_columns_and_order_of_the_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.listing.export.CHUNK", 2)
    rates = [0.003, 0.1, 0.00002]
    runs = [run(world, learning_rate=rate, public=0.81) for rate in rates]
    waiting = submit(world).submission
    annotate_submission(submission=runs[1], user=world.captain, note="=1+1", tags=["a", "b"])
    query = "state=succeeded&ordering=training.learning_rate&columns=score&columns=note&columns=training.learning_rate"
    rows = file_of(world, query)
    assert [*rows[0]] == ["number", "id", "hackathon", "challenge", "team", "note", "tags", "score", "se", "metric",
                          "training.learning_rate"]  # fmt: skip
    assert [float(row["training.learning_rate"]) for row in rows] == sorted(rates)
    best = rows[2]
    assert (best["note"], best["tags"], best["score"], best["se"], best["metric"]) == (
        "'=1+1", "a b", "0.81", "0.02", "accuracy"
    )  # fmt: skip
    assert waiting is not None
    everything = file_of(world, "")
    assert [row["number"] for row in everything] == [str(number) for number in listed(world)]
    assert (everything[0]["state"], everything[0]["score"]) == ("queued", "")
    assert everything[0]["received_at"] == waiting.received_at.isoformat()
    assert file_of(world, "", "rival") == []
    assert page(world, "anonymous", "/submissions.csv").status_code == 302


@pytest.mark.parametrize("rows", [2, 30])
def test_queries_of_a_sorted_list(world: World, rows: int, django_assert_num_queries: Any) -> None:
    for _ in range(rows):
        run(world)
    browser = browser_of(world, "captain")
    with django_assert_num_queries(14):
        browser.get("/submissions/?ordering=-validation.accuracy&columns=validation.accuracy&columns=method.r")
    with django_assert_num_queries(10):
        b"".join(browser.get("/submissions.csv?ordering=score&columns=validation.accuracy"))
