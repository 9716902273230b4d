"""Moments that people choose: between 2000 and 2100, where no time zone and no sum leaves the calendar."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from training_worker.contract.bounds import EARLIEST, LATEST


def moment_problem(at: datetime) -> str:
    """What is wrong with that moment, which is aware; "" where nothing is."""
    return "" if EARLIEST <= at <= LATEST else _("Choose a time between the years 2000 and 2100.")
