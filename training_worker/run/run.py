"""One job's computation, flat: prepare data → build model → train → predict → package."""

from __future__ import annotations

import random
import resource
import sys
import time
from pathlib import Path
from types import ModuleType

import torch
from torch import nn

from ..contract.config import TrainingArguments
from ..contract.sentences import PREDICTIONS_NOT_FINITE
from ..contract.wire import Stage, StoppedBy, Telemetry
from ..methods import METHODS
from ..tasks import TASKS, prototypes
from ..tasks.text_classification import Classifier, FeatureSplit, Split, TokenSplit
from . import log_messages, measure, package
from .features import FeatureCache
from .journal import Journal
from .messages import ChildJob, ChildResult
from .optimization import count, trained_parameters
from .prediction import frozen_features, predict_logits
from .splits import Data, Predictions
from .training import Diverged, Trained, Validator, make_plan, train


class Clock:
    """Seconds by stage since the work began."""

    def __init__(self) -> None:
        self.started = self._last = time.monotonic()
        self.seconds: dict[str, float] = {}

    def lap(self, stage: Stage) -> None:
        now = time.monotonic()
        self.seconds[stage.value] = round(now - self._last, 3)
        self._last = now

    def total(self) -> float:
        return round(time.monotonic() - self.started, 3)


def run(job: ChildJob, journal: Journal) -> ChildResult:
    """Do the whole job; writes the outputs into `job.output`. Raises `Diverged`, `MemoryError`,
    `torch.OutOfMemoryError`.

    Deterministic on one machine and thread count: the outcome depends on the spec and the files alone
    (unless the budget's seconds run out).
    """
    return Run(job, journal).run()


class Run:
    """One job's computation, its steps in reading order."""

    def __init__(self, job: ChildJob, journal: Journal) -> None:
        self.job, self.spec, self.journal = job, job.spec, journal
        self.clock = Clock()
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.task: ModuleType = TASKS[self.spec.dataset.task]
        config = self.spec.config
        self.training = config.training if config else TrainingArguments(max_length=prototypes.MAX_LENGTH)
        self.method = METHODS[config.method.name] if config else None

    def run(self) -> ChildResult:
        seed_everything(self.spec.seed)
        data = self.prepare_data()
        model = self.build_model(data)
        self.clock.lap(Stage.PREPARE)
        trained = self.train(model, data)
        self.clock.lap(Stage.TRAIN)
        predictions = self.predict(model, data)
        self.clock.lap(Stage.PREDICT)
        return self.package(model, data, trained, predictions)

    def prepare_data(self) -> Data:
        """Read and tokenise all splits."""
        spec, task, labels = self.spec, self.task, self.spec.dataset.labels
        self.journal.stage(Stage.PREPARE, f"Reading data version {spec.dataset.version}.")
        tokenizer = task.load_tokenizer(Path(self.job.model))
        rows = {name: task.read_rows(Path(self.job.data[f"{name}.jsonl"])) for name in ("train", "validation", "test")}
        splits = {name: task.encode(rows[name], tokenizer, self.training.max_length, labels) for name in rows}
        chosen = prototypes.choose_examples(splits["train"].labels, len(labels), spec.base_seed)
        examples = task.encode([rows["train"][index] for index in chosen], tokenizer, prototypes.MAX_LENGTH, labels)
        data = Data(**splits, prototypes=examples)
        counts = len(data.validation.ids), len(data.test.ids)
        self.journal.line(log_messages.describe_data(data.train.lengths, *counts, self.training.max_length))
        return data

    def build_model(self, data: Data) -> Classifier:
        """Load the base model and start its head at the class prototypes (or at random)."""
        n_labels = len(self.spec.dataset.labels)
        model: Classifier = self.task.load_model(Path(self.job.model), self.spec.files.model.pooling, n_labels)
        model.to(self.device).eval()
        linear = model.head.linear
        with torch.no_grad():
            if self.training.head_init == "prototypes":
                frozen = self.features(model, data.prototypes, "train.jsonl", f"prototypes {self.spec.base_seed}")
                assert frozen.labels is not None
                weight, bias = prototypes.prototype_head(frozen.features, frozen.labels, n_labels)
                linear.weight.copy_(weight)
                linear.bias.copy_(bias)
            else:
                nn.init.normal_(linear.weight, std=0.02)
                nn.init.zeros_(linear.bias)
        return model

    def train(self, model: Classifier, data: Data) -> Trained:
        """Validate the base, apply the method, train. With a frozen backbone only the head is called, on features."""
        config = self.spec.config
        if config is None or self.method is None:
            self.journal.stage(Stage.TRAIN, "Nothing to train: this job scores the untrained model.")
            model.backbone.requires_grad_(False)
            return Trained(StoppedBy.NOTHING_TO_TRAIN)
        plan = make_plan(self.training, data.train, data.validation, self.spec.budget)
        self.journal.stage(Stage.TRAIN, log_messages.describe_plan(self.training, plan), total_steps=plan.total_steps)
        validation = self.features(model, data.validation, "validation.jsonl")
        base = predict_logits(model.head, validation, self.spec.precision, self.device)
        self.method.apply(model.backbone, config.method)
        trained_count = count(trained_parameters(model))
        self.journal.line(log_messages.describe_method(config, trained_count, count(model.parameters())))
        frozen = self.method.frozen_backbone
        part: nn.Module = model.head if frozen else model
        trained_on: Split = self.features(model, data.train, "train.jsonl") if frozen else data.train
        validator = Validator(
            part,
            validation if frozen else data.validation,
            self.task,
            self.spec.primary_metric,
            self.training,
            self.journal,
            self.spec.precision,
            self.device,
        )
        validator.judge(0, base, "Before training")
        trained = train(
            part,
            trained_on,
            validator,
            task=self.task,
            training=self.training,
            plan=plan,
            budget=self.spec.budget,
            started=self.clock.started,
            seed=self.spec.seed,
            precision=self.spec.precision,
            device=self.device,
            journal=self.journal,
        )
        self.journal.line(log_messages.describe_end(trained, plan))
        return trained

    def predict(self, model: Classifier, data: Data) -> Predictions:
        """Logits of test and validation by the kept weights. Raises `Diverged` when one is not finite."""
        self.journal.stage(Stage.PREDICT, f"Predicting {len(data.test.ids):,} test inputs.")
        splits: dict[str, Split] = {"validation": data.validation, "test": data.test}
        part: nn.Module = model
        if self.method is None or self.method.frozen_backbone:
            part = model.head
            splits = {
                name: self.features(model, split, f"{name}.jsonl")
                for name, split in vars(data).items()
                if name in splits
            }
        logits = {name: predict_logits(part, split, self.spec.precision, self.device) for name, split in splits.items()}
        if not all(bool(values.isfinite().all()) for values in logits.values()):
            raise Diverged(PREDICTIONS_NOT_FINITE)
        return Predictions(**logits)

    def package(self, model: Classifier, data: Data, trained: Trained, predictions: Predictions) -> ChildResult:
        """Telemetry and output files."""
        config, seconds = self.spec.config, trained.seconds
        telemetry = Telemetry(
            seconds=self.clock.seconds,
            compute_seconds=self.clock.total(),
            peak_memory_mb=peak_memory_mb(self.device),
            parameters_total=count(model.parameters()),
            parameters_trained=count(trained_parameters(model)) if config else 0,
            train_units_per_second=round(trained.tokens / seconds, 1) if seconds > 0 else 0.0,
            device=_device_name(self.device),
            versions=package.versions(),
            best_step=trained.best_step,
        )
        result = ChildResult(
            outputs=(),
            validation=self.task.metrics(predictions.validation, data.validation.labels),
            stopped_by=trained.stopped_by,
            steps=trained.steps,
            base_method=prototypes.describe(len(self.spec.dataset.labels)),
            telemetry=telemetry,
        )
        outputs = package.write(
            Path(self.job.output), self.spec, self.task, model, data, predictions, result, self.journal.curve
        )
        speed = (
            None
            if config
            else measure.measure(model, data.validation, self.spec.precision, self.device, peak_memory_mb)
        )
        return result.model_copy(update={"outputs": outputs, "speed": speed})

    def features(self, model: Classifier, split: TokenSplit, file: str, part: str = "all") -> FeatureSplit:
        """Frozen features of a split (or of a named part of one), from the node's cache where it has them.

        Only right while the backbone is that of the base model in eval mode: before training, or when it is frozen.
        """
        spec = self.spec
        sha256 = next((ref.sha256 for ref in spec.files.data if ref.name == file), file)
        max_length = prototypes.MAX_LENGTH if part != "all" else self.training.max_length
        cache = FeatureCache(
            Path(self.job.features), (spec.files.model.sha256, str(spec.files.model.pooling), spec.precision.value)
        )
        key = (sha256, part, str(max_length), self.device.type, ",".join(spec.dataset.labels))

        def compute() -> FeatureSplit:
            self.journal.line(f"Computing frozen features of {len(split.ids):,} examples, once.")
            return frozen_features(model.eval().features, split, spec.precision, self.device)

        return cache.get(split, key, compute)


def seed_everything(seed: int) -> None:
    """Python's and torch's generators, and torch's deterministic kernels (an unseeded numpy is not used anywhere)."""
    random.seed(seed)
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def peak_memory_mb(device: torch.device) -> float:
    """Peak resident memory of this process, plus the card's peak where there is one, in MB (2**20 bytes)."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    host = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    card = torch.cuda.max_memory_allocated() / 2**20 if device.type == "cuda" else 0.0
    return round(host + card, 1)


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(0) if device.type == "cuda" else f"cpu, {torch.get_num_threads()} threads"
