"""`multiple-choice` by decoders: the choice that the model would most likely go on with.

A choice stands behind its question and a space. Its score is the sum of the log-probabilities of its tokens, divided by
its number of characters, so that long choices have no disadvantage and no tokenizer an advantage: `acc_norm` of
lm-evaluation-harness (Gao et al. 2024, "The language model evaluation harness"; Brown et al. 2020, section 2.4, divide
by tokens). The model learns the tokens of right choices; nothing is put on it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import GenerationConfig, PreTrainedTokenizerBase

from ..contract.log_lines import LogMessage
from ..contract.sentences import CHOICE_LIKELIHOOD
from ..contract.tasks.multiple_choice import SPEC
from ..metrics.base import FloatArray
from .base import Context, Outputs, PublicForm, Task, TaskModel
from .causal_lm import beginning, end_id, load_causal_lm
from .loss import IGNORED, PLAIN, LossOptions
from .seq2seq import positions, read_config
from .split import TARGETS, Batch, Row, Split, inputs_of
from .text_encoder import load_tokenizer
from .text_task import describe_lengths, padded

DELIMITER = " "
"""Between a question and a choice: `target_delimiter` of lm-evaluation-harness."""
USAGE = """\
@torch.inference_mode()
def predict(question, choices):
    begin, end, scores = {begin}, {end}, []
    for choice in choices:
        prompt = processor(question, add_special_tokens=False)["input_ids"]
        whole = processor(question + {delimiter!r} + choice, add_special_tokens=False)["input_ids"]
        whole = begin + whole or [end]
        cut = min(len(begin) + len(prompt), len(whole) - 1)
        if cut < 1:
            whole, cut = [end] + whole, 1
        tail = whole[cut:][:{longest} - 1]
        ids = torch.tensor([(whole[:cut] + tail)[-{longest}:]])
        logits = model(input_ids=ids).logits[0, -len(tail) - 1 : -1].float()
        likelihoods = logits.log_softmax(-1).gather(1, ids[0, -len(tail) :, None])
        scores.append(likelihoods.sum().item() / max(1, len(choice)))
    return scores
"""


@dataclass(frozen=True)
class Continued:
    """Tokens of a question with one choice, of which the last `count` are the choice's, and its characters."""

    ids: list[int]
    count: int
    characters: int


@dataclass(frozen=True)
class LikelihoodSplit:
    """`choices[i]` are those of item i that are read: all of them, or where it is learned from the right one alone.
    `right[i]` is the place of the right one among them, `right` None where it is not known."""

    ids: tuple[str, ...]
    choices: list[list[Continued]]
    right: list[int] | None
    pad: int

    @property
    def lengths(self) -> list[int]:
        """Of each text."""
        return [len(one.ids) for item in self.choices for one in item]

    @property
    def costs(self) -> list[int]:
        """In tokens, those of all choices that are read, each as long as the longest."""
        return [len(item) * max(len(one.ids) for one in item) for item in self.choices]

    @property
    def has_targets(self) -> bool:
        return self.right is not None

    def collate(self, indices: Sequence[int]) -> Batch:
        """All texts of these items (P, L), padded behind; for each place of them the token of the choice that comes
        next, else `IGNORED`; characters (P,); and where the texts of each item are (B, C), -1 where it has fewer."""
        texts = [one for index in indices for one in self.choices[index]]
        longest, rows, count = max(len(one.ids) for one in texts), [], 0
        for index in indices:
            rows.append([*range(count, count + len(self.choices[index]))])
            count += len(rows[-1])
        batch = {
            "input_ids": padded([one.ids for one in texts], longest, self.pad),
            "attention_mask": padded([[1] * len(one.ids) for one in texts], longest, 0),
            "next_ids": padded([_next_ids(one) for one in texts], longest, IGNORED),
            "characters": torch.tensor([float(one.characters) for one in texts]),
            "at": padded(rows, max(map(len, rows)), -1),
        }
        return batch | {TARGETS: self.targets(indices)} if self.has_targets else batch

    def targets(self, indices: Sequence[int]) -> Tensor:
        """(B, C): 1 for the right choice, 0 for the others."""
        assert self.right is not None
        rows = [[int(n == self.right[index]) for n in range(len(self.choices[index]))] for index in indices]
        return padded(rows, max(map(len, rows)), IGNORED)

    def unpack(self, values: Tensor, indices: Sequence[int]) -> list[Tensor]:
        return [row[: len(self.choices[index])] for row, index in zip(values, indices, strict=True)]


def _next_ids(text: Continued) -> list[int]:
    return [*[IGNORED] * (len(text.ids) - text.count - 1), *text.ids[-text.count :], IGNORED]


class LikelihoodModel(TaskModel):
    def __init__(self, backbone: nn.Module) -> None:
        super().__init__(backbone, nn.Identity())

    def forward(self, **inputs: Tensor) -> Outputs:
        """float32 log-probabilities of the choices' tokens (P, L), 0 elsewhere."""
        targets = inputs["next_ids"]
        is_choice = targets != IGNORED
        read = {name: inputs[name] for name in ("input_ids", "attention_mask")}
        logits = self.backbone(**read, use_cache=False).logits[is_choice].float()
        found = -nn.functional.cross_entropy(logits, targets[is_choice], reduction="none")
        return torch.zeros(targets.shape, device=found.device).masked_scatter(is_choice, found)


class ChoiceLikelihood(Task):
    spec = SPEC.of("decoder")

    def __init__(self, context: Context, rows: Sequence[Row] = ()) -> None:
        super().__init__(context, rows)
        self._vocabulary = 2

    def load_processor(self, folder: Path) -> PreTrainedTokenizerBase:
        return load_tokenizer(folder)

    @cached_property
    def _end(self) -> int:
        """Raises ValueError where the tokenizer has no end token."""
        return end_id(self.processor)

    @cached_property
    def _begin(self) -> list[int]:
        return beginning(self.processor)

    def encode(self, rows: Sequence[Row], split: str, max_length: int) -> LikelihoodSplit:
        """Of training rows the right choice alone: no other is learned from."""
        column = self.spec.target.name
        right = [row[column] for row in rows] if rows and column in rows[0] else None
        chosen = [row["choices"] for row in rows]
        if split == "train" and right is not None:
            chosen, right = [[row["choices"][at]] for row, at in zip(rows, right, strict=True)], [0] * len(rows)
        pad = self.processor.pad_token_id
        return LikelihoodSplit(
            ids=tuple(row["id"] for row in rows),
            choices=self._continued([row["question"] for row in rows], chosen, max_length),
            right=right,
            pad=self._end if pad is None else pad,
        )

    def _continued(self, questions: list[str], choices: list[list[str]], max_length: int) -> list[list[Continued]]:
        """Tokenized with their question, as what they are depends on what stands before."""
        if not questions:
            return []
        whole = [question + DELIMITER + one for question, own in zip(questions, choices, strict=True) for one in own]
        prompts, texts = (self.processor(of, add_special_tokens=False)["input_ids"] for of in (questions, whole))
        longest, left = self._longest(max_length), iter(texts)
        return [
            [self._cut(prompt, next(left), len(one), longest) for one in own]
            for prompt, own in zip(prompts, choices, strict=True)
        ]

    def _cut(self, prompt: list[int], whole: list[int], characters: int, longest: int) -> Continued:
        """A question that is too long loses its beginning, a choice that is too long by itself its end."""
        ids = [*self._begin, *whole] or [self._end]
        cut = min(len(self._begin) + len(prompt), len(ids) - 1)
        if cut < 1:  # something must stand before the first token that counts
            ids, cut = [self._end, *ids], 1
        choice = ids[cut:][: longest - 1]
        return Continued((ids[:cut] + choice)[-longest:], len(choice), max(1, characters))

    def _longest(self, max_length: int) -> int:
        return min(max_length, positions(read_config(self.context.folder), "decoder"))

    def describe(self, split: Split, max_length: int) -> LogMessage:
        assert isinstance(split, LikelihoodSplit)
        return describe_lengths(split.lengths, max_length)

    def longest(self, split: Split) -> int:
        assert isinstance(split, LikelihoodSplit)
        return max(split.lengths)

    def build_model(self) -> LikelihoodModel:
        """Raises ValueError where the tokenizer has no end token."""
        assert self._end >= 0
        model = load_causal_lm(self.context)
        model.generation_config = GenerationConfig.from_model_config(model.config)  # a hub's settings are not ours
        self._vocabulary = int(model.get_input_embeddings().num_embeddings)
        return LikelihoodModel(model)

    @property
    def base_method(self) -> str:
        return CHOICE_LIKELIHOOD

    def answer(self, part: nn.Module, batch: Batch) -> tuple[Tensor, Outputs]:
        """Log-likelihoods by the character (B, C), 0 where an item has fewer choices."""
        outputs: Tensor = part(**inputs_of(batch))
        at = batch["at"]
        scores = (outputs.sum(dim=1) / batch["characters"])[at.clamp(min=0)]
        return scores * (at >= 0), outputs

    def loss(self, outputs: Outputs, batch: Batch, options: LossOptions = PLAIN) -> Tensor:
        """Cross-entropy of the tokens of right choices."""
        rights = batch["at"][batch[TARGETS] == 1]
        mean: Tensor = -outputs[rights].sum() / max(1, self.weight(batch))
        return mean

    def weight(self, batch: Batch) -> int:
        """Tokens of right choices."""
        return int((batch["next_ids"][batch["at"][batch[TARGETS] == 1]] != IGNORED).sum())

    def chance_loss(self) -> float:
        return math.log(self._vocabulary)

    def exported_top(self, top: nn.Module) -> dict[str, Tensor]:
        """None: the model is a public class whole."""
        return {}

    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        values: dict[str, Any] = {"begin": self._begin, "end": self._end, "delimiter": DELIMITER}
        return PublicForm(
            pipeline_tag=self.spec.id,
            auto_class="AutoModelForCausalLM",
            processor_class="AutoTokenizer",
            usage=USAGE.format(longest=self._longest(max_length), **values),
            is_whole_class=True,
        )

    def decode(self, outputs: Sequence[Tensor], split: Split) -> list[FloatArray]:
        """The scores of each item's choices."""
        return [scores.double().numpy() for scores in outputs]
