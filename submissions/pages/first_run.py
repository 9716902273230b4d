"""How to submit a first config from a program: what the form starts with, as a command and as a script."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from submissions.config_form.presets import default_config
from submissions.services.check_config import PhaseTerms
from training_worker.contract.base import JSON

TOKEN = "HACKTUNE_TOKEN"  # noqa: S105  # the name of an environment variable
PYTHON = """\
import os

import requests

answer = requests.post(
    "{url}",
    headers={{"Authorization": f"Bearer {{os.environ['{token}']}}"}},
    json={body},
    timeout=60,
)
print(answer.status_code, answer.json())
"""


@dataclass(frozen=True)
class FirstRun:
    """Both read the person's API token from the environment variable `HACKTUNE_TOKEN`."""

    curl: str
    python: str


def first_run(terms: PhaseTerms) -> FirstRun:
    """Needs a method and a base model in `terms`."""
    body: dict[str, JSON] = {"phase": str(terms.phase.pk), "config": default_config(terms.offered)}
    url = settings.SITE_URL + reverse("api:submissions")
    return FirstRun(curl=_curl(url, body), python=_python(url, body))


def _curl(url: str, body: dict[str, JSON]) -> str:
    return (
        f"curl {shlex.quote(url)} \\\n"
        f'  -H "Authorization: Bearer ${TOKEN}" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f"  -d {shlex.quote(json.dumps(body, indent=2))}"
    )


def _python(url: str, body: dict[str, JSON]) -> str:
    return PYTHON.format(url=url, token=TOKEN, body=_literal(body, "    ")).rstrip()


def _literal(value: object, margin: str) -> str:
    """As Python writes it, a line for each key."""
    if isinstance(value, dict):
        lines = (
            f"{margin}    {_literal(key, '')}: {_literal(item, margin + '    ')},\n" for key, item in value.items()
        )
        return "{\n" + "".join(lines) + margin + "}"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
