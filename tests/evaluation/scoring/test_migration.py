"""Results of before have the JSON of today after the migration."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from django.apps import apps

import evaluation.migrations
from evaluation.models import Result
from evaluation.selectors import submission_scores
from tests.evaluation.scored import make_result
from tests.factories import World


def test_old_results_are_shown_as_before(world: World) -> None:
    result = make_result(world, team=world.team, public=0.8123)
    old = {"accuracy": 0.8123, "f1_macro": 0.79}
    se = {"accuracy": 0.021, "f1_macro": 0.022}
    by_class = {"per_class_f1": {"negative": 0.7, "positive": 0.9}}
    Result.objects.update(
        public_metrics=old | {"se": se | {"majority": 0.03}} | by_class, private_metrics=old | {"se": se} | by_class
    )
    names = [module.name for module in pkgutil.iter_modules(evaluation.migrations.__path__)]
    (name,) = [name for name in names if name.endswith("_dummy_score")]
    import_module(f"evaluation.migrations.{name}").reshape_all(apps, None)
    result.refresh_from_db()
    assert result.private_metrics["metrics"]["f1_macro"] == {"value": 0.79, "se": 0.022}
    scores = submission_scores(result.submission, world.captain)
    assert scores is not None
    assert {metric: shown.text for metric, shown in scores.metrics.items()} == {
        "accuracy": "0.81 ± 0.02",
        "f1_macro": "0.79 ± 0.02",
    }
    assert scores.dummy.text == "0.50 ± 0.03"
    assert [(row.label, row.f1) for row in scores.per_class_f1] == [("negative", 0.7), ("positive", 0.9)]
