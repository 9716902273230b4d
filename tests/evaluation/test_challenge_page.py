"""The page of a challenge: what leads and what comes last, what there is to beat, and commands that work as shown."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from evaluation.models import Reference
from evaluation.services.board_visibility import set_board_visibility
from hackathon.enums import ScoreVisibility, Visibility
from hackathon.models import Phase
from submissions.config_form.presets import default_config
from submissions.models import Submission
from submissions.services.check_config import check_config, terms_of
from tests.evaluation.scored import make_result, reserved_team
from tests.factories import LABELS, World, make_world
from tests.pages import html, page
from training_worker.contract.tasks import TASKS
from training_worker.contract.wire import JobKind

pytestmark = pytest.mark.django_db


def path(world: World) -> str:
    return f"/c/{world.challenge.slug}/"


def shown(world: World, name: str, who: str = "captain") -> str:
    """What the copy button of that name copies."""
    found = re.search(rf'<pre id="{name}"[^>]*>(.*?)</pre>', html(page(world, who, path(world))), re.DOTALL)
    assert found is not None
    return unescape(found[1])


def brief(world: World, who: str = "captain") -> str:
    found = re.search(r'<dl class="pairs" id="brief">(.*?)</dl>', html(page(world, who, path(world))), re.DOTALL)
    assert found is not None
    return " ".join(re.sub(r"<[^>]+>", " ", unescape(found[1])).split())


# --- what leads -----------------------------------------------------------------------------------------------------


def test_it_leads_with_task_data_metric_deadline_and_how_to_start(world: World) -> None:
    world.hackathon.time_zone = "Asia/Tokyo"
    world.hackathon.save()
    world.challenge.description = "What it is about."
    world.challenge.save()
    closes_at = timezone.now() + timedelta(hours=5, minutes=30)
    Phase.objects.filter(pk=world.phase.pk).update(closes_at=closes_at)
    text = brief(world)
    assert "text-classification: text → label" in text
    assert "20 training and 10 validation examples" in text
    assert "hidden test: 100 examples (30 public, 70 private)" in text
    assert f"{len(LABELS)} : {' , '.join(LABELS)}" in text
    assert "accuracy (higher is better)" in text
    local = closes_at + timedelta(hours=9)
    assert f"{local:%Y-%m-%d %H:%M} Asia/Tokyo Main : ends in 5\xa0hours".replace("\xa0", " ") in text
    whole = html(page(world, "captain", path(world)))
    order = [
        'id="brief"',
        'id="start"',
        'id="by-curl"',
        'id="by-python"',
        "What it is about.",
        "Quota of",
        'id="limits"',
    ]
    places = [whole.index(part) for part in order]
    assert places == sorted(places)
    assert "<details open" not in whole
    assert whole.index("learning_<wbr>rate</code>") > whole.index('<details class="flow" id="limits">')


def test_a_metric_of_which_less_is_better_says_so(world: World) -> None:
    world.challenge.task, world.challenge.primary_metric = "text-regression", "mse"
    world.challenge.save()
    assert "mse (lower is better)" in brief(world)


def test_many_labels_do_not_push_the_rest_away(world: World) -> None:
    world.data.manifest["labels"] = [f"label-{n}" for n in range(300)]
    world.data.save()
    text = brief(world)
    assert "300 : label-0" in text
    assert "label-19 …" in text
    assert "label-20" not in text


def test_what_there_is_to_beat(world: World) -> None:
    assert "to beat" not in brief(world)
    make_result(world, team=reserved_team(world), public=0.7123, private=0.4321, note="Organizers' LoRA")
    make_result(world, team=None, kind=JobKind.BASE_SCORE, public=0.6234, private=0.4321)
    make_result(world, team=world.rivals, public=0.9, private=0.4321)
    Reference.objects.create(
        data=world.data,
        name="tf-idf + logistic regression",
        metric="accuracy",
        public_score=0.8123,
        public_se=0.02,
        private_score=0.4321,
        private_se=0.02,
    )
    text = brief(world, "anonymous")
    beat = text[text.index("to beat") : text.index("deadline")]
    assert beat == (
        "to beat tf-idf + logistic regression 0.81 ± 0.02 "
        "Organizers' LoRA 0.71 ± 0.02 tiny-bert, untrained 0.62 ± 0.02 "
    )
    set_board_visibility(phase=world.phase, visibility=ScoreVisibility.RELEASED)
    assert brief(world, "anonymous").count(" 0.43 ±") == 3


@pytest.mark.parametrize(
    ("who", "button"), [("captain", "Submit a config"), ("outsider", "Join"), ("anonymous", "Join")]
)
def test_the_main_button_is_what_comes_next(world: World, who: str, button: str) -> None:
    text = html(page(world, who, path(world)))
    assert re.findall(r'class="button primary"[^>]*>([^<]+)<', text) == [button]
    assert f"/c/{world.challenge.slug}/submit/" in text


def test_nobody_is_asked_to_join_what_cannot_be_joined() -> None:
    world = make_world(visibility=Visibility.PRIVATE)
    world.outsider.is_superuser = True
    world.outsider.save()
    assert "/join/" not in html(page(world, "outsider", path(world)))
    world.hackathon.visibility, world.hackathon.ends_at = Visibility.PUBLIC, timezone.now()
    world.hackathon.save()
    assert "/join/" not in html(page(world, "anonymous", path(world)))


def test_without_a_phase_it_says_so(world: World) -> None:
    Phase.objects.all().delete()
    text = html(page(world, "captain", path(world)))
    assert "Nothing can be submitted before a phase is planned" in text
    assert "No phase is planned yet." in text
    assert 'id="curl"' not in text
    assert "deadline" not in brief(world)


# --- commands that work ---------------------------------------------------------------------------------------------


def curl_body(command: str) -> Any:
    words = shlex.split(command.replace("\\\n", " "))
    return json.loads(words[words.index("-d") + 1])


@pytest.mark.parametrize("task", sorted(TASKS))
def test_the_shown_config_is_the_forms_and_passes_the_check(world: World, task: str) -> None:
    world.challenge.task, world.challenge.primary_metric = task, TASKS[task].metrics[0]
    world.challenge.save()
    world.data.manifest["task"] = task
    world.data.save()
    world.model.facts = world.model.facts | {"tasks": [task]}
    world.model.save()
    body = curl_body(shown(world, "curl"))
    terms = terms_of(Phase.objects.select_related("challenge", "data").get())
    assert body == {"phase": str(world.phase.pk), "config": default_config(terms.offered)}
    assert check_config(terms, body["config"]).model == world.model
    script = shown(world, "python")
    assert str(body["config"]["training"]["learning_rate"]) in script
    compile(script, "shown", "exec")


@pytest.mark.django_db(transaction=True)
def test_the_shown_commands_submit(live_server: LiveServer, settings: LazySettings, tmp_path: Path) -> None:
    settings.SITE_URL = live_server.url
    world = make_world()
    assert shown(world, "curl").startswith(f"curl {live_server.url}/api/submissions/ ")
    curl = f"{shown(world, 'curl')} --silent --output answer.json --write-out '%{{http_code}}'"
    assert run(["bash", "-c", curl], tmp_path, world.tokens["captain"]) == "201"
    answer = json.loads((tmp_path / "answer.json").read_text())
    printed = run([sys.executable, "-c", shown(world, "python")], tmp_path, world.tokens["rival"])
    assert printed.startswith("201 {")
    assert str(Submission.objects.get(team=world.rivals).pk) in printed
    assert answer["id"] == str(Submission.objects.get(team=world.team).pk)
    assert run([sys.executable, "-c", shown(world, "python")], tmp_path, "htu_guessed").startswith("401 {")


def run(command: list[str], folder: Path, token: str) -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "HACKTUNE_TOKEN": token}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()
