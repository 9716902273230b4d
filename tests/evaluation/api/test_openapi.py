"""What the API answers is what its OpenAPI document says, before a score and after it."""

from __future__ import annotations

from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from evaluation.scoring.scorer import score_pending
from tests.api import get, post, submit
from tests.evaluation.report.made_up import class_report
from tests.factories import World
from tests.submissions.worker_api.node_http import claim, enrol
from training_worker.contract.wire import REPORT

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def document() -> Any:
    return SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]


def assert_described(document: Any, address: str, answer: Any, *, method: str = "get") -> None:
    responses = document["paths"][f"/api/{address}"][method]["responses"]
    described = responses.get(str(answer.status_code)) or responses["4XX"]
    schema = {**described["content"]["application/json"]["schema"], "components": document["components"]}
    Draft202012Validator(schema).validate(answer.json())


def test_answers_are_as_the_document_says(world: World, document: Any) -> None:
    created = submit(world)
    identity = created.json()["id"]
    pages = {
        "hackathons/": "hackathons/",
        "hackathons/{slug}/": f"hackathons/{world.hackathon.slug}/",
        "hackathons/{slug}/teams/": f"hackathons/{world.hackathon.slug}/teams/",
        "challenges/": "challenges/",
        "challenges/{slug}/": f"challenges/{world.challenge.slug}/",
        "leaderboard/{phase_id}/": f"leaderboard/{world.phase.pk}/",
        "me/": "me/",
        "teams/{team_id}/": f"teams/{world.team.pk}/",
        "submissions/": "submissions/",
        "submissions/{submission_id}/": f"submissions/{identity}/",
        "submissions/{submission_id}/curve/": f"submissions/{identity}/curve/",
        "submissions/{submission_id}/log/": f"submissions/{identity}/log/",
        "submissions/{submission_id}/report/": f"submissions/{identity}/report/",
    }
    assert_described(document, "submissions/", created, method="post")
    assert_described(document, "submissions/", submit(world, learning_rate=-1), method="post")
    config = {"phase": str(world.phase.pk), "config": created.json()["config"]}
    assert_described(
        document, "submissions/validate/", post(world, "captain", "submissions/validate/", config), method="post"
    )
    for who in ("captain", "anonymous"):
        for address, path in pages.items():
            assert_described(document, address, get(world, who, path))
    node = enrol()
    for _ in range(2):
        attempt = claim(node)
        assert attempt is not None
        attempt.progress(1, points=[{"step": 1, "name": "train_loss", "value": 0.5}])
        report = attempt.upload(REPORT, class_report().model_dump_json().encode())
        assert attempt.post("result", attempt.result(report)).status_code == 200
    assert score_pending() == 2
    for address, path in pages.items():
        answer = get(world, "captain", path)
        assert answer.status_code == 200
        assert_described(document, address, answer)
    assert get(world, "captain", f"submissions/{identity}/report/").json()["validation"]["items"] == 8
