"""One module per technique: its hooks. The ids equal `contract.techniques.TECHNIQUES` (tested)."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from ..contract.tasks import TaskSpec
from ..contract.techniques import Technique as Config
from .base import Technique, Techniques


def load_technique(name: str) -> type[Technique]:
    """The constant `TECHNIQUE` of the module of that name, imported when it is needed."""
    technique: type[Technique] = import_module(f".{name}", __name__).TECHNIQUE
    return technique


def load_techniques(configs: Sequence[Config], spec: TaskSpec, seed: int) -> Techniques:
    """Those of a canonical config, as one."""
    return Techniques([load_technique(config.name)(config, spec, seed) for config in configs])
