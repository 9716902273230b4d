"""What a node measures of a base model, for the site's estimates."""

from __future__ import annotations

from .base import ContractModel
from .bounds import MegabytesUsed, Rate


class MeasuredSpeed(ContractModel):
    """Figures that a node measured for one base model, in the task's unit of cost.

    Megabytes are of the memory of the device: of a training step of all parameters, which grow with the batch, and
    `frozen_megabytes` of a run whose backbone is frozen, which its config does not change.
    """

    train_units_per_second: Rate
    frozen_units_per_second: Rate
    megabytes_fixed: MegabytesUsed
    megabytes_per_thousand_units: MegabytesUsed
    frozen_megabytes: MegabytesUsed
