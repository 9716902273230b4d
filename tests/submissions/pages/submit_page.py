"""What the pages of submitting are tried with: a form that is sent, and what is read from the answer."""

from __future__ import annotations

import html as entities
import re

from django.http import HttpResponse

from tests.factories import World
from tests.pages import browser_of

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


def live(world: World, who: str = "captain", **changes: str) -> HttpResponse:
    """What htmx gets when a field has changed."""
    names = {name.replace("__", "."): value for name, value in changes.items()}
    response: HttpResponse = browser_of(world, who).post(path(world), LORA | names, headers={"HX-Request": "true"})
    return response


def problems(text: str) -> dict[str, str]:
    """What stands beside each field, by the field's name."""
    return _beside(text, "error")


def notes(text: str) -> dict[str, str]:
    """What is said beside a field whose value is accepted, by the field's name."""
    return _beside(text, "notes")


def _beside(text: str, kind: str) -> dict[str, str]:
    found = re.findall(rf'<div\s+id="id_([\w.]+)_{kind}">(.*?)</div>', text, re.DOTALL)
    return {name: entities.unescape(re.sub(r"<[^>]+>", " ", body)).strip() for name, body in found}


def value_of(text: str, name: str) -> str:
    chosen = re.search(rf'<select[^>]*name="{re.escape(name)}".*?<option value="([^"]*)" selected', text, re.DOTALL)
    if chosen is not None:
        return chosen[1]
    tag = re.search(rf'<input[^>]*name="{re.escape(name)}"[^>]*>', text)
    assert tag is not None, name
    value = re.search(r'value="([^"]*)"', tag[0])
    return value[1] if value else ""


def textarea(text: str) -> str:
    found = re.search(r'<textarea name="yaml".*?>\n?(.*?)</textarea>', text, re.DOTALL)
    assert found is not None
    return entities.unescape(found[1])


def focused(text: str) -> str:
    """The tag that the page puts the focus on, up to what every such tag has; "" where there is none."""
    tags = [tag for tag in re.findall(r"<(\w[^>]*)>", text) if re.search(r"\sautofocus\b", tag)]
    assert len(tags) <= 1
    return re.split(r" formnovalidate| tabindex", tags[0])[0] if tags else ""
