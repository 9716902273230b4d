"""What a node of ours says is brought into the ranges of the contract at one place, so that it is never refused."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
import time_machine
from pydantic import TypeAdapter, ValidationError

from tests.extremes import TEXTS
from training_worker.contract.bounds import (
    EARLIEST,
    LARGEST_FIGURE,
    LATEST,
    Figure,
    Line,
    Moment,
    Paragraph,
    Word,
    clipped,
    paragraph,
    word,
)
from training_worker.contract.log_lines import Log, LogLine, LogMessage
from training_worker.contract.text import refused_character
from training_worker.run.journal import Journal
from training_worker.run.messages import ChildProgress


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_is_made_one_that_is_taken(text: str) -> None:
    value = LogLine.said(LogMessage(Log.READING_DATA, {"version": text})).values["version"]
    for kind, made in ((Word, word(text)), (Paragraph, paragraph(text)), (Word, value)):
        assert TypeAdapter(kind).validate_python(made, strict=True) == made
        assert not refused_character(made)


def test_a_text_without_such_characters_stays_as_it_is() -> None:
    text = "Step 1:\tloss 0.5 – gut 中文 🙂"
    assert (word(text), paragraph(text + "\nnext")) == (text, text + "\nnext")


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "\a", "\x1b[31m", "\x7f", "\x9f"])
def test_what_may_not_come_in_is_refused_and_named(text: str) -> None:
    for kind in (Word, Line, Paragraph):
        with pytest.raises(ValidationError):
            TypeAdapter(kind).validate_python(text)
    assert refused_character(text).startswith("U+")


@pytest.mark.parametrize("text", ["two\nlines", "two\rlines", "two\x85lines"])
def test_only_a_paragraph_has_line_breaks(text: str) -> None:
    assert TypeAdapter(Paragraph).validate_python(text) == text
    with pytest.raises(ValidationError):
        TypeAdapter(Line).validate_python(text)
    assert word(text) == "two lines"


@pytest.mark.parametrize("value", [1.7e308, -1.7e308, math.inf, -math.inf, 5e-324, 0.0])
def test_any_number_is_made_one_that_is_taken(value: float) -> None:
    assert TypeAdapter(Figure).validate_python(clipped(value)) == clipped(value)
    assert abs(clipped(value)) <= LARGEST_FIGURE


@pytest.mark.parametrize("year", [1970, 2150])
def test_a_node_whose_clock_is_far_off_still_logs(year: int) -> None:
    with time_machine.travel(datetime(year, 1, 1, tzinfo=UTC), tick=False):
        assert LogLine.said(LogMessage(Log.UPLOADING)).at in {EARLIEST, LATEST}


@pytest.mark.parametrize("text", ["1999-12-31T23:59:59Z", "2100-01-01T00:00:01Z", "2000-01-01T00:00:00+01:00"])
def test_a_moment_is_between_2000_and_2100(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Moment).validate_json(f'"{text}"')


def test_a_journal_stands_any_line_and_any_value() -> None:
    sent: list[ChildProgress] = []
    journal = Journal(sent.append)
    journal.line(
        LogMessage(Log.TRAINING, {"optimizer": "a\0b\ud800" + "x" * 10_000, "steps": 10**30, "rate": math.inf})
    )
    journal.points(1, train_loss=1.7e308, validation_loss=math.nan)
    said = sent[0].lines[0].values
    assert str(said["optimizer"]).startswith("a\ufffdb\ufffdxxx")
    assert (said["steps"], said["rate"]) == (2**53, "inf")
    assert sent[0].lines[0].text.startswith("training optimizer=a"), "shown with its values where they do not fit"
    assert [point.value for point in sent[1].points] == [LARGEST_FIGURE]
