"""`question-answering`: the part of a context that answers a question, or none.

A linear layer scores every token of the context as the first and as the last one of the answer, and, with the first
token of a window ([CLS]), that there is no answer, as `AutoModelForQuestionAnswering` does. All windows of an example
share one softmax (Clark & Gardner 2018, "shared norm"), "no answer" with its mean over windows.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerBase

from ..contract.log_lines import Log, LogMessage
from ..contract.sentences import SPAN_RIDGE
from ..contract.squad import NO_ANSWER
from ..contract.tasks.question_answering import SPEC
from .base import Context, FeatureTask, Outputs, PublicForm, TaskModel
from .heads import LinearHead
from .loss import IGNORED, PLAIN, LossOptions
from .ridge import ridge_head
from .span_form import span_form
from .split import TARGETS, Batch, FeatureSplit, Row, Split
from .text_encoder import load_encoder, load_tokenizer, max_positions, width_and_dropout
from .text_task import padded
from .windows import Windows, read_windows

START, END = 1, 2
"""Bits of a position's target."""
MOST_EXAMPLES, MOST_TOKENS = 512, 16_384
"""That the base score is made from."""
SHORTEST_LIMIT = 30
"""Tokens that an answer may have at least, as in transformers' own example; more where training answers have more."""


@dataclass(frozen=True)
class SpanSplit:
    """Questions with their contexts. `answers` are as the data has them, None where they are not known.

    An example's positions are "no answer" and each token of its context.
    """

    rows: Sequence[Row]
    answers: Sequence[dict[str, list[object]]] | None
    tokenizer: PreTrainedTokenizerBase
    max_length: int

    @cached_property
    def ids(self) -> Sequence[str]:
        return tuple(row["id"] for row in self.rows)

    @cached_property
    def windows(self) -> list[Windows]:
        questions, contexts = ([row[name] for row in self.rows] for name in ("question", "context"))
        return read_windows(self.tokenizer, questions, contexts, self.max_length)

    @cached_property
    def costs(self) -> list[int]:
        """In tokens, those of all windows."""
        return [windows.cost for windows in self.windows]

    @property
    def has_targets(self) -> bool:
        return self.answers is not None

    def collate(self, indices: Sequence[int]) -> Batch:
        """Windows (W, L) of all these examples one after the other; of each example the places of its tokens among
        all tokens (B, T), of each window the place of its first token (W,), and its share in its example (B, W)."""
        chosen = [self.windows[index] for index in indices]
        rows = [ids for windows in chosen for ids in windows.ids]
        longest = max(map(len, rows))
        batch = {"input_ids": padded(rows, longest, self.tokenizer.pad_token_id or 0)}
        if any(len(row) < longest for row in rows):
            batch["attention_mask"] = padded([[1] * len(row) for row in rows], longest, 0)
        if chosen[0].type_ids is not None:
            batch["token_type_ids"] = padded([ids for windows in chosen for ids in windows.type_ids or ()], longest, 0)
        firsts = [0]
        for windows in chosen:
            firsts.append(firsts[-1] + len(windows.ids))
        at = [
            [(first + window) * longest + place for window, place in windows.places]
            for first, windows in zip(firsts, chosen, strict=False)
        ]
        batch["at"] = padded(at, max(map(len, at)), 0)
        batch["shares"] = torch.zeros(len(chosen), len(rows))
        for example, windows in enumerate(chosen):
            batch["shares"][example, firsts[example] : firsts[example + 1]] = 1 / len(windows.ids)
        return batch | {TARGETS: self.targets(indices)} if self.has_targets else batch

    def targets(self, indices: Sequence[int]) -> Tensor:
        """(B, 1 + T): the bits `START` and `END` of each position; none where no right answer is read."""
        rows = [self._bits(index) for index in indices]
        return padded(rows, max(map(len, rows)), IGNORED)

    def unpack(self, values: Tensor, indices: Sequence[int]) -> list[Tensor]:
        return [row[: 1 + len(self.windows[index].places)] for row, index in zip(values, indices, strict=True)]

    def _bits(self, index: int) -> list[int]:
        assert self.answers is not None
        windows, answers = self.windows[index], self.answers[index]
        bits = [0] * (1 + len(windows.places))
        if not answers["text"]:
            bits[0] = START | END
        for text, start in zip(answers["text"], answers["answer_start"], strict=True):
            assert isinstance(text, str)
            assert isinstance(start, int)
            if found := windows.tokens_of(start, start + len(text)):
                bits[1 + found[0]] |= START
                bits[1 + found[1]] |= END
        return bits


class SpanModel(TaskModel):
    """An encoder: one vector of "no answer" and of each token of the context."""

    def features(self, **inputs: Tensor) -> Tensor:
        """(B, 1 + T, H) of what `SpanSplit.collate` makes."""
        at, shares = inputs.pop("at"), inputs.pop("shares")
        hidden: Tensor = self.backbone(**inputs).last_hidden_state
        none = shares @ hidden[:, 0].float()
        return torch.cat([none.unsqueeze(1), hidden.flatten(0, 1)[at].float()], dim=1)


class QuestionAnswering(FeatureTask):
    """`has_null`: some training questions have no answer, so that "there is none" is an answer."""

    spec = SPEC

    def __init__(self, context: Context, rows: Sequence[Row] = ()) -> None:
        super().__init__(context, rows)
        answers = [row[self.spec.target.name]["text"] for row in rows]
        self.has_null = not all(answers)
        self._texts = [text for texts in answers for text in texts]
        self._words = statistics.fmean(len(row["context"].split()) for row in rows) if rows else 0.0
        self._examples = min(len(rows), MOST_EXAMPLES)

    def load_processor(self, folder: Path) -> PreTrainedTokenizerBase:
        return load_tokenizer(folder)

    @cached_property
    def longest_answer(self) -> int:
        """Tokens that an answer may have."""
        if not self._texts:
            return SHORTEST_LIMIT
        return max(SHORTEST_LIMIT, *map(len, self.processor(self._texts, add_special_tokens=False)["input_ids"]))

    def encode(self, rows: Sequence[Row], split: str, max_length: int) -> SpanSplit:
        column = self.spec.target.name
        answers = [row[column] for row in rows] if rows and column in rows[0] else None
        return SpanSplit(rows, answers, self.processor, min(max_length, max_positions(self.context.folder)))

    def describe(self, split: Split, max_length: int) -> LogMessage:
        assert isinstance(split, SpanSplit)
        count = max(1, len(split.ids))
        shares = {
            "windowed": sum(len(windows.ids) > 1 for windows in split.windows),
            "cut": sum(windows.is_cut for windows in split.windows),
        }
        values = {name: 100 * share / count for name, share in shares.items()}
        return LogMessage(Log.WINDOWS, {"mean": sum(split.costs) / count, "length": split.max_length, **values})

    def build_model(self) -> SpanModel:
        encoder = load_encoder(self.context)
        width, dropout = width_and_dropout(encoder)
        return SpanModel(encoder, LinearHead(width, 2, dropout))

    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        length = min(max_length, max_positions(self.context.folder))
        return span_form(model, length, longest_answer=self.longest_answer, has_null=self.has_null)

    def choose_examples(self, rows: Sequence[Row]) -> list[int]:
        """The first of one seeded shuffle, sorted."""
        generator = torch.Generator().manual_seed(self.context.base_seed)
        return sorted(torch.randperm(len(rows), generator=generator)[:MOST_EXAMPLES].tolist())

    def start_at_base(self, top: nn.Module, examples: FeatureSplit) -> None:
        """Ridge regression of "is the first token" and "is the last token" on the features of all right tokens and of
        as many others, evenly chosen, as are taken; scores with standard deviation 1."""
        assert isinstance(top, LinearHead)
        bits = examples.targets(range(len(examples.ids))).flatten()
        bits = bits[bits != IGNORED]
        step = max(1, len(bits) // MOST_TOKENS)
        is_kept = (bits > 0) | (torch.arange(len(bits)) % step == 0)
        features, bits = examples.features[is_kept], bits[is_kept]
        heads = [ridge_head(features, (bits & bit > 0).double()) for bit in (START, END)]
        weight, bias = (torch.cat(parts) for parts in zip(*heads, strict=True))
        spread = float((features @ weight.T).std())
        scale = 1.0 / spread if spread > 1e-12 else 1.0
        top.set(scale * weight, scale * bias)

    def start_at_random(self, top: nn.Module) -> None:
        assert isinstance(top, LinearHead)
        top.draw()

    @property
    def base_method(self) -> str:
        return SPAN_RIDGE(count=self._examples)

    def loss(self, outputs: Outputs, batch: Batch, options: LossOptions = PLAIN) -> Tensor:
        """Mean of the negative log-likelihoods of start and end, each over an example's positions; of several right
        ones the sum. Examples of which no right answer is read do not count."""
        logits, bits = outputs.float(), batch[TARGETS]
        known = _is_known(bits)
        logits = logits.masked_fill((bits == IGNORED).unsqueeze(-1), -math.inf)[known]
        is_right = torch.stack([bits[known] & bit > 0 for bit in (START, END)], dim=-1)
        right = logits.masked_fill(~is_right, -math.inf).logsumexp(dim=1)
        total: Tensor = (logits.logsumexp(dim=1) - right).sum()
        return total / (2 * max(1, len(logits)))

    def weight(self, batch: Batch) -> int:
        return int(_is_known(batch[TARGETS]).sum())

    def chance_loss(self) -> float:
        return math.log(max(2.0, self._words))

    def decode(self, outputs: Sequence[Tensor], split: Split) -> list[str | None]:
        """The best span of each context, `NO_ANSWER` where that scores higher."""
        assert isinstance(split, SpanSplit)
        answers: list[str | None] = []
        for logits, windows, row in zip(outputs, split.windows, split.rows, strict=True):
            score, first, last = best_span(logits[1:], self.longest_answer)
            is_none = last < 0 or (self.has_null and float(logits[0].sum()) > score)
            text = row["context"][windows.spans[first][0] : windows.spans[last][1]] if not is_none else NO_ANSWER
            answers.append(text.strip())
        return answers


def _is_known(bits: Tensor) -> Tensor:
    """(B,) of which examples a right answer is read."""
    return (bits > 0).any(dim=1)


def best_span(logits: Tensor, longest: int) -> tuple[float, int, int]:
    """(score, first, last) of the best span of at most `longest` tokens, the earliest and shortest where several are;
    last is -1 where there are no tokens. `logits` (T, 2)."""
    count = len(logits)
    if not count:
        return -math.inf, 0, -1
    width = min(longest, count)
    ends = nn.functional.pad(logits[:, 1], (0, width - 1), value=-math.inf).unfold(0, width, 1)
    scores = logits[:, :1] + ends
    best = int(scores.argmax())
    first, length = divmod(best, width)
    return float(scores[first, length]), first, first + length


TASK = QuestionAnswering
