"""What a web process loads: no scikit-learn, no NumPy. Each in a fresh interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECK = """
import sys, django
django.setup()
{imports}
heavy = sorted({{"numpy", "scipy", "seqeval", "sklearn", "torch", "PIL"}} & sys.modules.keys())
assert heavy == {expected}, heavy
"""


def _run(imports: str, *, expected: list[str], role: str, folder: Path) -> None:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "hackathon.settings",
        "HACKTUNE_ROLE": role,
        "HACKTUNE_DEBUG": "true",
        "HACKTUNE_DATA_DIR": str(folder),
    }
    done = subprocess.run(
        [sys.executable, "-c", CHECK.format(imports=imports, expected=expected)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize(
    "imports",
    [
        "import evaluation.selectors, evaluation.visibility, evaluation.services.display_step",
        "import evaluation.views, evaluation.api.views, evaluation.admin",
        "import evaluation.services.leaderboard, evaluation.services.board_visibility",
        "import evaluation.tasks",
        "from hackathon.celery import app; app.send_task('evaluation.score_pending')",
        "import hackathon.wsgi; from django.urls import get_resolver; get_resolver().url_patterns",
    ],
)
def test_site_loads_no_numbers_library(imports: str, tmp_path: Path) -> None:
    _run(imports, expected=[], role="site", folder=tmp_path)


def test_scorer_is_warm_before_its_first_task(tmp_path: Path) -> None:
    start = (
        "from hackathon.celery import app; app.loader.import_default_modules(); "
        "assert 'numpy' not in sys.modules; "
        "from celery.signals import worker_init; worker_init.send(sender=None); "
        "assert 'evaluation.score_pending' in app.tasks; assert 'evaluation.scoring.scorer' in sys.modules"
    )
    _run(start, expected=["numpy", "seqeval"], role="scorer", folder=tmp_path)
