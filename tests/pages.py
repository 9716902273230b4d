"""Opens pages as one of a world's people, or as nobody; user text that would like to run."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.http import HttpResponse
from django.test import Client

from tests.factories import World

EVERYBODY = ("captain", "teammate", "rival", "outsider", "organizer", "judge", "anonymous")

HOSTILE = (
    '<script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)></svg>"onmouseover="alert(4) '
    "[click](javascript:alert(5)) <a href='javascript:alert(6)'>x</a> <b style='color:red'>y</b>"
)
_LIVE_MARKUP = re.compile(
    r"<script>|<[a-z]+[^>]*\son(error|load|mouseover)\s*=|<svg on|<img src=x"
    r"|<[a-z]+[^>]*\shref\s*=\s*[\"']?javascript:|<b style",
    re.IGNORECASE,
)


def browser_of(world: World, who: str, **options: Any) -> Client:
    client = Client(**options)
    if who != "anonymous":
        client.force_login(getattr(world, who))
    return client


def page(world: World, who: str, path: str, **options: Any) -> HttpResponse:
    response: HttpResponse = browser_of(world, who).get(path, **options)
    return response


def poll(world: World, who: str, path: str) -> HttpResponse:
    """As htmx asks."""
    return page(world, who, path, headers={"HX-Request": "true"})


def html(response: HttpResponse) -> str:
    return response.content.decode()


def live_markup(text: str) -> list[str]:
    """Every piece of hostile text that a browser would run; [] is good."""
    return [match.group(0) for match in _LIVE_MARKUP.finditer(text)]


def without_noise(text: str, *ids: object) -> str:
    """A page without its form tokens, its request's reference and the given ids: what is left may be compared."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"|<code>[0-9a-f]{12}</code>', "", text)
    for one in ids:
        text = text.replace(str(one), "ID")
    return text


def body_of(form: forms.BaseForm) -> dict[str, Any]:
    """What a browser sends of a form in which nobody changed anything."""
    body: dict[str, Any] = {}
    for bound in form:
        value, widget = bound.value(), bound.field.widget
        if isinstance(widget, forms.MultiWidget):
            body |= {f"{bound.html_name}_{part}": each or "" for part, each in enumerate(widget.decompress(value))}
        elif value is not None:
            body[bound.html_name] = value
    return body
