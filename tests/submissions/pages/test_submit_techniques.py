"""Techniques, models and fields in the form: what fits the task is offered, all else is refused with the reason."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.http import HttpResponse

from hackathon.bundles.yaml import load
from submissions.models import Submission
from tests.factories import BaseModelFactory, World
from tests.pages import browser_of, html, page
from tests.submissions.pages.submit_page import LORA, path, problems, send, textarea, value_of

FGM = {"techniques.fgm": "on", "techniques.fgm.epsilon": "1.5"}
NOISE = {"techniques.noise_injection": "on", "techniques.noise_injection.copies": "2"}
YAML = "base_model: tiny-bert\nmethod: {name: full}\ntechniques:\n  - name: fgm\n    epsilon: 2\n"


@pytest.fixture
def world(world: World) -> World:
    allow(world, techniques=["fgm", "noise_injection"])
    return world


def allow(world: World, **limits: Any) -> None:
    world.challenge.limits |= limits
    world.challenge.save()


def post(world: World, values: dict[str, str], button: str = "submit") -> HttpResponse:
    response: HttpResponse = browser_of(world, "captain").post(path(world), LORA | {button: "1"} | values)
    return response


def is_checked(text: str, name: str) -> bool:
    tag = re.search(rf'<input[^>]*name="{re.escape(name)}"[^>]*>', text)
    assert tag is not None, name
    return " checked" in tag[0]


def test_the_form_offers_techniques_switched_off_with_their_defaults(world: World) -> None:
    text = html(page(world, "captain", path(world)))
    assert not is_checked(text, "techniques.fgm")
    assert value_of(text, "techniques.fgm.epsilon") == "0.1"
    assert text.index("technique: noise_injection") < text.index("technique: fgm")
    assert "Training copies with typing errors: in each copy some words" in text
    assert '<label for="id_techniques.fgm">Enable</label>' in text


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({}, []),
        ({"techniques.fgm.epsilon": "5"}, []),
        (FGM, [{"name": "fgm", "epsilon": 1.5}]),
        ({"techniques.fgm": "on", "techniques.fgm.epsilon": ""}, [{"name": "fgm", "epsilon": 0.1}]),
        (
            FGM | NOISE,
            [{"name": "noise_injection", "probability": 0.1, "copies": 2}, {"name": "fgm", "epsilon": 1.5}],
        ),
    ],
)
def test_techniques_that_are_switched_on_are_submitted(world: World, sent: dict[str, str], stored: list[Any]) -> None:
    assert post(world, sent).status_code == 302
    assert Submission.objects.get().config["techniques"] == stored


def test_an_error_in_a_technique_stands_beside_its_field(world: World) -> None:
    allow(world, ranges={"techniques.fgm.epsilon": {"min": 0.5, "max": 2}})
    wrong = {"techniques.noise_injection.copies": "two", "techniques.fgm.epsilon": "5"}
    text = html(post(world, FGM | NOISE | wrong))
    assert list(problems(text)) == ["techniques.noise_injection.copies"]
    assert "not a whole number" in problems(text)["techniques.noise_injection.copies"]
    found = problems(html(post(world, FGM | NOISE | {"techniques.fgm.epsilon": "5"})))
    assert found == {"techniques.fgm.epsilon": "5 is outside this challenge's range. Allowed: 0.5 … 2."}
    assert not Submission.objects.exists()


def test_a_technique_without_effect_is_refused_beside_its_switch(world: World) -> None:
    text = html(post(world, FGM | {"method.name": "head"}))
    assert list(problems(text)) == ["techniques.fgm"]
    assert "no effect with the method head" in problems(text)["techniques.fgm"]
    assert is_checked(text, "techniques.fgm")
    assert value_of(text, "techniques.fgm.epsilon") == "1.5"


def test_only_techniques_that_the_challenge_allows_are_offered(world: World) -> None:
    allow(world, techniques=["noise_injection"])
    text = html(page(world, "captain", path(world)))
    assert "technique: noise_injection" in text
    assert "fgm" not in text
    said = problems(html(post(world, FGM)))
    assert said == {"techniques.fgm": "This technique is not allowed in this challenge. Allowed: noise_injection."}
    allow(world, techniques=[])
    assert "technique" not in html(page(world, "captain", path(world))).partition("<main")[2]


def test_another_method_keeps_the_techniques(world: World) -> None:
    text = html(post(world, FGM | {"show": "full"}, button="to_method"))
    assert value_of(text, "method.name") == "full"
    assert is_checked(text, "techniques.fgm")
    assert value_of(text, "techniques.fgm.epsilon") == "1.5"


def test_techniques_go_to_yaml_and_back(world: World) -> None:
    text = textarea(html(post(world, FGM | NOISE | {"to": "yaml"}, button="x")))
    wanted = [{"name": "noise_injection", "probability": 0.1, "copies": 2}, {"name": "fgm", "epsilon": 1.5}]
    assert load(text)["techniques"] == wanted
    back = html(send(world, button="x", to="form", tab="yaml", yaml=text))
    assert is_checked(back, "techniques.fgm")
    assert is_checked(back, "techniques.noise_injection")
    assert value_of(back, "techniques.noise_injection.copies") == "2"
    assert not problems(back)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (YAML.replace("fgm", "mixup"), "techniques.mixup"),
        (YAML + "    steps: 3\n", "techniques.fgm.steps"),
        (YAML + "  - name: fgm\n", "techniques.1"),
        (YAML + "  - fgm\n", "techniques.1"),
    ],
)
def test_yaml_with_what_no_field_shows_stays_text_and_names_it(world: World, text: str, named: str) -> None:
    shown = html(send(world, button="x", to="form", tab="yaml", yaml=text))
    assert f"The form has no field for “{named}”." in problems(shown)["yaml"]
    assert textarea(shown) == text


def test_a_problem_of_a_technique_in_yaml_names_its_line(world: World) -> None:
    shown = html(send(world, tab="yaml", yaml=YAML.replace("2\n", "200\n")))
    assert "Line 5: techniques.0.epsilon" in problems(shown)["yaml"]


def test_a_copy_keeps_its_techniques_even_where_they_are_not_allowed_any_more(world: World) -> None:
    post(world, FGM)
    submission = Submission.objects.get()
    copy = f"{path(world)}?copy={submission.pk}"
    assert is_checked(html(page(world, "captain", copy)), "techniques.fgm")
    allow(world, techniques=[])
    text = html(page(world, "captain", copy))
    assert is_checked(text, "techniques.fgm")
    assert "not allowed in this challenge" in problems(text)["techniques.fgm"]


def test_a_field_that_the_task_does_not_use_is_not_shown(world: World) -> None:
    assert "label_smoothing_factor" in html(page(world, "captain", path(world)))
    world.challenge.task = "text-regression"
    world.challenge.save()
    for address in (path(world), f"/c/{world.challenge.slug}/"):
        assert "label_smoothing_factor" not in html(page(world, "captain", address))
    send(world)
    stored = Submission.objects.get()
    assert stored.config["training"]["label_smoothing_factor"] == 0.0
    assert page(world, "captain", f"{path(world)}?copy={stored.pk}").status_code == 200
    written = YAML + "training: {label_smoothing_factor: 0.0}\n"
    assert not problems(html(send(world, button="x", to="form", tab="yaml", yaml=written)))


def test_the_challenge_names_the_largest_batch_in_the_unit_of_its_task(world: World) -> None:
    allow(world, max_batch_cost=2048)
    text = html(page(world, "captain", f"/c/{world.challenge.slug}/"))
    assert '<dt>largest batch</dt><dd class="num">2048 tokens</dd>' in text
    world.challenge.task = "image-classification"
    world.challenge.save()
    assert "2048 kilopixels</dd>" in html(page(world, "captain", f"/c/{world.challenge.slug}/"))


def test_only_models_that_can_do_the_task_are_offered_and_others_are_refused_with_the_reason(world: World) -> None:
    facts = {"family": "vision", "tasks": ["image-classification"], "max_positions": None, "layers": []}
    BaseModelFactory(slug="eyes", facts=facts)
    allow(world, base_models=["eyes", "tiny-bert"])
    shown = html(page(world, "captain", path(world)))
    assert '<option value="tiny-bert"' in shown
    assert "eyes" not in shown
    assert "eyes" not in html(page(world, "captain", f"/c/{world.challenge.slug}/"))
    said = problems(html(send(world, base_model="eyes")))
    assert "This base model (vision) cannot do the task text-classification." in said["base_model"]


def test_a_model_and_a_method_that_do_not_fit_are_refused_beside_the_field(world: World) -> None:
    world.model.facts |= {"layers": ["attention"], "max_positions": 64}
    world.model.save()
    wrong = {"method__target_modules": "all-linear", "training__max_length": "65"}
    assert problems(html(send(world, **wrong))) == {
        "method.target_modules": "This base model has no layers of this kind to adapt. Allowed: attention.",
        "training.max_length": "This base model reads at most 64 tokens. Allowed: ≤ 64.",
    }
    assert not Submission.objects.exists()
