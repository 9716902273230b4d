"""A scored run whose model predicts the same for everything: said by its page, in lists and by the API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from submissions.models import Job, Submission
from tests.api import get
from tests.evaluation.report.made_up import class_report
from tests.evaluation.report.validated import validated
from tests.evaluation.scored import make_result
from tests.factories import World
from tests.pages import html, page
from tests.submissions.play import job_result
from training_worker.contract.report import Collapse

pytestmark = pytest.mark.django_db
COLLAPSE = Collapse(answer="positive", share=0.987)
BADGE = "state-collapsed"


def collapsed(world: World, collapse: Collapse = COLLAPSE) -> Submission:
    submission = validated(world, class_report(collapse=collapse))
    result = job_result().model_copy(update={"collapse": collapse})
    submission.jobs.update(result=result.model_dump(mode="json"))
    return submission


def words(world: World, path: str, who: str = "captain") -> str:
    return " ".join(html(page(world, who, path)).split()).replace("\u2068", "").replace("\u2069", "")


def test_the_page_warns_and_says_what_to_change(world: World) -> None:
    text = words(world, f"/s/{collapsed(world).pk}/")
    assert 'title="The model predicts the same for everything."> scored, collapsed</span>' in text
    assert "state-succeeded" not in text
    assert "it predicts “positive” for 98 % of the validation data." in text
    assert "a lower learning rate (now 0.01), more warm-up (now 0.06), more steps (10 so far)" in text
    assert "another method than head." in text


@pytest.mark.parametrize(("answer", "shown"), [(3.14159, "“3.142” for 100 %"), ("<b>x</b>", "“&lt;b&gt;x&lt;/b&gt;”")])
def test_any_answer_is_named(world: World, answer: Any, shown: str) -> None:
    assert shown in words(world, f"/s/{collapsed(world, Collapse(answer=answer, share=1.0)).pk}/")


@pytest.mark.parametrize("path", ["/submissions/", "/"])
def test_lists_mark_it(world: World, path: str) -> None:
    make_result(world, team=world.team, public=0.8)
    assert BADGE not in words(world, path)
    submission = collapsed(world)
    assert words(world, path).count(BADGE) == (2 if path == "/submissions/" else 1)  # a phone's line, a column
    Job.objects.filter(submission=submission).update(state="scoring")
    assert BADGE not in words(world, path)


def test_the_api_has_it(world: World) -> None:
    submission = collapsed(world)
    found = get(world, "captain", f"submissions/{submission.pk}/report/").json()["validation"]["collapse"]
    assert found == {"answer": "positive", "share": 0.987}


def test_reports_of_before_have_none(world: World) -> None:
    old = class_report().model_dump(mode="json")
    del old["collapse"]
    submission = validated(world, json.dumps(old).encode())
    assert get(world, "captain", f"submissions/{submission.pk}/report/").json()["validation"]["collapse"] is None
    assert BADGE not in words(world, f"/s/{submission.pk}/")
