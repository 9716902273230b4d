"""Tasks of decoder models: the model goes on with a prompt, and learns its answer alone."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from .base import Outputs, TaskModel
from .causal_lm import beginning, begun, end_id, load_causal_lm
from .generated import GeneratedTask, GeneratingModel
from .loss import IGNORED
from .seq2seq import positions, read_config
from .split import TARGETS, Batch, Row

PROMPTS, PROMPT_MASK = "prompt_ids", "prompt_mask"


@dataclass(frozen=True)
class PromptSplit:
    """Tokens of prompts and, where they are known, of their answers. `usual` is the cost of an answer that is not
    written yet."""

    ids: tuple[str, ...]
    prompts: list[list[int]]
    answers: list[list[int]] | None
    pad: int
    usual: int

    @property
    def lengths(self) -> list[int]:
        return list(map(len, self.prompts))

    @property
    def costs(self) -> list[int]:
        """In tokens of prompt and answer."""
        written = map(len, self.answers) if self.answers is not None else [self.usual] * len(self.ids)
        return [max(1, len(prompt) + answer) for prompt, answer in zip(self.prompts, written, strict=True)]

    @property
    def has_targets(self) -> bool:
        return self.answers is not None

    def collate(self, indices: Sequence[int]) -> Batch:
        """Prompts (B, P), padded in front, to go on with; and where answers are known, prompts with answers (B, L),
        padded behind, and for each place the token of the answer that comes next."""
        prompts = [self.prompts[index] for index in indices]
        widest = max(map(len, prompts))
        batch = {
            PROMPTS: torch.tensor([[self.pad] * (widest - len(prompt)) + prompt for prompt in prompts]),
            PROMPT_MASK: torch.tensor([[0] * (widest - len(prompt)) + [1] * len(prompt) for prompt in prompts]),
        }
        if self.answers is None:
            return batch
        whole = [prompt + self.answers[index] for prompt, index in zip(prompts, indices, strict=True)]
        longest = max(map(len, whole))
        read = [tokens + [self.pad] * (longest - len(tokens)) for tokens in whole]
        mask = [[1] * len(tokens) + [0] * (longest - len(tokens)) for tokens in whole]
        inputs = {"input_ids": torch.tensor(read), "attention_mask": torch.tensor(mask)}
        return batch | inputs | {TARGETS: self.targets(indices)}

    def targets(self, indices: Sequence[int]) -> Tensor:
        assert self.answers is not None
        pairs = [(len(self.prompts[index]), self.answers[index]) for index in indices]
        longest = max(before + len(answer) for before, answer in pairs)
        rows = [[IGNORED] * (before - 1) + answer for before, answer in pairs]
        return torch.tensor([row + [IGNORED] * (longest - len(row)) for row in rows])

    def unpack(self, values: Tensor, indices: Sequence[int]) -> list[Tensor]:
        return list(values)


class DecoderModel(GeneratingModel):
    def forward(self, **inputs: Tensor) -> Outputs:
        """Logits (B, L, V) of prompts with their answers."""
        return super().forward(**{name: value for name, value in inputs.items() if name not in (PROMPTS, PROMPT_MASK)})

    def write(self, batch: Batch) -> Tensor:
        backbone: Any = self.backbone
        written: Tensor = backbone.generate(input_ids=batch[PROMPTS], attention_mask=batch[PROMPT_MASK])
        return written[:, batch[PROMPTS].shape[1] :]


class DecoderTask(GeneratedTask):
    """A prompt that is longer than `max_length` loses its beginning: what is asked stands at the end."""

    @abstractmethod
    def prompt_text(self, row: Row) -> str:
        """All of the prompt, with the model's own special tokens."""

    @property
    def end_id(self) -> int:
        """Raises ValueError where the tokenizer has no end token."""
        return end_id(self.processor)

    def answer_tokens(self, answers: Sequence[str]) -> list[list[int]]:
        if not answers:
            return []
        encoded = self.processor(list(answers), add_special_tokens=False)["input_ids"]
        return [[*tokens, self.end_id] for tokens in encoded]

    @cached_property
    def begin(self) -> list[int]:
        """What the tokenizer puts in front of a text."""
        return beginning(self.processor)

    def encode(self, rows: Sequence[Row], split: str, max_length: int) -> PromptSplit:
        bound = positions(read_config(self.context.folder), "decoder") - self.context.virtual_tokens
        written = min(self.max_new_tokens, bound // 2)
        longest = min(max_length, bound - written)
        prompts = self.processor([self.prompt_text(row) for row in rows], add_special_tokens=False)["input_ids"]
        target = self.spec.target.name
        is_known = bool(rows) and target in rows[0]
        answers = [ids[:written] for ids in self.answer_tokens([row[target] for row in rows])] if is_known else None
        return PromptSplit(
            ids=tuple(row["id"] for row in rows),
            prompts=[begun(tokens, self.begin, self.end_id)[-longest:] for tokens in prompts],
            answers=answers,
            pad=self.processor.pad_token_id if self.processor.pad_token_id is not None else self.end_id,
            usual=self.usual_tokens,
        )

    def build_model(self) -> DecoderModel:
        """Raises ValueError where the tokenizer has no end token."""
        model: Any = load_causal_lm(self.context)
        model.config.eos_token_id = self.end_id
        pad = self.processor.pad_token_id
        model.config.pad_token_id = self.end_id if pad is None else pad
        self.set_greedy(model)
        model.generation_config.eos_token_id = self.end_id
        model.generation_config.pad_token_id = model.config.pad_token_id
        return DecoderModel(model)

    def decode(self, outputs: Sequence[Tensor], split: Any) -> list[str]:
        """Texts without special tokens; spaces in front of a line of code stay."""
        ids = [output.long().tolist() for output in outputs]
        texts: list[str] = self.processor.batch_decode(
            ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return [text.rstrip() for text in texts]


USAGE = """
@torch.inference_mode()
def predict({argument}):
    text = {text}
    ids = processor(text, add_special_tokens=False)["input_ids"]
    begin = {begin}
    ids = torch.tensor([(ids if ids[:1] == begin else begin + ids)[-{longest}:]])
    mask = torch.ones_like(ids)
    written = model.generate(inputs=ids, attention_mask=mask, generation_config=generation)[0, ids.shape[1]:]
    return processor.decode(written, skip_special_tokens=True, clean_up_tokenization_spaces=False).rstrip()
"""


def decoder_form(task: DecoderTask, model: TaskModel, max_length: int, *, argument: str, text: str) -> Any:
    bound = positions(read_config(task.context.folder), "decoder") - task.context.virtual_tokens
    longest = min(max_length, bound - min(task.max_new_tokens, bound // 2))
    return task.generated_form(
        "AutoModelForCausalLM", USAGE, argument=argument, text=text, begin=task.begin, longest=longest
    )
