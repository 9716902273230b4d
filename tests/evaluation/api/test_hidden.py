"""Hidden things are looked for in every answer: walks every address of the site that takes a GET, as everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from evaluation.models import Reference, Result
from evaluation.scoring.scorer import score_pending
from evaluation.services.board_visibility import set_board_visibility
from hackathon.enums import ScoreVisibility
from hackathon.files.storage import storage
from tests.api import EVERYBODY, client_of, submit
from tests.evaluation.report.made_up import class_report
from tests.evaluation.scored import part_scores
from tests.factories import World
from tests.submissions.worker_api.node_http import claim, enrol
from training_worker.contract.report import ExampleKind, KeptExample
from training_worker.contract.wire import EXAMPLES, MODEL_CARD, PREDICTIONS, REPORT

pytestmark = pytest.mark.django_db

ACCOUNT = {"key": "nonsense", "token_id": "0" * 8 + "-0000-4000-8000-" + "0" * 12, "uidb36": "0"}
"""Arguments of addresses of people's accounts."""
NOT_OPEN = {
    "/signup/": 302,
    "/outbox/": 404,
    f"/account/tokens/{ACCOUNT['token_id']}/revoke/": 405,
    "/account/password/set/": 302,
    "/account/second-factor/authenticate/": 302,
    "/account/second-factor/reauthenticate/": 302,
    "/account/second-factor/totp/activate/": 302,
    "/account/second-factor/totp/deactivate/": 404,
    "/account/second-factor/recovery-codes/": 404,
    "/account/second-factor/recovery-codes/generate/": 302,
    "/account/second-factor/recovery-codes/download/": 404,
}
"""Of an account: what needs a second factor, a password just entered, the demo, or nobody logged in."""
PRIVATE, PRIVATE_SE, PUBLIC = 0.123456, 0.0654321, 0.876543
MAGIC = "MAGIC-LABEL"

ELSEWHERE = ("admin/", "api/worker/", "api/schema/", "api/docs/", "i18n/", "logout/")
"""Of operators, of nodes (tested where they are), or without data of a hackathon."""


@pytest.fixture
def scored(world: World) -> World:
    """The captain's run was scored with known private values; labels and predictions hold a magic word."""
    world.challenge.slug = world.hackathon.slug  # so that one value fits every `<slug>`
    world.challenge.save()
    world.identity = submit(world).json()["id"]  # type: ignore[attr-defined]
    node = enrol()
    for _ in range(2):
        attempt = claim(node)
        assert attempt is not None
        card = attempt.upload(MODEL_CARD, b"# A model")
        report = attempt.upload(REPORT, class_report().model_dump_json().encode())
        example = class_report().groups[0].examples[0]
        kept = KeptExample(**dict(example), kinds=(ExampleKind.ERROR,))
        examples = attempt.upload(EXAMPLES, kept.model_dump_json().encode())
        assert attempt.post("result", attempt.result(card, report, examples)).status_code == 200
    assert score_pending() == 2
    Result.objects.update(
        public_score=PUBLIC,
        private_score=PRIVATE,
        private_se=PRIVATE_SE,
        public_metrics=part_scores(PUBLIC, se=0.02),
        private_metrics=part_scores(PRIVATE, se=PRIVATE_SE),
    )
    scores = {"public_score": PUBLIC, "public_se": 0.02, "private_score": PRIVATE, "private_se": PRIVATE_SE}
    Reference.objects.create(data=world.data, name="Reference", metric="accuracy", **scores)
    storage("labels").save(f"{world.data.prefix}/more.jsonl", ContentFile(f'"{MAGIC}"'.encode()))
    return world


def addresses(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    """(route, names of its arguments) of every address but those `ELSEWHERE`."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if route.startswith(ELSEWHERE):
            continue
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route, re.findall(r"<(?:\w+:)?(\w+)>", route)


def filled(route: str, names: list[str], values: dict[str, str]) -> str:
    unknown = set(names) - values.keys()
    assert not unknown, f"Say here what {unknown} of the new address {route} may be."
    for name in names:
        route = re.sub(rf"<(?:\w+:)?{name}>", values[name], route)
    return f"/{route}"


def paths(world: World, *, name: str = MODEL_CARD) -> list[str]:
    identity = world.identity  # type: ignore[attr-defined]
    values = {
        "slug": world.hackathon.slug,
        "pk": identity,
        "submission_id": identity,
        "phase_id": str(world.phase.pk),
        "team_id": str(world.team.pk),
        "name": name,
        **ACCOUNT,
        "invitation_id": identity,
        "membership_id": identity,
        "token": "hti_guessed",
        "version": str(world.data.version),
        "split": "train",
        "file": "train.jsonl",
    }
    return [filled(route, names, values) for route, names in addresses(get_resolver().url_patterns)]


def fetch(world: World, who: str, path: str) -> tuple[int, str]:
    """Status, and headers and body as one text."""
    if path.startswith("/api/"):
        response = client_of(world, who).get(path)
    else:
        browser = Client()
        if who != "anonymous":
            browser.force_login(getattr(world, who))
        response = browser.get(path)
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return response.status_code, f"{response.headers} {body.decode(errors='replace')}"


def leaks(text: str, secret: float) -> bool:
    """Is there a number that gives `secret` away to four digits or more, as it is or in percent?"""
    without_times = re.sub(r"\d{4}-\d\d-\d\d[T ][\d:.]+", "", text)
    numbers = [float(number) for number in re.findall(r"\d+\.\d{3,}", without_times)]
    return any(abs(n - secret) <= 5e-5 or abs(n - 100 * secret) <= 5e-3 for n in numbers)


@pytest.mark.parametrize("who", EVERYBODY)
def test_no_answer_gives_a_hidden_value_away(scored: World, who: str) -> None:
    seen = 0
    for path in [*paths(scored), *paths(scored, name=PREDICTIONS)]:
        status, text = fetch(scored, who, path)
        seen += status == 200
        for secret in (PRIVATE, PRIVATE_SE, PUBLIC):
            assert not leaks(text, secret), path
        assert "item-" not in text, path
        assert MAGIC not in text, path
        assert "private_score" not in text, path
    assert seen > (8 if who == "anonymous" else 12)


def test_a_finer_step_shows_more_of_the_public_score_and_nothing_of_the_private(scored: World) -> None:
    scored.phase.display_step = 0.0001
    scored.phase.save()
    texts = [fetch(scored, "captain", path)[1] for path in paths(scored)]
    assert any(
        "The base model was wrong, your run is right." in text for text in texts
    )  # so the validation report is among what is searched
    assert any(leaks(text, PUBLIC) for text in texts)  # so the search does find what is there
    assert not any(leaks(text, PRIVATE) for text in texts)
    set_board_visibility(phase=scored.phase, visibility=ScoreVisibility.RELEASED)
    assert any(leaks(fetch(scored, "anonymous", path)[1], PRIVATE) for path in paths(scored))


def test_every_address_of_the_team_opens_for_it(scored: World) -> None:
    refused = {path: fetch(scored, "captain", path)[0] for path in paths(scored)}
    assert {path: status for path, status in refused.items() if status != 200} == {
        "/favicon.ico": 302,
        "/metrics": 404,
        f"/api/submissions/{scored.identity}/cancel/": 405,  # type: ignore[attr-defined]
        f"/api/submissions/{scored.identity}/withdraw/": 405,  # type: ignore[attr-defined]
        f"/api/submissions/{scored.identity}/restore/": 405,  # type: ignore[attr-defined]
        f"/api/teams/{scored.team.pk}/leave/": 405,
        f"/api/teams/{scored.team.pk}/members/{scored.identity}/remove/": 405,  # type: ignore[attr-defined]
        f"/api/teams/{scored.team.pk}/members/{scored.identity}/captain/": 405,  # type: ignore[attr-defined]
        "/api/submissions/validate/": 405,
        f"/s/{scored.identity}/cancel/": 405,  # type: ignore[attr-defined]
        f"/s/{scored.identity}/withdraw/": 405,  # type: ignore[attr-defined]
        f"/s/{scored.identity}/restore/": 405,  # type: ignore[attr-defined]
        "/login/": 302,
        "/account/email/": 302,  # asks for the password first
        **NOT_OPEN,
        f"/h/{scored.hackathon.slug}/join/": 302,
        f"/h/{scored.hackathon.slug}/dashboard/": 404,
        "/workers/": 404,
        f"/h/{scored.hackathon.slug}/new-team/": 302,
        f"/t/{scored.team.pk}/leave/": 405,
        f"/t/{scored.team.pk}/invitations/{scored.identity}/revoke/": 405,  # type: ignore[attr-defined]
        f"/t/{scored.team.pk}/members/{scored.identity}/remove/": 405,  # type: ignore[attr-defined]
        f"/t/{scored.team.pk}/members/{scored.identity}/captain/": 405,  # type: ignore[attr-defined]
        "/i/hti_guessed/": 404,
        f"/c/{scored.challenge.slug}/data/{scored.data.version}/{MODEL_CARD}": 404,  # no file of the data
        f"/c/{scored.challenge.slug}/data/{scored.data.version}/files/{MODEL_CARD}": 404,  # no input is a file
        "/styleguide/": 404,
        f"/models/{scored.hackathon.slug}.zip": 404,
    }


def test_predictions_of_test_items_open_for_nobody(scored: World) -> None:
    for who in EVERYBODY:
        for path in paths(scored, name=PREDICTIONS):
            if PREDICTIONS in path:
                assert fetch(scored, who, path)[0] in {302, 401, 404}


def test_no_etag_and_no_header_depends_on_a_private_score(scored: World) -> None:
    before = {path: _stable(fetch(scored, "captain", path)[1]) for path in paths(scored)}
    Result.objects.update(private_score=0.9, private_metrics={})
    assert {path: _stable(fetch(scored, "captain", path)[1]) for path in paths(scored)} == before


def _stable(text: str) -> str:
    """Without what differs between any two answers."""
    text = re.sub(r"'X-Request-Id': '\w+'|<code>[0-9a-f]{12}</code>", "", text)
    text = re.sub(r"csrfmiddlewaretoken\W+value=\W\w+|\w{64}|Set-Cookie.*?;", "", text)
    return re.sub(r"'Expires': '[^']+'|'Last-Modified': '[^']+'|'Date': '[^']+'", "", text)
