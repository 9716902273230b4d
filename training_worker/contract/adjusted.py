"""Which values of a config are trained otherwise than they were given, and why."""

from __future__ import annotations

from typing import Literal

from .base import JSON, ContractModel
from .canonical import snap
from .config import SubmissionConfig, parse_config


class AdjustedValue(ContractModel):
    """`field` is the dotted path in the config as it was given. `rounded`: to the nearest value of the grid;
    `no_effect`: the value that is used gives the same run."""

    field: str
    given: bool | int | float | str
    used: bool | int | float | str
    reason: Literal["rounded", "no_effect"]


def adjusted_values(data: JSON, used: SubmissionConfig) -> list[AdjustedValue]:
    """The differences between a config that was accepted and its canonical form; what was left out is none."""
    config = parse_config(data)
    groups: dict[str, ContractModel] = {"training": config.training, "method": config.method}
    groups |= {f"techniques.{index}": technique for index, technique in enumerate(config.techniques)}
    trained = {name: value for name, _field, value in used.numbers()}
    adjusted = []
    for name, field, given in config.numbers():
        group, _dot, own = field.rpartition(".")
        if own in groups[group].model_fields_set and given != trained[name]:
            reason: Literal["rounded", "no_effect"] = "rounded" if snap(own, given) == trained[name] else "no_effect"
            adjusted.append(AdjustedValue(field=field, given=given, used=trained[name], reason=reason))
    return adjusted
