"""Submitting in the browser: as YAML, as a copy of an earlier run, and with hostile text."""

from __future__ import annotations

import json
import uuid
from html.parser import HTMLParser
from typing import Any

import pytest

from hackathon.bundles.yaml import load
from submissions.config_form.fields import nest
from submissions.config_form.forms import form_data
from submissions.models import Submission
from submissions.services.submit import submit_config
from tests.factories import CONFIG, World
from tests.pages import EVERYBODY, HOSTILE, browser_of, html, live_markup, page
from tests.submissions.pages.submit_page import path, problems, send, textarea, value_of
from training_worker.contract.config import parse_config

# --- YAML -----------------------------------------------------------------------------------------------------------


def test_a_stored_config_fits_the_form_though_no_model_of_the_task_has_all_its_fields(world: World) -> None:
    """What says how a decoder is kept is no field for encoders; another value than the default is not dropped."""
    method = "method: {name: lora, dtype: %s, load_in_4bit: false}\n"
    for dtype, found in (("float32", ""), ("bfloat16", "The form has no field for “method.dtype”.")):
        text = "base_model: tiny-bert\n" + method % dtype
        shown = html(send(world, button="x", to="form", tab="yaml", yaml=text))
        assert found in problems(shown).get("yaml", "")
        assert bool(problems(shown)) is bool(found)


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
        ("base_model: tiny-bert\nmethod: {name: head}\nseed: 7\n", ["Line 3: seed: There is no such"]),
    ],
)
def test_yaml_errors_name_their_line(world: World, text: str, said: list[str]) -> None:
    shown = html(send(world, tab="yaml", yaml=text))
    assert list(problems(shown)) == ["yaml"]
    assert all(one in problems(shown)["yaml"] for one in said)
    assert textarea(shown) == text
    assert not Submission.objects.exists()


def test_yaml_that_no_field_can_hold_stays_text(world: World) -> None:
    text = "base_model: tiny-bert\nmethod: {name: head}\ncompression: []\n"
    shown = html(send(world, button="to", to="form", tab="yaml", yaml=text))
    assert "The form has no field for “compression”." in problems(shown)["yaml"]
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


def test_what_few_change_is_folded_away_unless_it_was_changed_or_is_wrong(world: World) -> None:
    folded = html(page(world, "captain", path(world) + "?method=lora"))
    inside = folded.partition("More options</summary>")[2].partition("</details>")[0]
    assert 'name="training.ema_decay"' in inside
    assert 'name="training.learning_rate"' not in inside
    for value in ("0.9", "7"):
        response = send(world, button="preview", training__ema_decay=value)
        assert "<details open>" in html(response)
    assert "<details open>" not in html(send(world, button="preview"))
