"""The sentences a team reads in a run's log."""

from __future__ import annotations

from ..contract.config import SubmissionConfig, TrainingArguments
from ..contract.limits import Budget
from ..contract.wire import StoppedBy
from .training import Plan, Trained


def describe_data(train: int, validation: int, test: int) -> str:
    """Numbers of examples."""
    return f"Data: {train:,} training, {validation:,} validation and {test:,} test examples."


def describe_sizes(size: str) -> str:
    """What the task says of the size of the training examples."""
    return f"Encoded the training examples: {size}."


def describe_cap(budget: Budget) -> str:
    """Of the memory of a card."""
    return f"This run may use {budget.max_memory_mb:,} MB of the card's memory."


def describe_method(config: SubmissionConfig, trained: int, total: int) -> str:
    """`trained` of `total` parameters."""
    techniques = "".join(f", {technique.name}" for technique in config.techniques)
    return (
        f"Method {config.method.name}{techniques} on {config.base_model}: {trained:,} of {total:,} parameters train "
        f"({trained / total:.2%}); the head starts at {config.training.head_init}."
    )


def describe_plan(training: TrainingArguments, plan: Plan) -> str:
    return (
        f"Training {plan.total_steps:,} steps of {training.per_device_train_batch_size} examples with "
        f"{training.optim}, learning rate {training.learning_rate:g} ({training.lr_scheduler_type}); "
        f"validation every {plan.validate_every} steps."
    )


def describe_end(trained: Trained, plan: Plan) -> str:
    patience = f"validation did not improve any more; the weights of step {trained.best_step} are kept"
    why = {
        StoppedBy.EPOCHS: "all epochs are done",
        StoppedBy.EARLY_STOPPING: patience,
        StoppedBy.STEPS: "the budget's steps are used up",
        StoppedBy.SECONDS: "the budget's seconds are used up",
    }[trained.stopped_by]
    return f"Training ended after {trained.steps:,} of {plan.planned_steps:,} steps in {trained.seconds:.1f} s: {why}."
