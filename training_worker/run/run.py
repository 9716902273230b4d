"""One job's computation, flat: prepare data → build model → train → predict → package."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import nn

from ..contract.bounds import FASTEST
from ..contract.config import LONGEST, SubmissionConfig, TrainingArguments
from ..contract.families import Family
from ..contract.log_lines import Log, LogMessage
from ..contract.methods import Weights
from ..contract.sentences import PREDICTIONS_NOT_FINITE
from ..contract.tasks import TASKS
from ..contract.tasks.spec import SPLITS
from ..contract.wire import Stage, StoppedBy, Telemetry
from ..methods import load_method
from ..metrics.base import Answers
from ..tasks import load_task
from ..tasks.base import BASE_MAX_LENGTH, Context, FeatureTask, Task, TaskModel
from ..tasks.rows import read_rows
from ..tasks.split import FeatureSplit, Row, Split
from ..techniques import load_techniques
from ..techniques.base import Techniques
from . import log_messages, package
from .card import cap_card
from .checkpoints import use_checkpoints
from .dropout import set_dropout
from .features import FeatureCache, shared_features
from .journal import Journal
from .matmul import fix_matmul
from .measure import measure
from .messages import ChildJob, ChildResult
from .optimization import count, trained_parameters
from .prediction import Compute, Prediction, frozen_features, predict
from .telemetry import Clock, device_name, peak_memory_mb, versions
from .threads import threads
from .training import TRAINING_SHARE, Loop, Plan, Setup, Trained, make_plan
from .validation import Diverged, ValidationSet, Validator


@dataclass(frozen=True)
class Data:
    """Every split, encoded when it is used; `examples` are those that the base score is made from, at a length of their
    own: None where there are no features to make it from."""

    train: Split
    validation: Split
    test: Split
    examples: Split | None = None


@dataclass(frozen=True)
class Predictions:
    """Answers to the validation and test items."""

    validation: Answers
    test: Answers


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
        self.clock, self.threads = Clock(), torch.get_num_threads()
        device, task = "cuda" if torch.cuda.is_available() else "cpu", TASKS[job.spec.dataset.task].of(self.family)
        self.compute = Compute(torch.device(device), self.spec.precision, task.unit)
        self.matmul = fix_matmul(self.compute.device)
        self.config = config = self.spec.config
        self.training = config.training if config else TrainingArguments(max_length=BASE_MAX_LENGTH)
        self.is_frozen = task.has_features and (config is None or config.method.uses_frozen_features)
        self.base_examples: FeatureSplit | None = None
        self.kept: dict[tuple[str, ...], FeatureSplit] = {}
        self.saved_seconds = 0.0

    @property
    def family(self) -> Family:
        return self.spec.files.model.family or TASKS[self.spec.dataset.task].families[0]

    def run(self) -> ChildResult:
        with threads(1 if self.is_frozen else self.threads):
            return self.work()

    def work(self) -> ChildResult:
        seed_everything(self.spec.seed)
        data = self.prepare_data()
        model = self.build_model(data)
        self.clock.lap(Stage.PREPARE)
        base = self.predict_base(model, data)
        model, trained = self.train(model, data, base)
        self.clock.lap(Stage.TRAIN)
        predictions = self.predict(model, data)
        self.clock.lap(Stage.PREDICT)
        return self.package(model, data, trained, predictions, base)

    # --- prepare data ----------------------------------------------------------------------------------------

    @cached_property
    def rows(self) -> dict[str, list[Row]]:
        return {split: read_rows(Path(self.job.data[f"{split}.jsonl"])) for split in SPLITS}

    @cached_property
    def task(self) -> Task:
        return self.make_task(has_weights=not self.is_frozen or self.config is None)

    def make_task(self, *, has_weights: bool) -> Task:
        archives = {split: Path(path) for split in SPLITS if (path := self.job.data.get(f"{split}.tar"))}
        context = Context(
            folder=Path(self.job.model),
            labels=self.spec.dataset.labels,
            pooling=self.spec.files.model.pooling,
            base_seed=self.spec.base_seed,
            archives=archives,
            max_new_tokens=self.spec.dataset.max_new_tokens,
            weights=self.config.method.weights if self.config else Weights(),
            precision=self.spec.precision,
            has_weights=has_weights,
            virtual_tokens=self.config.method.virtual_tokens if self.config else 0,
        )
        return load_task(self.spec.dataset.task, self.family)(context, self.rows["train"])

    def prepare_data(self) -> Data:
        """Read all splits; a backbone that trains reads their examples, so they are encoded at once."""
        self.journal.stage(Stage.PREPARE, LogMessage(Log.READING_DATA, {"version": self.spec.dataset.version}))
        if cap_card(self.compute.device, self.spec.budget):
            self.journal.line(log_messages.describe_cap(self.spec.budget))
        rows, task, max_length = self.rows, self.task, self.training.max_length
        data = Data(
            train=task.encode(self.techniques.rows(rows["train"]), "train", max_length),
            validation=task.encode(rows["validation"], "validation", max_length),
            test=task.encode(rows["test"], "test", max_length),
            examples=self.base_split(),
        )
        counts = len(data.train.ids), len(data.validation.ids), len(data.test.ids)
        self.journal.line(log_messages.describe_data(*counts))
        if not self.is_frozen:
            self.journal.line(task.describe(data.train, max_length))
        return data

    def base_split(self) -> Split | None:
        """The examples that the base score is made from."""
        if not isinstance(self.task, FeatureTask):
            return None
        rows = self.rows["train"]
        chosen = [rows[index] for index in self.task.choose_examples(rows)]
        return self.task.encode(chosen, "train", BASE_MAX_LENGTH)

    # --- build model -----------------------------------------------------------------------------------------

    def build_model(self, data: Data) -> TaskModel:
        """Load the base model (with a frozen backbone its shape alone, where the task can) and put it at the base
        score."""
        model = self.place(self.task.build_model())
        if isinstance(self.task, FeatureTask) and data.examples is not None:
            examples = self.features(model, data.examples, "train", "base")
            self.task.start_at_base(model.top, examples)
            self.base_examples = examples
        return model

    def place(self, model: TaskModel) -> TaskModel:
        if self.matmul.is_attention_eager:
            model.backbone.set_attn_implementation("eager")  # type: ignore[operator]
        (model if model.has_weights else model.top).to(self.compute.device)
        return model.eval()

    def load_weights(self, model: TaskModel) -> None:
        """Give a frozen backbone that is a mere shape its weights. Draws nothing from torch's generator, so that a run
        that finds its features and one that computes them come to one result."""
        if not model.has_weights:
            with torch.random.fork_rng(devices=[]):
                whole = self.make_task(has_weights=True).build_model()
            model.backbone = self.place(whole).backbone.requires_grad_(False)

    def predict_base(self, model: TaskModel, data: Data) -> Prediction:
        """The validation items by the model before training; with features by them and the top as it is now."""
        if not self.task.spec.has_features:
            return predict(model, data.validation, self.task, self.compute)
        features = self.features(model, data.validation, "validation")
        return predict(model.top, features, self.task, self.compute)

    # --- train -----------------------------------------------------------------------------------------------

    def train(self, model: TaskModel, data: Data, base: Prediction) -> tuple[TaskModel, Trained]:
        """Prepare the model by the method, validate it as it is, train. Raises `Diverged`."""
        config = self.config
        if config is None:
            self.journal.stage(Stage.TRAIN, LogMessage(Log.NOTHING_TO_TRAIN))
            model.backbone.requires_grad_(False)
            return model, Trained(StoppedBy.NOTHING_TO_TRAIN)
        train, validation = (self.inputs(model, getattr(data, name), name) for name in ("train", "validation"))
        plan = make_plan(self.training, train, validation, self.spec.budget)
        self.journal.stage(Stage.TRAIN, log_messages.describe_plan(self.training, plan), total_steps=plan.total_steps)
        if isinstance(self.task, FeatureTask) and self.training.head_init == "random":
            self.task.start_at_random(model.top)
            base = self.predict_base(model, data)
        model = self.prepare_model(model, config)
        validator = self.validator(model, data, validation)
        validator.judge(0, base)
        loop = Loop(self.part(model), train, validator, self.setup(plan))
        trained = self.techniques.around_training(loop.run)
        self.techniques.after_training(model)
        self.journal.line(log_messages.describe_end(trained, plan))
        return model, trained

    @cached_property
    def techniques(self) -> Techniques:
        configs = self.config.techniques if self.config else ()
        return load_techniques(configs, self.task.spec, self.spec.seed)

    def prepare_model(self, model: TaskModel, config: SubmissionConfig) -> TaskModel:
        if self.training.dropout is not None:
            set_dropout(model, self.training.dropout)
        model = load_method(config.method.name)(model, config.method)
        if self.training.gradient_checkpointing:
            use_checkpoints(model.backbone)
        self.techniques.before_training(model)
        trained_count = count(trained_parameters(model))
        self.journal.line(log_messages.describe_method(config, trained_count, count(model.parameters())))
        return model

    def validator(self, model: TaskModel, data: Data, inputs: Split) -> Validator:
        return Validator(
            self.part(model),
            inputs,
            self.validation_set(data),
            metric=self.spec.primary_metric,
            training=self.training,
            journal=self.journal,
            compute=self.compute,
        )

    def setup(self, plan: Plan) -> Setup:
        return Setup(
            task=self.task,
            training=self.training,
            plan=plan,
            technique=self.techniques,
            seed=self.spec.seed,
            compute=self.compute,
            journal=self.journal,
            deadline=self.clock.started + TRAINING_SHARE * self.spec.budget.max_seconds,
        )

    # --- predict ---------------------------------------------------------------------------------------------

    def predict(self, model: TaskModel, data: Data) -> Predictions:
        """Answers by the kept weights. Raises `Diverged` when an output is not finite."""
        self.journal.stage(Stage.PREDICT, LogMessage(Log.PREDICTING, {"examples": len(data.test.ids)}))
        answers = {}
        for name, split in (("validation", data.validation), ("test", data.test)):
            prediction = predict(self.part(model), self.inputs(model, split, name), self.task, self.compute)
            if not prediction.is_finite():
                raise Diverged(PREDICTIONS_NOT_FINITE)
            answers[name] = self.task.decode(prediction.outputs, split)
        return Predictions(**answers)

    def part(self, model: TaskModel) -> nn.Module:
        """What is called: with a frozen backbone only the top."""
        return model.top if self.is_frozen else model

    def inputs(self, model: TaskModel, split: Split, name: str) -> Split:
        """What `part` is called on."""
        if not self.is_frozen:
            return split
        techniques = self.config.techniques if self.config and name == "train" else ()
        changed = [str(self.spec.seed), *(technique.model_dump_json() for technique in techniques)]
        return self.features(model, split, name, " ".join(changed) if techniques else "all")

    def features(self, model: TaskModel, split: Split, name: str, part: str = "all") -> FeatureSplit:
        """Frozen features of a split (or of a named part of one), from the node's cache where it has them.

        Only right while the backbone is that of the base model in eval mode: before training, or when it is frozen.
        """
        spec, device = self.spec, self.compute.device.type
        read = (f"{name}.", "train.")  # what a row is read as may say what the training rows say of its names
        files = [ref.sha256 for ref in spec.files.data if ref.name.startswith(read)]
        max_length = BASE_MAX_LENGTH if part.startswith("base") else self.training.max_length
        model_file, pooling = spec.files.model.sha256, str(spec.files.model.pooling)
        context = (model_file, pooling, spec.precision.value, self.matmul.name, spec.dataset.task)
        key = (*files, name, part, str(max_length), device, str(spec.base_seed), ",".join(spec.dataset.labels))

        def compute() -> FeatureSplit:
            known = {} if self.base_examples is None else shared_features(split, self.base_examples)
            if missing := len(split.ids) - len(known):
                self.journal.line(LogMessage(Log.COMPUTING_FEATURES, {"examples": missing}))
            self.load_weights(model)
            with threads(self.threads):
                return frozen_features(model, split, self.compute, known)

        if key not in self.kept:
            self.kept[key], saved = FeatureCache(Path(self.job.features), context, self.threads).get(
                split, key, compute
            )
            self.saved_seconds += saved
        return self.kept[key]

    # --- package ---------------------------------------------------------------------------------------------

    def validation_set(self, data: Data) -> ValidationSet:
        return ValidationSet(self.task, self.rows["validation"], data.validation)

    def package(
        self, model: TaskModel, data: Data, trained: Trained, predictions: Predictions, base: Prediction
    ) -> ChildResult:
        """Report, telemetry and output files."""
        validation, labels = self.validation_set(data), self.spec.dataset.labels
        base_answers = validation.answers(base) if self.config else None
        report = validation.report(predictions.validation, base_answers)
        result = ChildResult(
            outputs=(),
            validation=validation.metrics(predictions.validation),
            stopped_by=trained.stopped_by,
            steps=trained.steps,
            base_method=self.task.base_method,
            telemetry=self.telemetry(model, trained),
            collapse=report.collapse,
        )
        files = package.Files(
            predictions=validation.output.lines(data.test.ids, predictions.test, labels),
            validation_predictions=validation.output.lines(data.validation.ids, predictions.validation, labels),
            report=report,
            examples=validation.examples(predictions.validation, base_answers),
            curve=self.journal.curve,
            max_length=self.training.max_length,
        )
        outputs = package.write(Path(self.job.output), files, self.task, model, self.spec, result)
        result = result.model_copy(update={"outputs": outputs})
        return result if self.config else self.with_measurements(result, model, data)

    def with_measurements(self, result: ChildResult, model: TaskModel, data: Data) -> ChildResult:
        """What the site wants to know of model and data, measured once by a base score. Spoils the model."""
        with threads(self.threads):
            speed = measure(self.task, model, data.validation, self.compute, peak_memory_mb)
        return result.model_copy(update={"speed": speed, "longest_example": self.longest_example()})

    def longest_example(self) -> int | None:
        """Tokens of the longest example of any split, as far as a config may ask for; None where it has no tokens."""
        if self.task.spec.unit != "tokens":
            return None
        encoded = (self.task.encode(rows, split, LONGEST) for split, rows in self.rows.items())
        return min(LONGEST, max(map(self.task.longest, encoded)))

    def telemetry(self, model: TaskModel, trained: Trained) -> Telemetry:
        seconds = trained.seconds
        return Telemetry(
            seconds=self.clock.seconds,
            compute_seconds=self.clock.total(),
            saved_seconds=round(self.saved_seconds, 3),
            peak_memory_mb=peak_memory_mb(self.compute.device),
            parameters_total=count(model.parameters()),
            parameters_trained=count(trained_parameters(model)) if self.config else 0,
            train_units_per_second=round(min(trained.units / seconds, FASTEST), 1) if seconds > 0 else 0.0,
            device=device_name(self.compute.device, self.threads),
            versions={**versions(), "matmul": self.matmul.name},
            best_step=trained.best_step,
        )


def seed_everything(seed: int) -> None:
    """Python's and torch's generators, and torch's deterministic kernels (an unseeded numpy is not used anywhere)."""
    random.seed(seed)
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
