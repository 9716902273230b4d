"""Submitting in chromium: sound at every width, usable by keyboard, and with scripts switched off."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from submissions.models import Quota, Submission
from tests.browser.inspection import inspect
from tests.browser.watched import Watched
from tests.factories import World, make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(transactional_db: None) -> World:
    world = make_world()
    world.challenge.limits |= {"techniques": ["fgm", "noise_injection"]}
    world.challenge.save()
    return world


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_form_is_sound(world: World, watched: Watched, width: int, scheme: str) -> None:
    path = f"/c/{world.challenge.slug}/submit/"
    for name, query in (("form", "?method=lora"), ("yaml", "?tab=yaml")):
        page = watched.open(path + query, user=world.captain, width=width, scheme=scheme)
        assert inspect(page) == [], name
        for switch in page.locator(".switch input").all():
            switch.check()
        assert inspect(page) == [], f"{name} with techniques"
        page.locator(".actions button[name=preview]").click()
        page.get_by_text("This config is valid.").wait_for()
        assert inspect(page) == [], name
    page = watched.open(path, user=world.outsider, width=width, scheme=scheme)
    assert inspect(page) == []


def test_without_scripts_a_method_is_chosen_an_error_is_corrected_and_a_run_submitted(
    world: World, watched: Watched
) -> None:
    page = watched.open(f"/c/{world.challenge.slug}/submit/", user=world.captain, java_script_enabled=False)
    page.get_by_role("button", name="head").click()
    assert page.locator("[name='method.r']").count() == 0
    page.get_by_role("button", name="lora").click()
    expect(page.get_by_role("button", name="lora")).to_be_focused()
    page.get_by_label("note").fill("by hand")
    page.get_by_role("button", name="quick look").click()
    expect(page.get_by_role("button", name="quick look")).to_be_focused()
    page.get_by_role("button", name="YAML").click()
    text = page.get_by_label("YAML", exact=True)
    text.fill(text.input_value().replace("r: 4", "r: 800"))
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert "method.r" in page.locator("#id_yaml_error").inner_text()
    text.fill(text.input_value().replace("r: 800", "r: 12"))
    page.get_by_role("button", name="Form", exact=True).click()
    page.get_by_label("learning_rate").fill("1e-4")
    page.get_by_label("learning_rate").press("Enter")
    assert page.get_by_text("This config is valid.").is_visible()
    page.get_by_role("button", name="Submit", exact=True).click()
    assert page.get_by_text("Submission #1 was received.").is_visible()
    submission = Submission.objects.get()
    assert (submission.note, submission.config["method"]["r"]) == ("by hand", 12)
    assert submission.config["training"]["learning_rate"] == 1e-4


@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_technique_is_switched_on_by_keyboard_and_then_shows_its_fields(
    world: World, watched: Watched, has_scripts: bool
) -> None:
    path = f"/c/{world.challenge.slug}/submit/?method=head"
    page = watched.open(path, user=world.captain, width=390, java_script_enabled=has_scripts)
    technique = page.get_by_role("group", name="technique: fgm")
    epsilon = technique.get_by_label("epsilon")
    assert not epsilon.is_visible()
    technique.get_by_role("checkbox").press("Space")
    epsilon.fill("2")
    page.get_by_role("button", name="Submit", exact=True).click()
    technique.get_by_text("This technique has no effect with the method head").wait_for()
    page.get_by_role("button", name="full", exact=True).click()
    assert epsilon.is_visible()
    page.get_by_role("button", name="Submit", exact=True).click()
    page.get_by_text("Submission #1 was received.").wait_for()
    assert Submission.objects.get().config["techniques"] == [{"name": "fgm", "epsilon": 2.0}]


def test_note_and_submit_button_follow_the_quota_while_the_focus_stays(world: World, watched: Watched) -> None:
    page = watched.open(f"/c/{world.challenge.slug}/submit/?method=lora", user=world.captain, width=390)
    page.get_by_role("button", name="Submit", exact=True).click()
    page.get_by_text("Submission #1 was received.").wait_for()
    page = watched.open(f"/c/{world.challenge.slug}/submit/?method=lora", user=world.captain, width=390)
    submit, rate = page.get_by_role("button", name="Submit", exact=True), page.get_by_label("learning_rate")
    for used, count in ((20, 0), (1, 1)):
        Quota.objects.update(used_today=used)
        rate.fill(f"0.000{used}")
        expect(submit).to_be_enabled(enabled=bool(count))
        expect(page.get_by_text("Daily limit reached (20/20)")).to_have_count(1 - count)
        expect(rate).to_be_focused()
        assert inspect(page) == []
    for used, button in ((2, submit), (20, page.locator("#submit-action ~ button"))):
        Quota.objects.update(used_today=used)
        rate.fill(f"0.001{used}")
        submit.evaluate("one => { one.dataset.old = 'yes'; one.focus(); }")
        expect(page.locator("#submit-button[data-old]")).to_have_count(0)
        expect(button).to_be_focused()


def test_what_the_check_says_follows_the_fields_while_the_focus_stays(world: World, watched: Watched) -> None:
    page = watched.open(f"/c/{world.challenge.slug}/submit/?method=lora", user=world.captain)
    page.locator(".actions button[name=preview]").click()
    page.get_by_text("This config is valid.").wait_for()
    rate = page.get_by_label("learning_rate")
    rate.fill("0.00234")
    page.get_by_text("Rounded to 0.0025.").wait_for()
    expect(rate).to_be_focused()
    expect(page.get_by_text("This config is valid.")).to_be_hidden()
    rate.fill("7")
    page.locator("[id='id_training.learning_rate_error']").wait_for()
    expect(rate).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("Shown once the config is valid.")).to_be_visible()
    assert inspect(page) == []
    page.get_by_label("num_train_epochs").fill("1")
    rate.fill("0.001")
    page.get_by_text("It costs one submission").wait_for()
    expect(rate).not_to_have_attribute("aria-invalid", "true")
    assert not Submission.objects.exists()
    page.get_by_role("button", name="Submit", exact=True).click()
    page.get_by_text("Submission #1 was received.").wait_for()
    assert Submission.objects.get().config["training"]["learning_rate"] == 0.001
