"""The API by its own description, for five roles: whatever is sent, no crash, no answer that the description does not
have, and nothing for whoever may not have it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.urls import is_valid_path
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from submissions.models import ProgressChunk
from tests.evaluation.scored import make_result, store_output
from tests.factories import World
from training_worker.contract.text import refused_character
from training_worker.contract.wire import MODEL_CARD

pytestmark = pytest.mark.django_db
ROLES = ("anonymous", "rival", "captain", "organizer", "chief")
CONFORMS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
STAFF = frozenset({"organizer", "chief"})
SIGNED_IN = STAFF | {"rival", "captain"}
MAY = {
    "GET /api/me/": SIGNED_IN,
    "GET /api/submissions/": SIGNED_IN,
    "POST /api/submissions/": {"captain", "rival"},
    "POST /api/submissions/validate/": SIGNED_IN,
    "GET /api/submissions/{submission_id}/": STAFF | {"captain"},
    "PATCH /api/submissions/{submission_id}/": {"captain"},
    "GET /api/submissions/{submission_id}/artifacts/{name}/": STAFF | {"captain"},
    "POST /api/submissions/{submission_id}/cancel/": STAFF | {"captain"},
    "GET /api/submissions/{submission_id}/curve/": STAFF | {"captain"},
    "GET /api/submissions/{submission_id}/log/": STAFF | {"captain"},
    "GET /api/submissions/{submission_id}/model/": STAFF | {"captain"},
    "GET /api/submissions/{submission_id}/report/": STAFF | {"captain"},
    "POST /api/submissions/{submission_id}/restore/": {"captain"},
    "POST /api/submissions/{submission_id}/withdraw/": {"captain"},
    "GET /api/challenges/{slug}/data/": SIGNED_IN,
    "GET /api/challenges/{slug}/data/{split}/rows/": SIGNED_IN,
    "GET /api/challenges/{slug}/data/{version}/files/{file}/": SIGNED_IN,
    "POST /api/hackathons/{slug}/teams/": set(),
    "POST /api/teams/{team_id}/leave/": {"captain"},
    "POST /api/teams/{team_id}/members/{membership_id}/captain/": {"captain"},
    "POST /api/teams/{team_id}/members/{membership_id}/remove/": {"captain"},
}
"""Who may get a 2xx of what is not public; everybody here has a team or is an organizer, so nobody founds one."""
NOT_NOW = {"POST /api/submissions/{submission_id}/cancel/", "POST /api/submissions/{submission_id}/restore/"}
"""Of a submission that is scored and ranked: 409."""


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """A request's end would close the test's own, as Django's test client knows."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def real(world: World) -> dict[str, str]:
    """Parameters of paths that lead to something."""
    job = make_result(world, team=world.team, public=0.8).job
    store_output(job, MODEL_CARD, b"# A model")
    points = [{"step": 1, "name": "train_loss", "value": 0.7}]
    lines = [{"at": "2030-01-01T00:00:00Z", "text": "a line"}]
    ProgressChunk.objects.create(job=job, attempt=job.attempt, seq=1, points=points, lines=lines)
    return {
        "submission_id": str(job.submission.pk if job.submission else ""),
        "name": MODEL_CARD,
        "team_id": str(world.team.pk),
        "membership_id": str(world.team.memberships.get(user=world.teammate).pk),
        "phase_id": str(world.phase.pk),
        "split": "train",
        "version": str(world.data.version),
        "file": "train.jsonl",
    }


def application(environ: Any, start_response: Any) -> list[bytes]:
    """Ours, with an answer that is read and closed at once, as a server does."""
    answer = get_wsgi_application()(environ, start_response)
    try:
        return list(answer)
    finally:
        answer.close()


def operations() -> Iterator[Any]:
    headers = {"Accept": "application/json", "Host": "localhost"}
    schema = schemathesis.openapi.from_wsgi("/api/schema/", application, headers=headers)
    for found in schema.get_all_operations():
        yield found.ok()


def headers_of(world: World, who: str) -> dict[str, str]:
    if who == "chief":
        world.organizer.is_staff = world.organizer.is_superuser = True
        world.organizer.save()
    token = {} if who == "anonymous" else {"Authorization": world.token("organizer" if who == "chief" else who)}
    return {"Host": "localhost"} | token


def make_real(case: Any, world: World) -> None:
    """A body that names a phase names one that is open, and a model that it has."""
    if isinstance(case.body, dict) and "phase" in case.body:
        case.body["phase"] = str(world.phase.pk)
        if isinstance(case.body.get("config"), dict):
            case.body["config"]["base_model"] = world.model.slug


def call(case: Any, headers: dict[str, str]) -> Any:
    """The answer; what it wrote is undone."""
    with transaction.atomic():
        answer = case.call(headers=headers)
        transaction.set_rollback(True)
    return answer


def refusals_of(answer: Any) -> set[int]:
    """What nobody's request gets: what is no address or no text is told to everybody alike.

    The client notes a query as it was generated and may send less of it.
    """
    noted = urlsplit(answer.request.url)
    path = unquote(noted.path)
    if not is_valid_path(path) or refused_character(path):
        return {404}
    return {400, 401} if refused_character(unquote(noted.query)) else {401}


def check(case: Any, answer: Any, who: str) -> None:
    label, status = case.operation.label, answer.status_code
    is_public = {} in case.operation.definition.raw["security"]
    if not is_public:
        assert not 200 <= status < 300 or who in MAY[label], f"{who} got {status} from {label}"
        assert who != "anonymous" or status in refusals_of(answer)
    is_plain = case.method == "GET" and all(str(value).isprintable() for value in case.query.values())
    accepts = [positive_data_acceptance] if is_plain else []  # no schema says all that a name or a config must fit
    case.validate_response(answer, checks=[*CONFORMS, *accepts])


def try_all(world: World, real: dict[str, str], who: str, examples: int) -> dict[str, set[int]]:
    """Every operation with generated and with real addresses, with bodies and queries that fit and that do not."""
    gentle = settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    headers, seen = headers_of(world, who), {}
    for operation in operations():
        slug = world.challenge.slug if "/challenges/" in operation.path else world.hackathon.slug
        known = {name: value for name, value in (real | {"slug": slug}).items() if f"{{{name}}}" in operation.path}
        for mode in GenerationMode:
            for parameters in [{}, {"path_parameters": known}] if known else [{}]:

                @gentle
                @given(case=operation.as_strategy(generation_mode=mode, **parameters))
                def attempt(case: Any) -> None:
                    if case.meta.generation.mode is GenerationMode.POSITIVE:
                        make_real(case, world)
                    answer = call(case, headers)
                    seen.setdefault(case.operation.label, set()).add(answer.status_code)
                    check(case, answer, who)

                with suppress(Unsatisfiable):  # a real address, and nothing else that could be wrong
                    attempt()
    return seen


@pytest.mark.parametrize("who", ROLES)
def test_nothing_that_is_sent_breaks_it_or_opens_more_than_it_may(world: World, real: dict[str, str], who: str) -> None:
    seen = try_all(world, real, who, examples=5)
    assert seen.keys() == {operation.label for operation in operations()}
    reached = {label for label, statuses in seen.items() if any(status < 300 for status in statuses)}
    expected = {label for label, roles in MAY.items() if who in roles} - NOT_NOW
    assert expected <= reached


@pytest.mark.long
@pytest.mark.parametrize("who", ROLES)
def test_nor_in_a_long_campaign(world: World, real: dict[str, str], who: str) -> None:
    try_all(world, real, who, examples=100)
