"""How the loss of a training differs from the plain one, which validation and all comparisons use."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

IGNORED = -100
"""Target of what is only padding."""
SMALLEST = 1e-6
"""Distance from certainty below which a power of it has no gradient."""


@dataclass(frozen=True)
class LossOptions:
    """`class_weights` (C,) multiply the loss of each true class, None for 1; with `focal_gamma` above 0 what is already
    right counts less (focal loss: Lin et al. 2017, equation 4)."""

    label_smoothing: float = 0.0
    focal_gamma: float = 0.0
    class_weights: Tensor | None = None


PLAIN = LossOptions()


def mean_cross_entropy(logits: Tensor, targets: Tensor, options: LossOptions = PLAIN) -> Tensor:
    """Of logits (…, C) for the numbers (…) that are not `IGNORED`. The mean is over their number, also where classes
    have weights."""
    logits, targets = logits.float().flatten(0, -2), targets.flatten()
    count = (targets != IGNORED).sum().clamp(min=1)
    is_plain = options.class_weights is None and not options.focal_gamma
    losses = nn.functional.cross_entropy(
        logits,
        targets,
        ignore_index=IGNORED,
        label_smoothing=options.label_smoothing,
        reduction="sum" if is_plain else "none",
    )
    return losses / count if is_plain else (losses * _factors(logits, targets, options)).sum() / count


def _factors(logits: Tensor, targets: Tensor, options: LossOptions) -> Tensor:
    """(N,): w_t (1 - p_t)^gamma."""
    known = targets.clamp(min=0)
    right = logits.softmax(dim=-1).gather(-1, known.unsqueeze(-1)).squeeze(-1)
    factors: Tensor = (1 - right).clamp(min=SMALLEST) ** options.focal_gamma
    if options.class_weights is not None:
        factors = factors * options.class_weights.to(logits.device)[known]
    return factors


def balanced_weights(targets: Tensor, classes: int) -> Tensor:
    """(C,): n / (C n_c) of the targets that are not `IGNORED`, as scikit-learn's `class_weight="balanced"` (King & Zeng
    2001); 1 where a class has none. Their mean over the targets is 1."""
    counts = targets[targets != IGNORED].flatten().bincount(minlength=classes).float()
    present = counts > 0
    weights = counts.sum() / (present.sum().clamp(min=1) * counts.clamp(min=1))
    return weights.where(present, 1.0)
