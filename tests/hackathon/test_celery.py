"""What the Celery workers log."""

from __future__ import annotations

import logging
from unittest.mock import patch

import pytest
from django.conf import settings

from hackathon.celery import app


@pytest.mark.parametrize(("count", "level"), [(0, "DEBUG"), (2, "INFO")])
def test_a_sweep_is_told_only_where_it_did_something(count: int, level: str, caplog: pytest.LogCaptureFixture) -> None:
    with patch("submissions.tasks.sweep", return_value=count), caplog.at_level(logging.DEBUG, "hackathon.celery"):
        app.tasks["submissions.sweep"].apply()
    [record] = [record for record in caplog.records if record.name == "hackathon.celery"]
    assert record.levelname == level
    told = record.msg
    assert isinstance(told, dict)
    assert (told["event"], told["task"], told["count"]) == ("task_done", "submissions.sweep", count)


def test_celerys_own_lines_for_each_task_are_no_information() -> None:
    levels = {name: logger["level"] for name, logger in settings.LOGGING["loggers"].items()}
    assert levels == dict.fromkeys(("celery.worker.strategy", "celery.app.trace", "celery.beat"), "WARNING")
