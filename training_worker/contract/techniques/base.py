"""What all techniques share."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from ..base import ContractModel
from ..families import FAMILIES, Family
from ..tasks.spec import ColumnKind, TaskSpec


class TechniqueConfig(ContractModel):
    """A technique's own fields beside its `name`. The class also says what it fits and when it acts."""

    stage: ClassVar[int]
    """Techniques apply in the order of their stages, whatever the order in the config: 1 pre-training, 2 augmentation,
    3 loss, 4 search, 5 compression."""
    families: ClassVar[tuple[Family, ...]] = FAMILIES
    inputs: ClassVar[tuple[ColumnKind, ...] | None] = None
    """It works on input columns of these kinds, of which the task must have one; None: any task."""
    trains_backbone: ClassVar[bool] = False
    """It has no effect where the backbone is frozen."""

    excludes: ClassVar[tuple[str, ...]] = ()
    """Names of techniques that cannot be used beside it."""
    changes_inputs: ClassVar[bool] = False
    """It adds examples that may be longer than any of the data."""

    name: str

    @classmethod
    def fits(cls, task: TaskSpec) -> bool:
        """Some model that does the task can be trained with it."""
        columns = {column.kind for column in task.inputs if not column.is_fixed}
        has_models = not {*cls.families}.isdisjoint(task.families)
        return has_models and (cls.inputs is None or not columns.isdisjoint(cls.inputs))

    def training_examples(self, examples: int) -> int:
        """How many examples an epoch has with it; `examples` without."""
        return examples

    @property
    def step_cost(self) -> float:
        """Cost of one training step with it; 1 without."""
        return 1.0


class CopyingConfig(TechniqueConfig):
    """One that adds changed copies of each training example."""

    stage: ClassVar[int] = 2
    changes_inputs: ClassVar[bool] = True

    copies: Annotated[int, Field(ge=1, le=4, description="Changed copies of each training example.")] = 1

    def training_examples(self, examples: int) -> int:
        return examples * (1 + self.copies)


class AdversarialConfig(TechniqueConfig):
    """One that trains on word embeddings which are moved to where the loss is higher; one of them at a time."""

    stage: ClassVar[int] = 3
    families: ClassVar[tuple[Family, ...]] = ("encoder", "decoder", "encoder-decoder")
    trains_backbone: ClassVar[bool] = True
    excludes: ClassVar[tuple[str, ...]] = ("fgm", "freelb", "pgd")

    epsilon: Annotated[
        float, Field(ge=0.01, le=10.0, description="Longest move (L2) of the embeddings of an example.")
    ] = 0.1
