"""How much memory a training takes: from what a node measured of the dearest one, and from the model's own size.

Weights that train cost 4 bytes each, as many for their gradient, and as many for each moment of the optimiser. Frozen
ones cost what they are kept in. Per token and layer a training keeps about 34 values for each one that goes from layer
to layer (Korthikanti et al. 2022, "Reducing activation recomputation in large transformer models", section 4), with
checkpoints the 2 bytes of its input alone, and all of one layer at a time.
"""

from __future__ import annotations

from .config import SubmissionConfig, TrainingArguments
from .facts import ModelFacts, ModelSize
from .measured import MeasuredSpeed

MEGABYTE = 2**20
TRAINED_BYTES = 16
"""float32 weight, gradient, two moments of Adam: what was measured."""
OPTIMIZER_BYTES = {"adamw": 8, "adam": 8, "lion": 4, "sgd": 4, "adafactor": 0}
"""Of its moments; those of Adafactor are sums of rows and columns. SGD without momentum has none."""
AVERAGE_BYTES = 4
DTYPE_BYTES = {"float32": 4, "bfloat16": 2}
FOUR_BIT_BYTES = 0.516
"""NF4 in blocks of 64 whose scales are in 8 bits: 4.127 bits a weight (Dettmers et al. 2023, "QLoRA", section 3)."""
KEPT, CHECKPOINT = 34, 2
"""Of the activations of a layer: all, and its input."""
LOGIT_BYTES = 12
"""float32 logit, its log-probability and its gradient."""


def training_megabytes(config: SubmissionConfig, units: float, speed: MeasuredSpeed, facts: ModelFacts | None) -> float:
    """Of a run of `config` whose largest batch costs `units`. `speed` was measured on `full` in float32 without
    checkpoints: where the model's size is not known, it stands for all."""
    if config.method.uses_frozen_features:
        return speed.frozen_megabytes
    fixed, slope = speed.megabytes_fixed, speed.megabytes_per_thousand_units
    if facts is not None and facts.size is not None:
        full = TRAINED_BYTES * facts.size.parameters / MEGABYTE
        fixed = max(0.0, fixed - full) + weight_megabytes(config, facts.size)
        if config.training.gradient_checkpointing and facts.checkpointed:
            slope = _with_checkpoints(slope, facts.checkpointed, facts.size)
    return fixed + slope * units / 1000


def weight_megabytes(config: SubmissionConfig, size: ModelSize) -> float:
    """Of weights, gradients and the optimiser, without a task's own head."""
    method, each = config.method, trained_bytes(config.training)
    trained = method.trained_parameters(size)
    four_bit = size.linear["all-linear"].weights if method.weights.load_in_4bit and "all-linear" in size.linear else 0
    frozen = FOUR_BIT_BYTES * four_bit + DTYPE_BYTES[method.weights.dtype] * (size.parameters - trained - four_bit)
    return (frozen + each * (trained + method.added_parameters(size))) / MEGABYTE


def trained_bytes(training: TrainingArguments) -> int:
    """Of one weight that trains: with its gradient, its moments and its average."""
    moments = 0 if training.optim == "sgd" and not training.momentum else OPTIMIZER_BYTES[training.optim]
    return 8 + moments + (AVERAGE_BYTES if training.ema_decay or training.swa_start else 0)


def _with_checkpoints(slope: float, layers: int, size: ModelSize) -> float:
    """Megabytes for a thousand units; logits are kept whole."""
    logits = min(slope, 1000 * LOGIT_BYTES * size.vocabulary / MEGABYTE)
    share = min(1.0, CHECKPOINT / KEPT + 1 / layers)
    return logits + (slope - logits) * share
