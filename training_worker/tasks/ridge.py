"""The base score's regressor: ridge regression in closed form, its penalty chosen by leave-one-out error.

With centred features X = U·diag(√d)·Vᵀ, penalty λ and G = XV, the fitted values are G (d + λ)⁻¹ Gᵀ z, the leverage of
item i is h_i = 1/n + Σ_j G_ij² / (d_j + λ), and its error when left out is its residual divided by 1 - h_i (the PRESS
statistic, Allen 1974).
"""

from __future__ import annotations

import torch
from torch import Tensor

PENALTIES = tuple(10.0 ** (power / 2) for power in range(-8, 5))
"""In units of the mean eigenvalue of XᵀX."""


def ridge_head(features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Weight (1, H) and bias (1,) from features (N, H) and targets (N,), N at least 1."""
    x, y = features.double(), targets.double()
    centre, middle = x.mean(dim=0), y.mean()
    x, z = x - centre, y - middle
    eigenvalues, vectors = torch.linalg.eigh(x.T @ x)
    eigenvalues = eigenvalues.clamp(min=0.0)
    unit = float(eigenvalues.mean()) or 1.0
    projected = x @ vectors
    matched = projected.T @ z

    def left_out_error(penalty: float) -> float:
        shrunk = eigenvalues + penalty * unit
        residual = z - projected @ (matched / shrunk)
        leverage = 1.0 / len(z) + (projected.square() / shrunk).sum(dim=1)
        return float((residual / (1.0 - leverage).clamp(min=1e-6)).square().mean())

    best = min(PENALTIES, key=left_out_error)
    weight = vectors @ (matched / (eigenvalues + best * unit))
    return weight.float().unsqueeze(0), (middle - weight @ centre).float().unsqueeze(0)
