"""What a run says in its log, from the objects that it is about."""

from __future__ import annotations

from ..contract.config import SubmissionConfig, TrainingArguments
from ..contract.limits import Budget
from ..contract.log_lines import Log, LogMessage
from ..contract.wire import StoppedBy
from .training import Plan, Trained

ENDED = {
    StoppedBy.EPOCHS: Log.ENDED_EPOCHS,
    StoppedBy.EARLY_STOPPING: Log.ENDED_EARLY_STOPPING,
    StoppedBy.STEPS: Log.ENDED_STEPS,
    StoppedBy.SECONDS: Log.ENDED_SECONDS,
}


def describe_data(train: int, validation: int, test: int) -> LogMessage:
    """Numbers of examples."""
    return LogMessage(Log.EXAMPLES, {"train": train, "validation": validation, "test": test})


def describe_cap(budget: Budget) -> LogMessage:
    """Of the memory of a card."""
    return LogMessage(Log.CARD_CAP, {"megabytes": budget.max_memory_mb})


def describe_method(config: SubmissionConfig, trained: int, total: int) -> LogMessage:
    """`trained` of `total` parameters."""
    values: dict[str, int | float | str] = {
        "method": " + ".join([config.method.name, *(technique.name for technique in config.techniques)]),
        "model": config.base_model,
        "trained": trained,
        "total": total,
        "share": 100 * trained / total,
        "head_init": config.training.head_init,
    }
    return LogMessage(Log.METHOD, values)


def describe_plan(training: TrainingArguments, plan: Plan) -> LogMessage:
    values: dict[str, int | float | str] = {
        "steps": plan.total_steps,
        "batch": training.examples_per_step,
        "optimizer": training.optim,
        "rate": float(training.learning_rate),
        "schedule": training.lr_scheduler_type,
        "every": plan.validate_every,
    }
    return LogMessage(Log.TRAINING, values)


def describe_end(trained: Trained, plan: Plan) -> LogMessage:
    values = {
        "steps": trained.steps,
        "planned": plan.planned_steps,
        "seconds": float(trained.seconds),
        "best": trained.best_step,
    }
    return LogMessage(ENDED[trained.stopped_by], values)
