"""`/styleguide/`, in debug only: the tokens of site.css with their measured contrast, and every component in use.

For those who build pages, so its own words are English; what the components say is the site's and is translated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hackathon.clock import db_now
from hackathon.web.charts import COLOURS, Bars, Chart, Series, bar_chart, line_chart
from submissions.enums import JobState
from submissions.pages.step import NextStep

AA_TEXT, AA_EDGE = 4.5, 3.0
PAIRS = (
    *((ink, ground) for ink in ("ink", "muted", "accent") for ground in ("page", "raised", "hover", "accent-wash")),
    ("good", "page"),
    ("good", "good-wash"),
    ("bad", "page"),
    ("bad", "bad-wash"),
    ("warn", "page"),
    ("warn", "warn-wash"),
    ("on-accent", "accent-fill"),
    ("edge", "page"),
    *((f"series-{number}", "page") for number in range(1, COLOURS + 1)),
)
"""(what is written or drawn, on what). For the border of a field ("edge") and lines of a chart 3:1 is enough."""
_COLOR = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
_SIZE = re.compile(r"--(small|code|text|large|title|display|space-\d|radius|target): ([.\d]+(?:rem|px));")


@dataclass(frozen=True)
class Pair:
    """A colour on another, and WCAG's contrast ratio of the two in both themes."""

    ink: str
    ground: str
    light: float
    dark: float
    least: float

    @property
    def is_enough(self) -> bool:
        return min(self.light, self.dark) >= self.least


def stylesheet() -> str:
    found = finders.find("hackathon/site.css")
    assert isinstance(found, str)
    return Path(found).read_text()


def colors(css: str) -> dict[str, tuple[str, str]]:
    """(light, dark) of every colour token."""
    return {name: (light, dark) for name, light, dark in _COLOR.findall(css)}


def contrast(one: str, other: str) -> float:
    """WCAG 2's contrast ratio of two `#rrggbb` colours, 1 … 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(color: str) -> float:
    channels = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def measured_pairs(css: str) -> list[Pair]:
    known = colors(css)
    return [
        Pair(
            ink,
            ground,
            light=contrast(known[ink][0], known[ground][0]),
            dark=contrast(known[ink][1], known[ground][1]),
            least=AA_EDGE if ink.startswith(("edge", "series")) else AA_TEXT,
        )
        for ink, ground in PAIRS
    ]


class SampleForm(forms.Form):
    """One field of each kind; bound, so that the first shows its error."""

    email = forms.EmailField(label=_("E-mail"), help_text="Help stands below the field.")
    method = forms.ChoiceField(choices=[("head", "head"), ("lora", "lora")])
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    agree = forms.BooleanField(label="A checkbox", required=False)
    closed = forms.CharField(disabled=True, required=False, initial="disabled")


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    if not settings.DEBUG:
        raise Http404
    css = stylesheet()
    context: dict[str, Any] = {
        "colors": colors(css),
        "pairs": measured_pairs(css),
        "sizes": _SIZE.findall(css),
        "form": SampleForm({"email": "nobody", "method": "lora"}),
        "states": [SimpleNamespace(state=state.value, get_state_display=state.label) for state in JobState],
        "steps": (NextStep("A team has one next step.", "#next", "Take it"), NextStep("Or none.")),
        "charts": _charts(),
        "now": db_now(),
        "later": db_now() + timedelta(hours=40),
    }
    return render(request, "evaluation/styleguide.html", context)


def _charts() -> list[Chart | None]:
    losses = [(step, 2.0 / (1 + step / 20)) for step in range(0, 101, 10)]
    lines = [Series("train_loss", losses), Series("eval_loss", [(50, 0.9), (100, 0.7)])]
    bars = [Bars("scored", [3, 5, 2], tone="good"), Bars("failed", [1, 0, 2], tone="bad")]
    return [
        line_chart("Lines", lines, x_name=_("step"), x_max=120),
        bar_chart("Bars", ["Mon", "Tue", "Wed"], bars, category_name="day", stacked=True),
    ]
