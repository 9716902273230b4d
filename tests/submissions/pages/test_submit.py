"""Submitting in the browser: who may, the form, what it costs, what stands in the way."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.utils import timezone

from hackathon.enums import Role
from hackathon.models import Participation
from submissions.config_form.fields import as_text, flatten
from submissions.config_form.presets import preset_values, presets_of
from submissions.models import Job, Quota, Submission
from submissions.services.check_config import check_config, terms_of
from tests.factories import BaseModelFactory, World
from tests.pages import EVERYBODY, browser_of, html, page
from tests.submissions.pages.submit_page import LORA, focused, live, notes, path, problems, send, textarea, value_of

# --- who ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", EVERYBODY)
def test_who_sees_the_form_and_who_may_submit(world: World, who: str) -> None:
    shown = page(world, who, path(world))
    if who == "anonymous":
        assert shown["Location"] == f"/login/?next={path(world)}"
        assert send(world, who)["Location"].startswith("/login/")
        return
    may = who in {"captain", "teammate", "rival"}
    assert shown.status_code == 200
    assert ('name="submit"' in html(shown)) is may
    assert send(world, who).status_code == (302 if may else 403)
    assert Submission.objects.count() == may


@pytest.mark.parametrize("who", ["outsider", "judge", "organizer"])
def test_who_may_not_submit_may_check_and_is_told_what_to_do(world: World, who: str) -> None:
    said = {
        "outsider": "You have not joined this hackathon",
        "judge": "You are judge here",
        "organizer": "You are organizer here",
    }
    assert said[who] in html(page(world, who, path(world)))
    assert "This config is valid." in html(send(world, who, "preview"))
    Participation.objects.get_or_create(
        user=world.outsider, hackathon=world.hackathon, defaults={"role": Role.PARTICIPANT}
    )
    assert "Only teams can submit" in html(page(world, "outsider", path(world)))


def test_a_challenge_that_one_may_not_see_is_not_there(world: World) -> None:
    world.challenge.is_published = False
    world.challenge.save()
    assert page(world, "captain", path(world)).status_code == 404
    assert send(world).status_code == 404
    assert page(world, "organizer", path(world)).status_code == 200


def test_a_post_needs_its_token(world: World) -> None:
    client = browser_of(world, "captain", enforce_csrf_checks=True)
    assert client.post(path(world), LORA | {"submit": "1"}).status_code == 403
    assert not Submission.objects.exists()


def test_without_model_or_phase_there_is_no_form(world: World) -> None:
    world.model.is_enabled = False
    world.model.save()
    text = html(page(world, "captain", path(world)))
    assert "Nothing can be submitted before" in text
    assert 'name="base_model"' not in text
    assert "Nothing can be submitted before" in html(send(world))


# --- the form -------------------------------------------------------------------------------------------------------


def test_a_form_that_is_sent_becomes_a_run(world: World) -> None:
    response = send(world, note="first try")
    submission = Submission.objects.get()
    assert response["Location"] == f"/s/{submission.pk}/"
    assert (submission.note, submission.author, submission.team) == ("first try", world.captain, world.team)
    assert submission.config["method"] | {"lora_dropout": 0.05} == {
        "dtype": "float32",
        "load_in_4bit": False,
        "name": "lora",
        "r": 4,
        "lora_alpha": 16,
        "lora_dropout": 0.05,
        "target_modules": "attention",
        "use_dora": False,
        "use_rslora": False,
    }
    assert submission.config["training"]["learning_rate"] == 1e-4
    assert submission.config["training"]["num_train_epochs"] == 2
    assert Quota.objects.get(team=world.team).used_total == 1


def test_inputs_carry_the_challenges_bounds_and_the_contracts_help(world: World) -> None:
    world.challenge.limits |= {"ranges": {"method.r": {"min": 2, "max": 16}}, "methods": ["head", "lora"]}
    world.challenge.save()
    text = html(page(world, "captain", path(world) + "?method=lora"))
    tag = re.search(r'<input[^>]*name="method\.r"[^>]*>', text)
    assert tag is not None
    assert all(part in tag[0] for part in ('type="number"', 'min="2"', 'max="16"', 'step="1"', 'aria-describedby="'))
    assert "Rank of the update matrices. 2 … 16" in text
    assert 'value="full"' not in text
    rate = re.search(r'<input[^>]*name="training\.learning_rate"[^>]*>', text)
    assert rate is not None
    assert 'step="any"' in rate[0]


@pytest.mark.parametrize("method", ["full", "head", "lora"])
def test_the_method_is_chosen_by_address(world: World, method: str) -> None:
    text = html(page(world, "captain", f"{path(world)}?method={method}"))
    assert value_of(text, "method.name") == method
    assert ('name="method.r"' in text) is (method == "lora")
    assert f'value="{method}" formnovalidate aria-pressed="true"' in text


@pytest.mark.parametrize("methods", [["head", "lora"], ["head", "full"]])
def test_the_example_of_the_challenge_page_is_what_the_form_starts_with(world: World, methods: list[str]) -> None:
    narrowed = {"training.learning_rate": {"min": 1e-5, "max": 1e-4}}
    world.challenge.limits |= {"methods": methods, "ranges": narrowed}
    world.challenge.save()
    request = unescape(html(page(world, "captain", f"/c/{world.challenge.slug}/")).partition('id="curl"')[2])
    body = json.loads(request.partition("-d '")[2].partition("'")[0])
    started = html(page(world, "captain", path(world)))
    assert body["phase"] == str(world.phase.pk)
    assert body["config"]["training"]["learning_rate"] == 1e-4
    assert body["config"]["method"]["name"] == value_of(started, "method.name")
    for name, value in flatten(body["config"]).items():
        if not isinstance(value, str):
            assert value_of(started, name) == as_text(value)
    assert check_config(terms_of(world.phase), body["config"]).config.method.name == body["config"]["method"]["name"]


@pytest.mark.parametrize("method", ["full", "head", "lora"])
def test_a_preset_brings_its_values_and_keeps_model_note_and_tags(world: World, method: str) -> None:
    world.challenge.limits |= {"base_models": ["tiny-bert", "other-bert"]}
    world.challenge.save()
    other = BaseModelFactory(slug="other-bert")
    kept = {"base_model": other.slug, "note": "mine", "tags": "a, b"}
    for preset in presets_of(method):
        text = html(send(world, button="tab", tab="form", method__name=method, preset=preset.slug, **kept))
        values = preset_values(method, preset.slug, terms_of(world.phase).offered)
        for name in ("training.learning_rate", "training.num_train_epochs"):
            assert value_of(text, name) == as_text(values[name])
        assert (value_of(text, "method.name"), value_of(text, "note"), value_of(text, "tags")) == (
            method,
            "mine",
            "a, b",
        )
        assert re.search(r'<option value="other-bert" selected>', text)
        assert focused(text) == f'button name="preset" value="{preset.slug}"'
    assert not Submission.objects.exists()


def test_the_focus_stays_on_the_button_or_goes_to_the_outcome(world: World) -> None:
    assert focused(html(page(world, "captain", path(world)))) == ""
    assert focused(html(send(world, button="tab", tab="form", show="head"))) == 'button name="show" value="head"'
    assert focused(html(send(world, button="tab", tab="form", to="yaml"))) == 'button name="to" value="yaml"'
    assert focused(html(send(world, button="preview"))) == 'p class="note success" role="status"'
    for button in ("preview", "submit"):
        assert focused(html(send(world, button=button, method__r="900"))) == 'div class="note error" role="alert"'
    Quota.objects.create(team=world.team, phase=world.phase, used_total=100)
    assert focused(html(send(world))) == 'div class="note error" role="alert"'


def test_another_method_keeps_what_was_typed_and_brings_its_own_defaults(world: World) -> None:
    lora = preset_values("lora", "", terms_of(world.phase).offered)
    typed = {"show": "head", "note": "mine", "training__max_length": "77"}
    typed["training__learning_rate"] = str(lora["training.learning_rate"])
    text = html(send(world, button="tab", **typed | {"tab": "form"}))
    assert value_of(text, "method.name") == "head"
    assert value_of(text, "training.max_length") == "77"
    assert value_of(text, "training.learning_rate") == "0.01"
    assert value_of(text, "note") == "mine"
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("base_model", "evil", "Allowed: tiny-bert."),
        ("base_model", "", "This field is required."),
        ("method.r", "0", "outside of what is allowed. Allowed: 1 … 64."),
        ("method.r", "8.5", "This is not a whole number. Allowed: 1 … 64."),
        ("method.r", "١٢", "not a whole number"),
        ("method.lora_dropout", "1", "Allowed: 0 … 0.9."),
        ("method.target_modules", "../../x", "not one of the choices"),
        ("training.learning_rate", "fast", "This is not a number."),
        ("training.learning_rate", "0", "Allowed: above 0 … 1."),
        ("training.learning_rate", "1e999", "Allowed: above 0 … 1."),
        ("training.num_train_epochs", "9" * 400, "Allowed: 1 … 100."),
        ("training.optim", "muon", "Allowed: adamw, adam, sgd, adafactor, lion."),
        ("training.max_length", "513", "Allowed: 8 … 512."),
        ("training.num_train_epochs", "100", ""),
    ],
)
def test_an_error_stands_beside_its_field(world: World, name: str, value: str, said: str) -> None:
    if not said:
        world.challenge.limits |= {"budget": {"max_steps": 10}}
        world.challenge.save()
        said = "≤ 10 steps"
    text = html(send(world, **{name.replace(".", "__"): value}))
    assert list(problems(text)) == [name]
    assert said in problems(text)[name]
    assert f'aria-describedby="id_{name}_helptext id_{name}_said"' in text or name == "base_model"
    assert not Submission.objects.exists()


def test_all_errors_come_at_once_and_nothing_typed_is_lost(world: World) -> None:
    response = send(world, method__r="900", training__optim="muon", training__max_length="x", note="n" * 301)
    text = html(response)
    assert set(problems(text)) == {"method.r", "training.optim", "training.max_length", "note"}
    assert "4 errors. Nothing was charged." in text
    assert (value_of(text, "method.r"), value_of(text, "training.max_length")) == ("900", "x")
    assert not Job.objects.exists()


def test_a_method_that_is_not_allowed_says_so_at_the_method(world: World) -> None:
    world.challenge.limits |= {"methods": ["head"]}
    world.challenge.save()
    text = html(send(world))
    assert problems(text)["method.name"].startswith("This method is not allowed in this challenge.")
    assert "method.name" in problems(html(send(world, method__name="../evil")))
    assert not Submission.objects.exists()


def test_nul_and_a_foreign_field_do_no_harm(world: World) -> None:
    refused = send(world, method__r="8\0")
    assert (refused.status_code, "method.r" in html(refused)) == (400, True)
    assert send(world, method__evil="1", training__output_dir="/etc").status_code == 302
    assert "output_dir" not in str(Submission.objects.get().config)


def test_what_is_left_empty_is_the_default(world: World) -> None:
    send(world, method__r="", training__learning_rate="")
    config = Submission.objects.get().submission_config
    assert config.training.learning_rate == 2e-4
    assert config.method.model_dump()["r"] == 8


# --- checking, cost, same config ------------------------------------------------------------------------------------


def test_checking_shows_what_would_be_trained_and_takes_nothing(world: World) -> None:
    text = html(send(world, button="preview", training__learning_rate="0.000123"))
    assert "learning_rate: 0.00012\n" in text
    assert "not measured yet" in text
    assert "reserves 1 min 00 s of compute" in text
    assert not Submission.objects.exists()
    assert not Quota.objects.exists()


def test_what_is_rounded_is_said_beside_its_field(world: World) -> None:
    text = html(send(world, button="preview", training__learning_rate="0.00234"))
    assert notes(text) == {"training.learning_rate": "Rounded to 0.0025."}
    assert 'aria-describedby="id_training.learning_rate_helptext id_training.learning_rate_said"' in text
    assert value_of(text, "training.learning_rate") == "0.00234"
    as_yaml = {"tab": "yaml", "yaml": textarea(html(send(world, button="to", to="yaml")))}
    as_yaml["yaml"] = as_yaml["yaml"].replace("learning_rate: 0.0001", "learning_rate: 0.00234")
    line = as_yaml["yaml"].split("\n").index("  learning_rate: 0.00234") + 1
    said = notes(html(send(world, button="preview", **as_yaml)))
    assert said == {"yaml": f"Line {line}: training.learning_rate: Rounded to 0.0025."}


def test_a_live_check_says_what_has_changed_and_takes_nothing(world: World) -> None:
    send(world)
    first, quota = Submission.objects.get(), Quota.objects.get()
    same = html(live(world))
    assert same.count(f'<a href="/s/{first.pk}/">#1</a>') == 1
    assert "<form" not in same
    other = html(live(world, training__learning_rate="0.00234", method__r="16"))
    assert "#1" not in other
    assert "It costs one submission" in other
    assert notes(other) == {"training.learning_rate": "Rounded to 0.0025."}
    assert '<div id="outcome" hx-swap-oob="true" hidden></div>' in other
    wrong = html(live(world, method__r="900"))
    assert list(problems(wrong)) == ["method.r"]
    assert 'id="id_training.learning_rate_said" hx-swap-oob="true"></div>' in wrong
    assert "Shown once the config is valid." in wrong
    assert (Submission.objects.get(), Quota.objects.get().used_total) == (first, quota.used_total)


def test_a_live_check_follows_the_quota(world: World) -> None:
    """What another person of the team did meanwhile: the note and the button are swapped, both ways."""
    send(world)
    for used, refused in ((20, True), (0, False)):
        Quota.objects.update(used_today=used)
        answer = html(live(world))
        assert ("Daily limit reached (20/20), resets at" in answer) == refused
        assert ('<div id="refusal" role="status" hx-swap-oob="true" hidden>' in answer) != refused
        assert '<span id="submit-action" hx-swap-oob="true">' in answer
        assert ('disabled aria-describedby="refusal">Submit</button>' in answer) == refused
        assert ('name="submit"' in answer) != refused


def test_a_key_in_a_field_checks_and_never_submits(world: World) -> None:
    buttons = re.findall(r'<button[^>]*name="(\w+)"', html(page(world, "captain", path(world))).partition("<main")[2])
    assert buttons[0] == "preview"  # the first button of a form is what the Enter key presses
    assert send(world, button="nothing").status_code == 200
    assert not Submission.objects.exists()


def test_the_estimate_is_measured_once_a_worker_has_measured(world: World) -> None:
    speed = {
        "train_units_per_second": 100.0,
        "frozen_units_per_second": 400.0,
        "megabytes_fixed": 300.0,
        "megabytes_per_thousand_units": 10.0,
        "frozen_megabytes": 250.0,
    }
    world.model.speed = {world.challenge.task: speed}
    world.model.save()
    text = html(page(world, "captain", path(world) + "?method=lora"))
    assert "not measured yet" not in text
    assert re.search(r"<dd>\d+ s<small>at most 1 min 00 s", text)
    assert re.search(r"<dd>\d+ MB<small>at most 2048 MB", text)


def test_the_quota_stands_before_the_button(world: World) -> None:
    send(world, who="teammate")
    text = html(page(world, "captain", path(world)))
    assert "Quota of <bdi>Otters</bdi>" in text
    assert '<td class="num">1</td><td class="num">20</td>' in text
    assert "Resets at" in text
    assert text.index("Quota of <bdi>Otters</bdi>") < text.index('name="submit"')
    assert "Quota of" not in html(page(world, "outsider", path(world)))


def test_the_same_config_leads_to_its_run_and_costs_nothing(world: World) -> None:
    send(world)
    first = Submission.objects.get()
    shown = html(send(world, who="teammate", button="preview"))
    assert f'<a href="/s/{first.pk}/">#1</a>.' in shown
    assert "Submitting it again is free" in shown
    response: Any = browser_of(world, "teammate").post(path(world), LORA | {"submit": "1"}, follow=True)
    assert response.redirect_chain == [(f"/s/{first.pk}/", 302)]
    assert "Your team already ran exactly this config: #1. Nothing was charged." in html(response)
    assert Quota.objects.get(team=world.team).used_total == 1
    assert send(world, who="rival").status_code == 302
    assert Submission.objects.count() == 2


# --- what stands in the way -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("opens", "closes", "said"), [(1, 2, "“Main” opens at"), (-2, -1, "“Main” closed at")])
def test_outside_of_the_phase_one_may_check_only(world: World, opens: int, closes: int, said: str) -> None:
    now = timezone.now()
    world.phase.opens_at, world.phase.closes_at = now + timedelta(hours=opens), now + timedelta(hours=closes)
    world.phase.save()
    text = html(page(world, "captain", path(world)))
    assert said in text
    assert 'name="submit"' not in text
    assert "This config is valid." in html(send(world, button="preview"))
    response = send(world, note="kept")
    assert response.status_code == 403
    assert "The phase “Main” is not open." in html(response)
    assert value_of(html(response), "note") == "kept"
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    ("used", "said"),
    [
        ({"used_total": 100}, "Submission limit of this phase reached (100/100)"),
        ({"compute_used": 35_990}, "Compute limit reached"),
        ({"used_today": 20}, "Daily limit reached (20/20), resets at"),
        ({"queued": 10}, "Queue limit reached (10 of 10)"),
    ],
)
def test_a_quota_that_is_full_says_what_to_do(world: World, used: dict[str, int], said: str) -> None:
    send(world)
    quota = Quota.objects.filter(team=world.team)
    quota.update(**used)
    text = html(page(world, "captain", path(world)))
    assert said in text
    assert 'name="submit"' not in text
    response = send(world, method__r="16")
    assert response.status_code == 429
    assert said in html(response)
    assert value_of(html(response), "method.r") == "16"
    assert Submission.objects.count() == 1
    assert 'name="submit"' in html(page(world, "rival", path(world)))
