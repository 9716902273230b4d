"""Tasks whose answers are texts that the model writes token by token, each the most likely one, batched and with the
model's cache of keys and values, until its end token or the challenge's limit of new tokens."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from transformers import GenerationConfig, PreTrainedTokenizerBase

from ..contract.config import LONGEST
from ..contract.log_lines import LogMessage
from ..contract.sentences import ZERO_SHOT
from .base import Context, Outputs, PublicForm, Task, TaskModel
from .loss import IGNORED, PLAIN, LossOptions, mean_cross_entropy
from .split import TARGETS, Batch, Row, Split, inputs_of
from .text_encoder import load_tokenizer
from .text_task import describe_lengths

USUAL_TOKENS = 64
"""New tokens at most where neither the challenge nor training answers say how many."""
ID_NAMES = ("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id", "forced_bos_token_id")


@runtime_checkable
class WritingSplit(Protocol):
    """What a model is to answer by writing."""

    @property
    def lengths(self) -> Sequence[int]:
        """Tokens of what the model reads of each example, without an answer."""


class GeneratedTask(Task):
    """Loss on the answers' tokens alone; the untrained model answers as it is (zero-shot)."""

    def __init__(self, context: Context, rows: Sequence[Row] = ()) -> None:
        super().__init__(context, rows)
        self._answers = [row[self.spec.target.name] for row in rows]
        self._vocabulary = 2

    def load_processor(self, folder: Path) -> PreTrainedTokenizerBase:
        return load_tokenizer(folder)

    def answer_tokens(self, answers: Sequence[str]) -> list[list[int]]:
        """With the end token, uncut."""
        if not answers:
            return []
        encoded: list[list[int]] = self.processor(text_target=list(answers))["input_ids"]
        return encoded

    @cached_property
    def max_new_tokens(self) -> int:
        """The challenge's; else as many as the longest training answer has, at most `LONGEST`."""
        if self.context.max_new_tokens is not None:
            return self.context.max_new_tokens
        lengths = list(map(len, self.answer_tokens(self._answers)))
        return min(LONGEST, max(lengths)) if lengths else USUAL_TOKENS

    @cached_property
    def usual_tokens(self) -> int:
        """Of an answer that is not written yet: the mean of the training answers."""
        lengths = [min(len(tokens), self.max_new_tokens) for tokens in self.answer_tokens(self._answers)]
        return math.ceil(sum(lengths) / len(lengths)) if lengths else self.max_new_tokens

    def describe(self, split: Split, max_length: int) -> LogMessage:
        assert isinstance(split, WritingSplit)
        return describe_lengths(split.lengths, max_length)

    def set_greedy(self, model: Any) -> None:
        """Nothing of a hub's settings for generation but the special tokens is kept: they would differ by model."""
        ids = {name: token_id(model, name) for name in ID_NAMES}
        settings: Any = GenerationConfig
        model.generation_config = settings(do_sample=False, num_beams=1, max_new_tokens=self.max_new_tokens, **ids)
        self._vocabulary = int(model.get_input_embeddings().num_embeddings)

    @property
    def base_method(self) -> str:
        return ZERO_SHOT(tokens=self.max_new_tokens)

    def answer(self, part: nn.Module, batch: Batch) -> tuple[Tensor, Outputs]:
        """Written tokens (B, T), and the logits of known answers."""
        assert isinstance(part, GeneratingModel)
        outputs = part(**inputs_of(batch)) if TARGETS in batch else None
        return part.write(batch), outputs

    def loss(self, outputs: Outputs, batch: Batch, options: LossOptions = PLAIN) -> Tensor:
        """Cross-entropy of the answers' tokens."""
        return mean_cross_entropy(outputs, batch[TARGETS], options)

    def weight(self, batch: Batch) -> int:
        return int((batch[TARGETS] != IGNORED).sum())

    def chance_loss(self) -> float:
        return math.log(self._vocabulary)

    def exported_top(self, top: nn.Module) -> dict[str, Tensor]:
        """None: the model is a public class whole."""
        return {}

    def decode(self, outputs: Sequence[Tensor], split: Split) -> list[str]:
        """Texts without special tokens."""
        ids = [output.long().tolist() for output in outputs]
        texts = self.processor.batch_decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return [text.strip() for text in texts]

    def generated_form(self, auto_class: str, usage: str, **values: object) -> PublicForm:
        return PublicForm(
            pipeline_tag=self.spec.id,
            auto_class=auto_class,
            processor_class="AutoTokenizer",
            usage=GREEDY + usage.format(**values),
            is_whole_class=True,
        )


GREEDY = """\
from transformers import GenerationConfig

generation = GenerationConfig.from_pretrained(FOLDER)
"""


class GeneratingModel(TaskModel):
    """A pretrained model with a head for tokens of its own: nothing is put on it."""

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__(backbone, nn.Identity())

    def forward(self, **inputs: Tensor) -> Outputs:
        """Logits (B, T, V)."""
        return self.backbone(**inputs, use_cache=False).logits

    def write(self, batch: Batch) -> Tensor:
        """New tokens (B, T)."""
        raise NotImplementedError


def token_id(model: Any, name: str) -> int | None:
    """Of a special token, as the model's files have it; of a pair of models where neither says, the decoder's."""
    for config in (model.generation_config, model.config, getattr(model.config, "decoder", None)):
        value = getattr(config, name, None)
        if value is not None:
            return int(value[0]) if isinstance(value, list) else int(value)
    return None


def ignored_beyond(rows: Sequence[Sequence[int]]) -> Tensor:
    """(B, longest) tokens padded by what no loss counts."""
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[IGNORED] * (longest - len(row))] for row in rows], dtype=torch.long)
