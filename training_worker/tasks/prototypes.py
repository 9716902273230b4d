"""The base score's classifier: class prototypes on frozen features, as a linear head.

Centred cosine: with c the mean of the class means m_k and p_k = (m_k - c)/|m_k - c|, class k scores cos(x - c, p_k) =
(x - c)·p_k / |x - c|. The divisor is the same for all classes, so the linear head W_k = s·p_k, b_k = -s·c·p_k gives
the same answers, and training can start exactly there.
"""

from __future__ import annotations

import torch
from torch import Tensor

EXAMPLES_PER_CLASS = 256
MOST_EXAMPLES = 2048


def examples_per_class(n_labels: int) -> int:
    """256, fewer where there are more than 8 classes, at least 4."""
    return max(4, min(EXAMPLES_PER_CLASS, MOST_EXAMPLES // max(1, n_labels)))


def choose_examples(labels: Tensor, n_labels: int, seed: int) -> list[int]:
    """Indices of the prototypes' training examples: the first of each class in one seeded shuffle, sorted."""
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    count = examples_per_class(n_labels)
    chosen = [order[labels[order] == label][:count] for label in range(n_labels)]
    return sorted(torch.cat(chosen).tolist()) if chosen else []


def prototype_head(features: Tensor, labels: Tensor, n_labels: int) -> tuple[Tensor, Tensor]:
    """Weight (C, H) and bias (C,) from features (N, H) and labels (N,).

    The scale s makes the scores of these examples have standard deviation 1. A class without examples scores 0.
    """
    x = features.double()
    present = [label for label in range(n_labels) if bool((labels == label).any())]
    means = torch.stack([x[labels == label].mean(dim=0) for label in present])
    centre = means.mean(dim=0)
    directions = torch.nn.functional.normalize(means - centre, dim=1)
    weight = torch.zeros(n_labels, x.shape[1], dtype=torch.double)
    weight[present] = directions
    spread = ((x - centre) @ directions.T).std()
    scale = 1.0 / float(spread) if float(spread) > 1e-12 else 1.0
    return (scale * weight).float(), (-scale * (weight @ centre)).float()
