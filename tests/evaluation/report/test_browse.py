"""Looking through a run's validation items: by page and API, for its team and the organizers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from evaluation.report.browse import ANY, ExampleQuery, find_examples
from hackathon.answers import answers_of
from submissions.models import Artifact, Submission
from tests.api import EVERYBODY, get
from tests.evaluation.report.made_up import (
    PREDICTED_TAGS,
    TAGS,
    WORDS,
    class_report,
    example,
    numbers_report,
    tags_report,
)
from tests.evaluation.report.validated import set_task, validated
from tests.evaluation.scored import store_output
from tests.factories import World
from tests.pages import HOSTILE, browser_of, html, live_markup, page
from training_worker.contract.report import Example, ExampleKind, KeptExample
from training_worker.contract.wire import EXAMPLES

pytestmark = pytest.mark.django_db

TEAM = {"captain", "teammate", "organizer"}
ERROR, UNCERTAIN, CONFIDENT = ExampleKind.ERROR, ExampleKind.UNCERTAIN, ExampleKind.CONFIDENT
IMPROVED, REGRESSED = ExampleKind.IMPROVED, ExampleKind.REGRESSED


def kept(made: Example, *kinds: ExampleKind) -> KeptExample:
    return KeptExample(**dict(made), kinds=kinds)


CLASSES = [
    kept(example("val-1", "cat", "dog", "cat", confidence=0.9, inputs={"text": "A Straße in Rome"}), ERROR, REGRESSED),
    kept(example("val-2", "dog", "cat", "dog", confidence=0.6), ERROR, REGRESSED),
    kept(example("val-3", "bird", None, "cat"), ERROR),
    kept(example("val-4", "cat", "cat", "dog", confidence=0.4), UNCERTAIN, IMPROVED),
    kept(example("val-5", "dog", "dog", "dog", confidence=0.99), CONFIDENT),
]


def with_examples(world: World, examples: list[KeptExample] = CLASSES, **changes: Any) -> Submission:
    submission = validated(world, class_report(**changes))
    store(submission, examples)
    return submission


def store(submission: Submission, examples: list[KeptExample]) -> Artifact:
    body = "".join(f"{one.model_dump_json()}\n" for one in examples)
    return store_output(submission.jobs.get(), EXAMPLES, body.encode())


def shown(world: World, submission: Submission, who: str = "captain", **query: Any) -> str:
    return " ".join(html(page(world, who, f"/s/{submission.pk}/errors/?{urlencode(query)}")).split())


def ids(found: list[KeptExample]) -> list[int]:
    return [int(one.id.removeprefix("val-")) for one in found]


# --- what is found ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [1, 2, 3]),
        ({"kind": "all"}, [1, 2, 3, 4, 5]),
        ({"kind": "improved"}, [4]),
        ({"kind": "regressed"}, [1, 2]),
        ({"target": "dog"}, [2]),
        ({"target": ANY, "predicted": ANY}, [1, 2, 3]),
        ({"predicted": ""}, [3]),
        ({"kind": "all", "predicted": "cat"}, [2, 4]),
        ({"kind": "all", "target": "cat", "predicted": "cat"}, [4]),
        ({"q": "STRASSE rome"}, [1]),
        ({"q": "text val-2"}, [2]),
        ({"q": "nowhere"}, []),
        ({"kind": "all", "order": "highest"}, [5, 1, 2, 4, 3]),
        ({"kind": "all", "order": "lowest"}, [3, 4, 2, 1, 5]),
    ],
)
def test_search_filters_and_order(world: World, query: dict[str, str], found: list[int]) -> None:
    assert ids(find_examples(CLASSES, ExampleQuery.of(query), answers_of("class"))) == found
    submission = with_examples(world)
    asked = {name: value for name, value in query.items() if value != ANY}
    answer = get(world, "captain", f"submissions/{submission.pk}/errors/?{urlencode(asked)}").json()
    assert [one["id"] for one in answer["results"]] == [f"val-{n}" for n in found]
    text = shown(world, submission, **query)
    places = [text.find(f"<code>val-{n}</code>") for n in found]
    assert places == sorted(places)
    assert -1 not in places
    assert f"{len(found)} of 5 validation items" in text


def test_tags_are_filtered_by_the_type_of_an_entity(world: World) -> None:
    set_task(world, "token-classification")
    wrong = example("val-0", TAGS, PREDICTED_TAGS, inputs={"tokens": WORDS}, error=0.2)
    right = example("val-1", ["O"] * 7, ["O"] * 7, inputs={"tokens": WORDS}, error=0.0)
    submission = validated(world, tags_report())
    store(submission, [kept(wrong, ExampleKind.LARGEST_ERROR), kept(right, ExampleKind.SMALLEST_ERROR)])
    assert "<code>val-0</code>" in shown(world, submission, target="person", predicted="place")
    assert "<code>val-0</code>" not in shown(world, submission, target="song")
    text = shown(world, submission, kind="all", order="lowest", q="babbage")
    assert text.find("<code>val-1</code>") < text.find("<code>val-0</code>")
    assert '<option value="lowest" selected>lowest error first</option>' in text
    assert '<span class="entity wrong">' in text


def test_numbers_have_no_filter_by_label(world: World) -> None:
    set_task(world, "text-regression")
    submission = validated(world, numbers_report())
    store(submission, [kept(example("val-0", 4.0, 1.5, 0.0, error=2.5), ExampleKind.LARGEST_ERROR)])
    text = shown(world, submission)
    assert ("2.5" in text, 'name="target"' in text, 'name="predicted"' in text) == (True, False, False)


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_has_pages_that_keep_the_question(world: World) -> None:
    many = [kept(example(f"val-{n}", "cat", "dog", confidence=0.5), ERROR) for n in range(45)]
    submission = with_examples(world, many, items=60)
    second = shown(world, submission, q="text", page=2)
    assert second.count('<div class="example">') == 20
    assert "<code>val-20</code>" in second
    assert 'rel="next" href="?q=text&amp;kind=&amp;order=&amp;page=3"' in second
    assert "Of 60 the first 45 were kept, errors first" in second
    assert '<input type="search" name="q" value="text"' in second
    answer = get(world, "captain", f"submissions/{submission.pk}/errors/?page=3&page_size=20").json()
    assert (answer["count"], len(answer["results"]), answer["next"]) == (45, 5, None)
    assert answer["results"][0]["kinds"] == ["error"]


def test_the_runs_page_leads_there_where_there_is_something(world: World) -> None:
    submission = validated(world)
    path = f'href="/s/{submission.pk}/errors/'
    assert path not in html(page(world, "captain", f"/s/{submission.pk}/"))
    store(submission, CLASSES)
    text = html(page(world, "captain", f"/s/{submission.pk}/"))
    assert f'{path}">Browse all errors</a>' in text
    assert f'{path}?kind=error">Show all</a>' in text


@pytest.mark.parametrize("who", EVERYBODY)
def test_only_who_sees_the_submission_sees_them(world: World, who: str) -> None:
    submission = with_examples(world)
    expected = 200 if who in TEAM else 302 if who == "anonymous" else 404
    assert page(world, who, f"/s/{submission.pk}/errors/").status_code == expected
    answer = get(world, who, f"submissions/{submission.pk}/errors/")
    assert answer.status_code == (200 if who in TEAM else 401 if who == "anonymous" else 404)


def test_a_run_without_them_says_so(world: World) -> None:
    submission = validated(world)
    assert "This run has kept no validation items" in shown(world, submission)
    assert get(world, "captain", f"submissions/{submission.pk}/errors/").status_code == 404


@pytest.mark.parametrize(
    "body", [b"{", b"[]\n", b'{"id": "val-1"}\n', kept(example("v", ["O"], "dog"), ERROR).model_dump_json().encode()]
)
def test_a_broken_file_is_not_shown(world: World, body: bytes) -> None:
    submission = validated(world)
    store_output(submission.jobs.get(), EXAMPLES, body)
    assert "This run has kept no validation items" in shown(world, submission)


def test_hostile_text_is_text(world: World) -> None:
    hostile = kept(example(HOSTILE[:90], HOSTILE, HOSTILE + "2", inputs={"text": HOSTILE}), ERROR)
    submission = with_examples(world, [hostile])
    text = shown(world, submission)
    assert text.count("&lt;script&gt;") >= 2
    assert live_markup(text) == []
    asked = shown(world, submission, q=HOSTILE, target=HOSTILE)
    assert 'name="q" value="&lt;script&gt;alert(1)&lt;/script&gt;' in asked
    assert "<script>alert" not in asked


@pytest.mark.parametrize("query", ["kind=nothing", "order=random", "page=0", "what=else", f"q={'x' * 201}"])
def test_the_api_refuses_what_it_does_not_know(world: World, query: str) -> None:
    submission = with_examples(world)
    assert get(world, "captain", f"submissions/{submission.pk}/errors/?{query}").status_code == 400
    assert page(world, "captain", f"/s/{submission.pk}/errors/?{query}").status_code == 200


@pytest.mark.parametrize("count", [1, 200])
def test_the_queries_do_not_grow(world: World, count: int, django_assert_num_queries: Any) -> None:
    submission = with_examples(world, [kept(example(f"val-{n}", "cat", "dog"), ERROR) for n in range(count)])
    client = browser_of(world, "captain")
    with django_assert_num_queries(7):  # session, person, own teams, submission, job, files, data version
        client.get(f"/s/{submission.pk}/errors/")
