from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..facts import ModelSize
from ..families import Family
from .base import MethodConfig


class PromptTuning(MethodConfig):
    """Learned vectors in front of the embedded text, of a model that stays as it is (Lester et al. 2021); the head
    trains too."""

    families: ClassVar[tuple[Family, ...]] = ("encoder", "decoder", "encoder-decoder")
    reads_tokens: ClassVar[bool] = True

    name: Literal["prompt_tuning"]
    num_virtual_tokens: Annotated[
        int,
        Field(ge=1, le=128, description="Vectors in front of each text, which begin as those of random tokens."),
    ] = 16

    @property
    def read_tokens(self) -> int:
        return self.num_virtual_tokens

    @property
    def virtual_tokens(self) -> int:
        return self.num_virtual_tokens

    def added_parameters(self, size: ModelSize) -> int:
        return self.num_virtual_tokens * size.width
