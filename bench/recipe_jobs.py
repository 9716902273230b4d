"""A recipe's jobs as a node runs them: in children of its warm template, with a spec as the site writes one."""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.demo.base_model import convert_model
from evaluation.demo.recipe import Config, Recipe
from training_worker.contract.models import MODEL_JSON, ModelInfo, content_sha256
from training_worker.contract.tasks import TASKS
from training_worker.contract.tasks.spec import TEST, TEST_LABELS
from training_worker.contract.wire import PREDICTIONS, RECIPE, JobSpec
from training_worker.node.template import Template
from training_worker.run.child import main as child_main
from training_worker.run.messages import ChildJob, ChildProgress, ChildResult, read_message

from . import one_by_one

SECRET = b"bench"


class JobFailed(Exception):
    """A job did not end in a result; the text says how it ended."""


@dataclass(frozen=True)
class Prepared:
    """A recipe's data as a node gets it, its hidden labels, and its model, all below `folder`."""

    recipe: Recipe
    folder: Path
    labels: tuple[str, ...]
    sizes: tuple[int, int, int]
    listing: list[dict[str, Any]]
    data: dict[str, str]
    """Path by file name."""
    model: Path

    @property
    def hidden(self) -> Path:
        return self.folder / TEST_LABELS


def prepare(recipe: Recipe, folder: Path, models: Path) -> Prepared:
    """Make bundle and model; what is there already is taken. Raises `FetchFailed`, `ModelFailed`, `JobFailed`."""
    from hackathon.bundles.reading import inspect_bundle
    from hackathon.services.data_files import data_files

    bundle_folder, model = folder / "bundle", models / recipe.model.folder
    if not bundle_folder.exists():
        draft = folder / "bundle.new"
        shutil.rmtree(draft, ignore_errors=True)
        recipe.make(draft)
        draft.rename(bundle_folder)
    if not (model / MODEL_JSON).exists():
        shutil.rmtree(model, ignore_errors=True)
        convert_model(recipe.model, model)
    found = inspect_bundle(bundle_folder)
    if found.bundle is None:
        raise JobFailed("; ".join(str(problem) for problem in found.problems.all()[:5]))
    files = data_files(found.bundle, secret=SECRET, folder=folder)
    for name, body in (files.shared | files.secret).items():
        (folder / name).write_bytes(body)
    bundle = found.bundle
    return Prepared(
        recipe=recipe,
        folder=folder,
        labels=bundle.labels,
        sizes=(len(bundle.train), len(bundle.validation), len(bundle.test)),
        listing=files.listing,
        data={entry["name"]: str(folder / entry["name"]) for entry in files.listing},
        model=model,
    )


def make_job(prepared: Prepared, name: str, config: Config | None) -> ChildJob:
    """A worker's job whose outputs go to an empty folder of that name. None: the untrained model is scored."""
    challenge = prepared.recipe.challenge
    info = ModelInfo.model_validate_json((prepared.model / MODEL_JSON).read_bytes())
    names = ("train_examples", "validation_examples", "test_examples")
    dataset = {"task": prepared.recipe.task, "version": "bench", "labels": prepared.labels}
    dataset["max_new_tokens"] = challenge.get("max_new_tokens")
    model = {"slug": info.slug, "sha256": content_sha256(info.files), "files": [], "pooling": info.pooling}
    spec = {
        "job_id": name,
        "kind": "run" if config else "base_score",
        "attempt": 1,
        "config": config,
        "dataset": dataset | dict(zip(names, prepared.sizes, strict=True)),
        "files": {"data": prepared.listing, "model": model, "outputs": []},
        "budget": challenge["limits"].get("budget", {}),
        "precision": challenge["phases"][0].get("precision", "fp32"),
        "recipe": RECIPE,
        "seed": 1,
        "base_seed": 1,
        "primary_metric": challenge["primary_metric"],
    }
    output, features = prepared.folder / name, prepared.folder / "features"
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir()
    features.mkdir(exist_ok=True)
    return ChildJob(
        spec=JobSpec.model_validate_json(json.dumps(spec)),
        data=prepared.data,
        model=str(prepared.model),
        features=str(features),
        output=str(output),
        threads=os.cpu_count() or 1,
    )


def run_child(template: Template, job: ChildJob) -> float:
    """Run a job to its result; the seconds that it took. Raises `JobFailed`."""
    started = time.monotonic()
    child = template.spawn(child_main, job.model_dump_json())
    try:
        while True:
            message = read_message(child.pipe.recv_bytes())
            if not isinstance(message, ChildProgress):
                break
    except (EOFError, OSError, ValueError) as error:
        raise JobFailed(f"{job.spec.job_id}: the child died ({error!r}).") from error
    finally:
        child.kill()
    if not isinstance(message, ChildResult):
        raise JobFailed(f"{job.spec.job_id}: {message.model_dump_json()}")
    return time.monotonic() - started


def batching_ratio(template: Template, job: ChildJob) -> float:
    """Times by which the run's prediction is faster than one item after the other. Raises `JobFailed`."""
    child = template.spawn(one_by_one.main, job.model_dump_json())
    try:
        return float(child.pipe.recv_bytes())
    except (EOFError, OSError, ValueError) as error:
        raise JobFailed(f"{job.spec.job_id}: the child died ({error!r}).") from error
    finally:
        child.kill()


BLOCKS = 20


@dataclass(frozen=True)
class Compared:
    """The primary metric of two jobs on the hidden labels, and the gain of the second with its standard error."""

    base: float
    tuned: float
    gain: float
    se: float


def compare(prepared: Prepared, untrained: ChildJob, tuned: ChildJob) -> Compared:
    """As the scorer computes the metric. The standard error is that of a difference on the same items, by a jackknife
    that leaves out one of `BLOCKS` parts of them at a time (delete-a-group jackknife: Kott 2001), which any metric
    has."""
    import numpy as np

    from training_worker.contract.metrics import METRICS
    from training_worker.metrics import output_of

    task, name = TASKS[prepared.recipe.task], untrained.spec.primary_metric
    output, labels, rows = output_of(task.output), prepared.labels, _hidden_rows(prepared)
    truth = output.read_truth([task.truth_of(row) for row in rows], labels)
    base, better = (_answers(prepared, job, rows, truth) for job in (untrained, tuned))
    parts = np.random.default_rng(0).permutation(len(rows)) % BLOCKS

    def gain(kept: Any) -> float:
        values = [
            output.value(name, output.take(truth, kept), output.take(one, kept), labels) for one in (better, base)
        ]
        return METRICS[name].gain(*values)

    without = np.array([gain(np.flatnonzero(parts != part)) for part in range(BLOCKS)])
    se = float(np.sqrt((BLOCKS - 1) / BLOCKS * ((without - without.mean()) ** 2).sum()))
    found = [output.value(name, truth, one, labels) for one in (base, better)]
    return Compared(*found, METRICS[name].gain(found[1], found[0]), se)


def _hidden_rows(prepared: Prepared) -> list[dict[str, Any]]:
    from training_worker.contract.json_lines import read_rows

    inputs = {row["id"]: row for row in read_rows(prepared.hidden.with_name(TEST).read_bytes())}
    return [inputs[row["id"]] | row for row in read_rows(prepared.hidden.read_bytes())]


def _answers(prepared: Prepared, job: ChildJob, rows: list[dict[str, Any]], truth: Any) -> Any:
    from training_worker.contract.json_lines import split_lines
    from training_worker.metrics import output_of

    output = output_of(TASKS[prepared.recipe.task].output)
    lines = split_lines(Path(job.output, PREDICTIONS).read_bytes())
    return output.read_answers(lines, [str(row["id"]) for row in rows], truth, prepared.labels)
