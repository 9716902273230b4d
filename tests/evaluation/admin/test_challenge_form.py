"""A challenge's limits in the admin: fields made from the contract, judged as a bundle's, errors beside the field."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

import pytest
from django import forms
from django.contrib import admin
from django.http import HttpResponse
from django.test import Client, RequestFactory
from pydantic import Field

from hackathon.admin.limits_form import limit_fields
from hackathon.models import BaseModel, Challenge, Phase, User
from tests.evaluation.admin.test_organizers import organizer
from tests.evaluation.admin.test_pages import url
from tests.factories import BaseModelFactory, ChallengeFactory, World
from tests.pages import body_of, html
from training_worker.contract.config import TrainingArguments, number_names
from training_worker.contract.limits import Budget
from training_worker.contract.methods import METHODS
from training_worker.contract.methods.base import MethodConfig
from training_worker.contract.tasks.spec import CLASS_METRICS

pytestmark = pytest.mark.django_db
__all__ = ["organizer"]


@pytest.fixture
def page(world: World) -> str:
    return url(Challenge, "change", world.challenge.pk)


def save(client: Client, page: str, **changes: Any) -> HttpResponse:
    """Post the form as it is shown, with some fields changed; `__` stands for a dot."""
    form = client.get(page).context["adminform"].form
    body = body_of(form) | {"phases-TOTAL_FORMS": "0", "phases-INITIAL_FORMS": "0"}
    return client.post(page, body | {name.replace("__", "."): value for name, value in changes.items()})


def errors(answer: HttpResponse) -> dict[str, list[str]]:
    return dict(answer.context["adminform"].form.errors)


def stored(world: World) -> dict[str, Any]:
    limits: dict[str, Any] = Challenge.objects.get(pk=world.challenge.pk).limits
    return limits


def test_a_form_that_nobody_changed_changes_nothing(world: World, organizer: Client, page: str) -> None:
    before = world.challenge.challenge_limits
    ranges = {"method.r": {"min": 2.0, "max": 16.0}, "training.learning_rate": {"min": 1e-5, "max": 0.1}}
    world.challenge.limits = before.model_dump(mode="json") | {"ranges": ranges}
    world.challenge.save()
    assert save(organizer, page).status_code == 302
    assert stored(world) == world.challenge.limits


def test_every_field_is_stored_under_the_name_that_a_bundle_has(world: World, organizer: Client, page: str) -> None:
    changes = {"limits__methods": ["head", "lora"], "limits__techniques": ["fgm"], "limits__max_batch_cost": "4096"}
    changes |= {"limits__budget__max_steps": "70", "limits__budget__max_seconds": "90.5"}
    changes |= {"limits__ranges__method.r_0": "2", "limits__ranges__method.r_1": ""}
    changes |= {"limits__ranges__training.learning_rate_1": "0.1", "limits__ranges__techniques.fgm.epsilon_0": "0.5"}
    assert save(organizer, page, **changes).status_code == 302
    found = stored(world)
    assert (found["methods"], found["techniques"], found["max_batch_cost"]) == (["head", "lora"], ["fgm"], 4096)
    assert (found["budget"]["max_steps"], found["budget"]["max_seconds"]) == (70, 90.5)
    assert found["ranges"] == {
        "training.learning_rate": {"min": 0.0, "max": 0.1},
        "method.r": {"min": 2.0, "max": 64.0},
        "techniques.fgm.epsilon": {"min": 0.5, "max": 10.0},
    }


def test_what_stays_at_the_fields_own_bounds_is_not_stored(world: World, organizer: Client, page: str) -> None:
    changes = {"limits__ranges__method.r_0": "1", "limits__ranges__method.r_1": "64"}
    assert save(organizer, page, **changes).status_code == 302
    assert stored(world)["ranges"] == {}


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"limits__base_models": []}, "limits.base_models", "This field is required."),
        ({"limits__base_models": ["nowhere"]}, "limits.base_models", "nowhere is not one of the available choices."),
        ({"limits__methods": ["lorra"]}, "limits.methods", "lorra is not one of the available choices."),
        ({"limits__techniques": ["magic"]}, "limits.techniques", "magic is not one of the available choices."),
        ({"limits__methods": ["head"], "limits__techniques": ["fgm"]}, "limits.techniques", "fgm: "),
        ({"limits__budget__max_steps": "0"}, "limits.budget.max_steps", "greater than or equal to 1."),
        ({"limits__budget__max_seconds": "0"}, "limits.budget.max_seconds", "Must be above 0."),
        ({"limits__budget__max_memory_mb": "x"}, "limits.budget.max_memory_mb", "Enter a whole number."),
        ({"limits__ranges__method.r_0": "9", "limits__ranges__method.r_1": "2"}, "limits.ranges.method.r", "is empty."),
        ({"limits__ranges__method.r_1": "65"}, "limits.ranges.method.r", "goes beyond the field's own: 1 … 64."),
        ({"limits__ranges__method.r_0": "1.5"}, "limits.ranges.method.r", "must be of whole numbers."),
        ({"limits__ranges__method.r_0": "nan"}, "limits.ranges.method.r", "Enter a number."),
    ],
)
def test_an_error_stands_beside_its_field(
    world: World, organizer: Client, page: str, changes: dict[str, Any], field: str, said: str
) -> None:
    before = stored(world)
    found = errors(save(organizer, page, **changes))
    assert [*found] == [field]
    assert said in found[field][0]
    assert stored(world) == before


def test_all_errors_are_told_at_once(world: World, organizer: Client, page: str) -> None:
    changes = {"limits__methods": ["lorra"], "limits__budget__max_steps": "x", "title": ""}
    changes |= {"limits__ranges__method.r_1": "65", "limits__ranges__training.max_length_1": "1"}
    assert errors(save(organizer, page, **changes)).keys() == {
        *("title", "limits.methods", "limits.budget.max_steps"),
        *("limits.ranges.method.r", "limits.ranges.training.max_length"),
    }


def test_a_model_that_was_disabled_stays_visible_and_is_refused(world: World, organizer: Client, page: str) -> None:
    BaseModel.objects.update(is_enabled=False)
    BaseModelFactory(slug="other")
    text = html(organizer.get(page))
    assert "tiny-bert (not enabled)" in text
    assert "There is no enabled base model “tiny-bert”" in errors(save(organizer, page))["limits.base_models"][0]
    assert save(organizer, page, limits__base_models=["other"]).status_code == 302
    assert stored(world)["base_models"] == ["other"]


def test_the_metric_is_chosen_among_those_of_the_task(world: World, organizer: Client, page: str) -> None:
    Phase.objects.update(opens_at=world.phase.closes_at - timedelta(hours=1))
    assert {value for value, _label in _choices(organizer, page, "primary_metric")} == set(CLASS_METRICS)
    assert errors(save(organizer, page, primary_metric="mse")).keys() == {"primary_metric"}
    world.challenge.data_versions.update(challenge=ChallengeFactory())
    assert "mse" in {value for value, _label in _choices(organizer, page, "primary_metric")}
    assert (
        f"This task is scored by: {', '.join(CLASS_METRICS)}."
        in errors(save(organizer, page, primary_metric="mse"))["primary_metric"]
    )


def _choices(client: Client, page: str, name: str) -> list[tuple[str, str]]:
    choices: list[tuple[str, str]] = client.get(page).context["adminform"].form.fields[name].choices
    return choices


def test_a_new_hyper_parameter_appears_by_itself(
    world: World, organizer: Client, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ia3(MethodConfig):
        """Learned scales."""

        name: Literal["ia3"]
        scale: Annotated[float, Field(ge=0.5, le=2.0, description="How far.")] = 1.0

    monkeypatch.setitem(METHODS, "ia3", Ia3)
    text = html(organizer.get(page))
    for shown in ("ia3: Learned scales.", "Minimum of method.scale", "How far. (0.5 … 2)"):
        assert shown in text
    changes = {"limits__methods": ["head", "ia3"], "limits__ranges__method.scale_1": "1.5"}
    assert save(organizer, page, **changes).status_code == 302
    assert stored(world)["ranges"] == {"method.scale": {"min": 0.5, "max": 1.5}}


def test_there_is_a_field_for_every_number_of_the_contract() -> None:
    names = {name.removeprefix("limits.") for name in limit_fields()}
    assert {f"budget.{name}" for name in Budget.model_fields} <= names
    assert {f"ranges.{name}" for name in number_names()} <= names
    kinds = (int, float, float | None)
    numbers = [name for name, field in TrainingArguments.model_fields.items() if field.annotation in kinds]
    assert {f"ranges.training.{name}" for name in numbers} == {name for name in names if "ranges.training" in name}


def test_no_form_of_the_admin_is_raw_json(world: World) -> None:
    request = RequestFactory().get("/admin/")
    request.user = User.objects.create_superuser("operator@example.org", "x", name="Operator")
    pages = [page for page in admin.site._registry.values() if page.has_change_permission(request)]
    assert Challenge in {page.model for page in pages}
    fields = [field for page in pages for field in page.get_form(request).base_fields.values()]
    assert [field.label for field in fields if isinstance(field, forms.JSONField)] == []
