"""What the Celery workers log, and the sessions that they clear."""

from __future__ import annotations

import logging
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session

from hackathon.celery import app
from hackathon.clock import db_now
from hackathon.tasks import clear_sessions


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


@pytest.mark.django_db
def test_sessions_that_have_run_out_are_cleared() -> None:
    for key, hours in (("over", -1), ("open", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=db_now() + timedelta(hours=hours))
    clear_sessions.apply()
    assert list(Session.objects.values_list("session_key", flat=True)) == ["open"]
    assert clear_sessions.name in {entry["task"] for entry in app.conf.beat_schedule.values()}
