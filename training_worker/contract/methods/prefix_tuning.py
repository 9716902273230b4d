from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..facts import ModelSize
from ..families import Family
from .base import MethodConfig


class PrefixTuning(MethodConfig):
    """Learned keys and values in front of those of the text, in each layer of a model that stays as it is (Li & Liang
    2021); the head trains too."""

    families: ClassVar[tuple[Family, ...]] = ("encoder", "decoder", "encoder-decoder")
    reads_tokens: ClassVar[bool] = True
    can_checkpoint: ClassVar[bool] = False

    name: Literal["prefix_tuning"]
    num_virtual_tokens: Annotated[int, Field(ge=1, le=128, description="Keys and values in front of each text.")] = 16

    @property
    def virtual_tokens(self) -> int:
        return self.num_virtual_tokens

    def added_parameters(self, size: ModelSize) -> int:
        return self.num_virtual_tokens * 2 * size.depth * size.width
