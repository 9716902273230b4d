"""Submitting in the browser: the form, its YAML, what it costs, what stands in the way."""

from __future__ import annotations

import html as entities
import json
import re
import uuid
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.http import HttpResponse
from django.utils import timezone

from hackathon.bundles.yaml import dump, load
from hackathon.enums import Role
from hackathon.models import Participation
from submissions.config_fields import flatten, nest, read_value
from submissions.forms import form_data
from submissions.models import Job, Quota, Submission
from submissions.presets import PRESETS, preset_values, presets_of
from submissions.services.submit import submit_config
from tests.factories import CONFIG, World
from tests.pages import EVERYBODY, HOSTILE, browser_of, html, live_markup, page
from training_worker.contract.config import parse_config
from training_worker.contract.limits import ChallengeLimits, DataSize, read_config
from training_worker.contract.methods import METHODS

LORA: dict[str, str] = {
    "tab": "form",
    "base_model": "tiny-bert",
    "method.name": "lora",
    "method.r": "4",
    "training.learning_rate": "1e-4",
    "training.num_train_epochs": "2",
}


def path(world: World) -> str:
    return f"/c/{world.challenge.slug}/submit/"


def send(world: World, who: str = "captain", button: str = "submit", **changes: str) -> HttpResponse:
    names = {name.replace("__", "."): value for name, value in changes.items()}
    response: HttpResponse = browser_of(world, who).post(path(world), LORA | {button: "1"} | names)
    return response


def problems(text: str) -> dict[str, str]:
    """What stands beside each field, by the field's name."""
    found = re.findall(r'<div id="id_([\w.]+)_error">(.*?)</div>', text, re.DOTALL)
    return {name: entities.unescape(re.sub(r"<[^>]+>", " ", body)).strip() for name, body in found}


def value_of(text: str, name: str) -> str:
    tag = re.search(rf'<input[^>]*name="{re.escape(name)}"[^>]*>', text)
    assert tag is not None, name
    value = re.search(r'value="([^"]*)"', tag[0])
    return value[1] if value else ""


def textarea(text: str) -> str:
    found = re.search(r'<textarea name="yaml".*?>\n?(.*?)</textarea>', text, re.DOTALL)
    assert found is not None
    return entities.unescape(found[1])


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
        "outsider": "You do not take part",
        "judge": "You are here as judge",
        "organizer": "You are here as organizer",
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
        "name": "lora",
        "r": 4,
        "lora_alpha": 16,
        "lora_dropout": 0.05,
        "target_modules": "attention",
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
    for preset in presets_of(method):
        assert page(world, "captain", f"{path(world)}?method={method}&preset={preset.slug}").status_code == 200


def test_another_method_keeps_what_was_typed_and_brings_its_own_defaults(world: World) -> None:
    lora = preset_values("lora", "", world.challenge.challenge_limits, train_examples=20)
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
        ("training.optim", "lion", "Allowed: adamw, adam, sgd."),
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
    assert f'aria-describedby="id_{name}_helptext id_{name}_error"' in text or name == "base_model"
    assert not Submission.objects.exists()


def test_all_errors_come_at_once_and_nothing_typed_is_lost(world: World) -> None:
    response = send(world, method__r="900", training__optim="lion", training__max_length="x", note="n" * 301)
    text = html(response)
    assert set(problems(text)) == {"method.r", "training.optim", "training.max_length", "note"}
    assert "4 things have to change. Nothing was charged." in text
    assert (value_of(text, "method.r"), value_of(text, "training.max_length")) == ("900", "x")
    assert not Job.objects.exists()


def test_a_method_that_is_not_allowed_says_so_at_the_method(world: World) -> None:
    world.challenge.limits |= {"methods": ["head"]}
    world.challenge.save()
    text = html(send(world))
    assert '<p class="problem" id="id_method.name_error">This method is not allowed in this challenge.' in text
    text = html(send(world, method__name="../evil"))
    assert 'id="id_method.name_error"' in text
    assert not Submission.objects.exists()


def test_nul_and_a_foreign_field_do_no_harm(world: World) -> None:
    assert "method.r" in problems(html(send(world, method__r="8\0")))
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


def test_a_key_in_a_field_checks_and_never_submits(world: World) -> None:
    buttons = re.findall(r'<button[^>]*name="(\w+)"', html(page(world, "captain", path(world))).partition("<main")[2])
    assert buttons[0] == "preview"  # the first button of a form is what the Enter key presses
    assert send(world, button="nothing").status_code == 200
    assert not Submission.objects.exists()


def test_the_estimate_is_measured_once_a_worker_has_measured(world: World) -> None:
    world.model.speed = {
        "train_tokens_per_second": 100.0,
        "frozen_tokens_per_second": 400.0,
        "megabytes_fixed": 300.0,
        "megabytes_per_thousand_tokens": 10.0,
    }
    world.model.save()
    text = html(page(world, "captain", path(world) + "?method=lora"))
    assert "not measured yet" not in text
    assert re.search(r"<dd>\d+ s<small>at most 1 min 00 s", text)
    assert re.search(r"<dd>\d+ MB<small>at most 2048 MB", text)


def test_the_quota_stands_before_the_button(world: World) -> None:
    send(world, who="teammate")
    text = html(page(world, "captain", path(world)))
    assert "Quota of Otters" in text
    assert '<td class="num">1</td><td class="num">20</td>' in text
    assert "The day starts anew at" in text
    assert text.index("Quota of Otters") < text.index('name="submit"')
    assert "Quota of" not in html(page(world, "outsider", path(world)))


def test_the_same_config_leads_to_its_run_and_costs_nothing(world: World) -> None:
    send(world)
    first = Submission.objects.get()
    shown = html(send(world, who="teammate", button="preview"))
    assert f'<a href="/s/{first.pk}/">#1</a>. Submitting it again costs nothing' in shown
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
        ({"used_total": 100}, "used all its submissions of this phase"),
        ({"compute_used": 35_990}, "too little compute left"),
        ({"used_today": 20}, "There is more from"),
        ({"running": 2}, "as many runs going as it may"),
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


# --- YAML -----------------------------------------------------------------------------------------------------------


def test_yaml_round_trips_by_the_tabs(world: World) -> None:
    text = textarea(html(send(world, button="x", to="yaml", note="both")))
    assert load(text) == nest(
        {"base_model": "tiny-bert", "method.name": "lora", "method.r": 4}
        | {"training.learning_rate": 1e-4, "training.num_train_epochs": 2}
    )
    back = html(send(world, button="to", to="form", tab="yaml", yaml=text, note="both"))
    assert (value_of(back, "method.r"), value_of(back, "training.learning_rate")) == ("4", "0.0001")
    assert value_of(back, "note") == "both"
    assert not problems(back)


def test_yaml_with_1e_4_is_submitted_as_a_number(world: World) -> None:
    text = "base_model: tiny-bert\nmethod: {name: head}\ntraining:\n  learning_rate: 1e-4\n"
    assert send(world, tab="yaml", yaml=text, note="from text").status_code == 302
    submission = Submission.objects.get()
    assert submission.submission_config.training.learning_rate == 1e-4
    assert submission.note == "from text"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("base_model: tiny-bert\nmethod: {name: lora, r: 900}\n", ["Line 2: method.r", "Allowed: 1 … 64."]),
        ("base_model: nope\nmethod:\n  name: head\n  r: 8\n", ["Line 1: base_model", "Line 4: method.r"]),
        ("method: {name: head}\n", ["Line 1: base_model: This field is required."]),
        ("base_model: [\n", ["Line 2: This is not YAML"]),
        ("a: &x 1\nb: *x\n", ["Line 2: Aliases"]),
        ("- 1\n", ["Line 1: A config has the keys"]),
        ("", ["Line 1: A config has the keys"]),
        ("base_model: tiny-bert\nmethod: {name: head}\ntechniques: []\n", ["Line 3: techniques: There is no such"]),
    ],
)
def test_yaml_errors_name_their_line(world: World, text: str, said: list[str]) -> None:
    shown = html(send(world, tab="yaml", yaml=text))
    assert list(problems(shown)) == ["yaml"]
    assert all(one in problems(shown)["yaml"] for one in said)
    assert textarea(shown) == text
    assert not Submission.objects.exists()


def test_yaml_that_no_field_can_hold_stays_text(world: World) -> None:
    text = "base_model: tiny-bert\nmethod: {name: head}\ntechniques: []\n"
    shown = html(send(world, button="to", to="form", tab="yaml", yaml=text))
    assert "The form has no field for “techniques”." in problems(shown)["yaml"]
    assert textarea(shown) == text


def test_the_page_opens_as_yaml_by_address(world: World) -> None:
    text = textarea(html(page(world, "captain", path(world) + "?tab=yaml&method=head")))
    assert parse_config(load(text)).method.name == "head"


# --- copying --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", EVERYBODY)
def test_who_may_copy(world: World, who: str) -> None:
    send(world, note="secret idea", method__r="24")
    submission = Submission.objects.get()
    response = page(world, who, f"{path(world)}?copy={submission.pk}")
    if who in {"captain", "teammate", "organizer"}:
        assert value_of(html(response), "method.r") == "24"
        assert "secret idea" not in html(response)
        assert f'A copy of <a href="/s/{submission.pk}/">#1</a>' in html(response)
    else:
        assert response.status_code == (302 if who == "anonymous" else 404)


@pytest.mark.parametrize("wrong", [uuid.uuid4(), "x", ""])
def test_a_copy_of_nothing_is_not_there(world: World, wrong: object) -> None:
    assert page(world, "captain", f"{path(world)}?copy={wrong}").status_code == 404


def test_a_copy_that_is_sent_unchanged_is_the_same_run(world: World) -> None:
    send(world, training__learning_rate="1.5e-5", training__weight_decay="0")
    submission = Submission.objects.get()
    again = form_data(submission.config)
    response: Any = browser_of(world, "captain").post(path(world), again | {"submit": "1"})
    assert response["Location"] == f"/s/{submission.pk}/"
    assert Submission.objects.count() == 1


def test_a_copy_of_a_model_that_is_gone_asks_for_another(world: World) -> None:
    submitted = submit_config(author=world.captain, team=world.team, phase=world.phase, config=CONFIG)
    Submission.objects.update(config=CONFIG | {"base_model": "gone"})
    text = html(page(world, "captain", f"{path(world)}?copy={submitted.submission.pk}"))
    assert "base_model" in problems(text)
    assert '<option value="">choose one</option>' in text.replace(" selected", "")


def test_the_pages_around_lead_here(world: World) -> None:
    assert f'href="{path(world)}"' in html(page(world, "captain", "/submissions/"))
    assert f'href="{path(world)}"' not in html(page(world, "outsider", "/submissions/"))
    assert f'href="{path(world)}"' in html(page(world, "anonymous", f"/c/{world.challenge.slug}/"))
    assert f'href="{path(world)}"' in html(page(world, "captain", f"/h/{world.hackathon.slug}/"))
    send(world)
    submission = Submission.objects.get()
    detail = html(page(world, "captain", f"/s/{submission.pk}/"))
    assert f'href="{path(world)}?copy={submission.pk}"' in detail


class _Running(HTMLParser):
    """Collects what a browser would run, as it reads the page: quoted text in a value is no markup."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if any(name.startswith("on") for name in names) or tag == "svg" or (tag == "script" and "src" not in names):
            self.found.append(tag)
        if (names.get("href") or names.get("src") or "").startswith(("javascript:", "x")):
            self.found.append(tag)


def test_the_search_for_running_text_finds_it() -> None:
    assert set(_Running(HOSTILE).found) == {"script", "img", "svg", "a"}


@pytest.mark.parametrize(
    "changes",
    [
        {"note": HOSTILE[:300]},
        {"method__r": HOSTILE, "base_model": HOSTILE, "method__target_modules": HOSTILE},
        {"method__name": HOSTILE},
        {"tab": "yaml", "yaml": f"method: {json.dumps(HOSTILE)}"},
        {"tab": "yaml", "yaml": HOSTILE},
        {"tab": "yaml", "yaml": f"{json.dumps(HOSTILE)}: 1", "to": "form"},
    ],
)
def test_hostile_text_stays_text(world: World, changes: dict[str, str]) -> None:
    shown = html(send(world, button="preview", **changes))
    assert "alert(1)" in shown
    assert _Running(shown).found == []


def test_a_hostile_note_is_kept_and_stays_text(world: World) -> None:
    send(world, note=HOSTILE)
    submission = Submission.objects.get()
    assert submission.note == HOSTILE
    for where in (f"/s/{submission.pk}/", "/submissions/"):
        shown = html(page(world, "captain", where))
        assert "alert(1)" in shown
        assert _Running(shown).found == []
        assert live_markup(shown) == []


# --- pure parts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "8", 8),
        ("integer", "8.0", "8.0"),
        ("integer", "8_0", "8_0"),
        ("integer", "٨", "٨"),
        ("number", "1e-4", 1e-4),
        ("number", "5", 5.0),
        ("number", ".5", 0.5),
        ("number", "nan", "nan"),
        ("number", "0,5", "0,5"),
        ("choice", "8", "8"),
    ],
)
def test_reading_values(kind: str, text: str, value: object) -> None:
    read = read_value(kind, text)
    assert (read, type(read)) == (value, type(value))


def test_nest_and_flatten_are_inverse() -> None:
    assert nest(flatten(CONFIG)) == CONFIG
    assert load(dump(nest(flatten(CONFIG)))) == CONFIG


LIMITS = [
    {},
    {"budget": {"max_steps": 60}},
    {"max_tokens_per_batch": 512},
    {
        "ranges": {
            "training.learning_rate": {"min": 1e-5, "max": 1e-4},
            "training.num_train_epochs": {"min": 2, "max": 4},
        }
    },
    {"ranges": {"method.r": {"min": 1, "max": 4}, "method.lora_dropout": {"min": 0.1, "max": 0.2}}},
]


@pytest.mark.parametrize("changes", LIMITS)
@pytest.mark.parametrize(("method", "preset"), [(name, one.slug) for name in PRESETS for one in PRESETS[name]])
def test_every_preset_is_accepted_wherever_it_is_offered(changes: dict[str, Any], method: str, preset: str) -> None:
    limits = ChallengeLimits.model_validate({"base_models": ("a",), "methods": tuple(METHODS)} | changes, strict=False)
    values = preset_values(method, preset, limits, train_examples=800)
    assert read_config(nest(values), limits, DataSize(train_examples=800)).method.name == method


def test_every_method_has_presets() -> None:
    assert set(PRESETS) == set(METHODS)
