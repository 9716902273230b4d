"""The log of a run: ids and values on the wire and stored, sentences in the reader's language."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils.translation import override

from hackathon.web.translation import translated_line
from submissions.models import Job, ProgressChunk
from tests.api import client_of, submit
from tests.factories import World
from tests.pages import browser_of, html, page
from tests.test_sentences import CHINESE, CHINESE_READER, chinese
from training_worker.contract.log_lines import LOG_TEMPLATES, MOST_VALUES, Log, LogLine, LogMessage

__all__ = ["chinese"]
PLACE = re.compile(r"%\((\w+)\)(\S)")
AT = "2026-11-22T12:00:00Z"


def values_of(message: Log) -> dict[str, int | float | str]:
    """One of each kind that the places of its template take."""
    places = PLACE.findall(LOG_TEMPLATES[message])
    return {name: 1_234_567 + n if kind == "s" else 0.125 for n, (name, kind) in enumerate(places)}


def line(message_id: str, **values: Any) -> dict[str, Any]:
    return {"at": AT, "id": message_id, "values": values}


def run_with(world: World, *lines: dict[str, Any]) -> str:
    """The id of a submission whose run logged these lines."""
    submission: str = submit(world).json()["id"]
    job = Job.objects.get(submission=submission)
    Job.objects.filter(pk=job.pk).update(state="running", stage="train", attempt=1, progress_seq=1)
    ProgressChunk.objects.create(job=job, attempt=1, seq=1, points=[], lines=list(lines))
    return submission


# --- the list -----------------------------------------------------------------------------------------------------


def test_every_id_has_a_template() -> None:
    assert LOG_TEMPLATES.keys() == set(Log)
    assert len(set(LOG_TEMPLATES.values())) == len(Log)


@pytest.mark.parametrize("message", Log)
def test_a_line_is_said_with_all_of_its_values_in_both_languages(message: Log, chinese: None) -> None:
    values = values_of(message)
    assert len(values) <= MOST_VALUES
    said = LogLine.said(LogMessage(message, values))
    stored = said.model_dump(mode="json")
    assert translated_line(stored)["text"] == said.text
    with override("zh-hans"):
        text = translated_line(stored)["text"]
    assert CHINESE.search(text), text
    for shown in (said.text, text):
        assert not shown.startswith(f"{message} "), "its values fit it"
        assert all(f"{value:,}" in shown for value in values.values() if isinstance(value, int))
    assert len(re.findall(r"0\.1[23]|0\b", text)) >= sum(isinstance(value, float) for value in values.values())


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        (line("from_the_future", step=2000, name="x"), "from_the_future step=2,000 name=x"),
        (line("from_the_future"), "from_the_future"),
        (line("validated", step=1), "validated step=1"),
        (line("validated", step=1, metrics="f1 0.5", loss="high"), "validated step=1 metrics=f1 0.5 loss=high"),
        ({"at": AT, "text": "Of a time when nodes wrote sentences."}, "Of a time when nodes wrote sentences."),
    ],
)
def test_what_the_site_does_not_know_is_shown_as_it_is(stored: dict[str, Any], text: str, chinese: None) -> None:
    for language in ("en", "zh-hans"):
        with override(language):
            assert translated_line(stored)["text"] == text


# --- as people read it --------------------------------------------------------------------------------------------

LINES = [line("training", steps=1800, batch=8, optimizer="adamw", rate=0.0025, schedule="linear", every=60)]
LINES += [line("from_the_future", step=7), {"at": AT, "text": "an old line"}]
ENGLISH = (
    "Training: 1,800 steps, batch size 8, optimizer adamw, learning rate 0.0025 (linear), validation every 60 steps."
)
IN_CHINESE = "训练：1,800 步，批大小 8，优化器 adamw，学习率 0.0025（linear），每 60 步验证一次。"


@pytest.mark.django_db
def test_page_and_download_say_it_in_the_readers_language(world: World, chinese: None) -> None:
    submission = run_with(world, *LINES)
    for path in (f"/s/{submission}/", f"/s/{submission}/log.txt"):
        english = html(page(world, "captain", path))
        translated = html(browser_of(world, "captain").get(path, headers=CHINESE_READER))
        assert ENGLISH in english
        assert IN_CHINESE in translated
        for text in (english, translated):
            assert "from_the_future step=7" in text
            assert "an old line" in text


@pytest.mark.django_db
def test_the_download_has_all_lines_with_their_moments(world: World) -> None:
    submission = run_with(world, *(line("attempt_started", attempt=n) for n in range(60)))
    response = page(world, "captain", f"/s/{submission}/log.txt")
    assert (response["Content-Type"], response["Cache-Control"].count("no-store")) == ("text/plain; charset=utf-8", 1)
    assert html(response).splitlines()[:2] == [
        "2026-11-22T12:00:00+00:00 Attempt 0 started.",
        "2026-11-22T12:00:00+00:00 Attempt 1 started.",
    ]
    assert len(html(response).splitlines()) == 60
    assert f'href="/s/{submission}/log.txt"' in html(page(world, "captain", f"/s/{submission}/"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("who", "status"), [("captain", 200), ("organizer", 200), ("rival", 404), ("outsider", 404), ("anonymous", 302)]
)
def test_who_may_download_a_log(world: World, who: str, status: int) -> None:
    assert page(world, who, f"/s/{run_with(world)}/log.txt").status_code == status


@pytest.mark.django_db
def test_the_api_has_id_values_and_the_text_of_accept_language(world: World, chinese: None) -> None:
    submission = run_with(world, *LINES)
    path = f"/api/submissions/{submission}/log/"
    first, unknown, old = client_of(world, "captain").get(path).json()["lines"]
    assert first == {"at": AT, "id": "training", "values": LINES[0]["values"], "text": ENGLISH}
    assert (unknown["id"], unknown["values"]) == ("from_the_future", {"step": 7})
    assert (old["id"], old["values"], old["text"]) == ("", {}, "an old line")
    translated = client_of(world, "captain").get(path, headers=CHINESE_READER).json()["lines"]
    assert translated[0]["text"] == IN_CHINESE
