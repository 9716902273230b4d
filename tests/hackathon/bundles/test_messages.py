"""A column that is a conversation: what it must be, how it is searched and shown."""

from __future__ import annotations

from typing import Any

import pytest
from django.template.loader import render_to_string

from hackathon.bundles.values import value_problem
from hackathon.dataset.facts import tokens_of
from hackathon.presentation.shown import presentation_of, shown_row
from training_worker.contract.tasks import TASKS, Column

SPEC = TASKS["text-generation"]
COLUMN = Column(name="messages", kind="messages")


def message(role: str, content: Any = "x") -> dict[str, Any]:
    return {"role": role, "content": content}


@pytest.mark.parametrize(
    "roles", [["user"], ["system", "user"], ["user", "assistant", "user"], ["system", "user", "assistant", "user"]]
)
def test_a_conversation_ends_with_the_user(roles: list[str]) -> None:
    assert value_problem(COLUMN, [message(role) for role in roles]) == ""


@pytest.mark.parametrize(
    "value",
    [
        "hello",
        [],
        ["hello"],
        [message("system")],
        [message("user"), message("assistant")],
        [message("user"), message("user")],
        [message("assistant"), message("user")],
        [message("user"), message("system"), message("user")],
        [message("bot")],
        [message("user", "")],
        [message("user", 1)],
        [message("user") | {"name": "Ada"}],
        [{"role": "user"}],
        [message("user"), message("assistant")] * 50 + [message("user")],
        [{"role": ["user"], "content": "x"}],
    ],
)
def test_anything_else_is_none(value: Any) -> None:
    assert value_problem(COLUMN, value).startswith("The value of “messages” must be a list of 1 to 100 messages")


def test_it_is_shown_as_who_said_what() -> None:
    row = {"id": "a-1", "messages": [message("system", "Be <b>brief</b>."), message("user", "Why?")], "response": "So."}
    html = " ".join(render_to_string(presentation_of(SPEC), {"example": shown_row(row, SPEC, str)}).split())
    assert (
        '<li data-role="system" dir="auto"><small class="muted">system</small>Be &lt;b&gt;brief&lt;/b&gt;.</li>' in html
    )
    assert '<li data-role="user" dir="auto"><small class="muted">user</small>Why?</li>' in html
    assert '<dd dir="auto">So.</dd>' in html


def test_its_words_count() -> None:
    assert tokens_of([[message("user", "one two three")]]) > tokens_of([[message("user", "one")]])
