"""One config, one canonical form, one hash: the same intent gives the same run, so nobody re-rolls luck."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, TypeVar

from .base import ContractModel
from .config import SubmissionConfig
from .effects import Known, without_idle
from .tasks import TaskSpec

Model = TypeVar("Model", bound=ContractModel)

RATES = frozenset(
    {
        "warmup_steps",
        "label_smoothing_factor",
        "lora_dropout",
        "probability",
        "momentum",
        "layerwise_lr_decay",
        "dropout",
        "swa_start",
    }
)
SCALES = frozenset({"learning_rate", "weight_decay", "max_grad_norm", "epsilon", "alpha", "focal_gamma"})
DECAYS = frozenset({"ema_decay"})
"""Their distance from 1 is on the grid of scales."""


def snap_rate(value: float) -> float:
    """Nearest multiple of 0.01 (for rates in [0, 1])."""
    return float(Decimal(repr(value)).quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN))


def snap_scale(value: float) -> float:
    """Nearest value with mantissa 1.0, 1.1 … 1.9, 2.0, 2.5 … 9.5 at any power of ten; 0 stays 0. Idempotent."""
    if value == 0:
        return 0.0
    number = Decimal(repr(value))
    exponent = number.adjusted()
    mantissa = number.scaleb(-exponent)
    grid = Decimal("0.1") if mantissa < 2 else Decimal("0.5")
    snapped = (mantissa / grid).quantize(Decimal(1), rounding=ROUND_HALF_EVEN) * grid
    return float(snapped.scaleb(exponent))


def snap(name: str, value: Any) -> Any:
    """The value of the field of that name on its grid; a field without a grid, or without a value, keeps it."""
    if value is None:
        return None
    if name in RATES:
        return snap_rate(value)
    if name in DECAYS:
        return float(1 - Decimal(repr(snap_scale(float(1 - Decimal(repr(value)))))))
    return snap_scale(value) if name in SCALES else value


def canonical(config: SubmissionConfig, task: TaskSpec | None = None, known: Known | None = None) -> SubmissionConfig:
    """The config as it is stored, shown, trained and hashed: defaults filled, numbers snapped, idle fields at their
    defaults, techniques in the order in which they apply.

    Idempotent. An idle field is one that cannot change the run: warm-up under the `constant` schedule, checkpoints
    of a backbone that does not train, what `task` does not use, and with what is `known` of the run, each value beyond
    the last that makes a difference (`effects.without_idle`). A value just inside a bound never snaps outside of it,
    as every bound lies on the grid.
    """
    training = _snapped(config.training)
    if training.lr_scheduler_type == "constant":
        training = training.model_copy(update={"warmup_steps": 0.0})
    elif training.lr_scheduler_type == "constant_with_warmup" and training.warmup_steps == 0:
        training = training.model_copy(update={"lr_scheduler_type": "constant"})
    for field in (*idle_fields(config), *(task.idle_fields if task else ())):
        name = field.removeprefix("training.")
        training = training.model_copy(update={name: type(training).model_fields[name].default})
    if known is not None:
        training = without_idle(training, known)
    ordered = sorted(config.techniques, key=lambda technique: (technique.stage, technique.name))
    update = {"training": training, "method": _snapped(config.method), "techniques": tuple(map(_snapped, ordered))}
    return config.model_copy(update=update)


def idle_fields(config: SubmissionConfig) -> Iterator[str]:
    """Dotted names of fields that others of the config leave without effect, whatever the task."""
    if config.training.optim != "sgd":
        yield "training.momentum"
    if config.training.early_stopping_patience:
        yield "training.load_best_model_at_end"
    if config.method.uses_frozen_features:
        yield from ("training.gradient_checkpointing", "training.layerwise_lr_decay")


def _snapped(model: Model) -> Model:
    return model.model_copy(update={name: snap(name, getattr(model, name)) for name in type(model).model_fields})


def canonical_json(model: ContractModel) -> str:
    """Compact JSON with sorted keys and all defaults: equal models give equal text."""
    return json.dumps(model.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), allow_nan=False)


def config_hash(config: SubmissionConfig) -> str:
    """sha256 (hex) of the canonical form."""
    return hashlib.sha256(canonical_json(canonical(config)).encode()).hexdigest()


def run_key(*, config: str, model: str, data: str, recipe: str, precision: str, budget: str, replicate: int) -> str:
    """sha256 over everything that decides a run's outcome; every argument is an id or hash of that thing."""
    parts = [config, model, data, recipe, precision, budget, str(replicate)]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def derive_seed(*, secret: bytes, data: str, replicate: int) -> int:
    """31-bit seed of a run = HMAC-SHA256(event secret, data version ‖ replicate).

    The same for every config and team: an edit without effect re-rolls nothing, and nobody owns a seed.
    """
    return _seed(secret, data, str(replicate))


def derive_base_seed(*, secret: bytes, data: str) -> int:
    """31-bit seed of the examples that the base score is made from: one for all replicates of all runs on a data
    version, and another than that of any of them."""
    return _seed(secret, data, "base")


def _seed(secret: bytes, *parts: str) -> int:
    digest = hmac.new(secret, "\x1f".join(parts).encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:4], "big") >> 1
