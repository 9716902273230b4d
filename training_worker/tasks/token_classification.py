"""`token-classification`: one of the data's labels for each word of a text.

A word is represented by its first sub-token, as in transformers' own example. Every word is answered: those that
`max_length` cuts off, or that the tokenizer drops, get the tag that is most frequent in training.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from ..contract.log_lines import LogMessage
from ..contract.sentences import WORD_PROTOTYPES
from ..contract.tasks.token_classification import SPEC
from . import prototypes
from .base import Context, PublicForm, TaskModel
from .class_output import LabelTask
from .heads import LinearHead
from .loss import IGNORED
from .split import TARGETS, Batch, Row, Split
from .text_encoder import load_encoder, load_tokenizer, max_positions, width_and_dropout
from .text_task import Tokens, TokenSplit, describe_lengths, padded

USAGE = """\
@torch.inference_mode()
def predict(words):
    inputs = processor(words, is_split_into_words=True, truncation=True, max_length={max_length}, return_tensors="pt")
    tags = model(**inputs).logits[0].argmax(-1).tolist()
    first = {{}}
    for tag, word in zip(tags, inputs.word_ids()):
        first.setdefault(word, labels[tag])
    return [first.get(word, {fallback}) for word in range(len(words))]
"""


@dataclass(frozen=True)
class WordSplit:
    """Texts of words. Of example i, `counts[i]` is the number of words; word `words[i][j]` begins at position
    `starts[i][j]` of its tokens and has the tag `tags[i][j]`. Words that have no token are not in these."""

    text: TokenSplit
    counts: list[int]
    words: list[list[int]]
    starts: list[list[int]]
    tags: list[list[int]] | None

    @property
    def ids(self) -> Sequence[str]:
        return self.text.ids

    @property
    def costs(self) -> list[int]:
        """In tokens."""
        return self.text.costs

    @property
    def has_targets(self) -> bool:
        return self.tags is not None

    def collate(self, indices: Sequence[int]) -> Batch:
        """Tokens (B, L), the starts of words (B, W) and their tags (B, W)."""
        batch = self.text.collate(indices) | {"starts": _padded([self.starts[index] for index in indices], 0)}
        return batch | {TARGETS: self.targets(indices)} if self.has_targets else batch

    def targets(self, indices: Sequence[int]) -> Tensor:
        assert self.tags is not None
        return _padded([self.tags[index] for index in indices], IGNORED)

    def unpack(self, values: Tensor, indices: Sequence[int]) -> list[Tensor]:
        return [row[: len(self.starts[index])] for row, index in zip(values, indices, strict=True)]


class WordModel(TaskModel):
    """An encoder: one vector of each word, that of its first sub-token."""

    def features(self, **inputs: Tensor) -> Tensor:
        """(B, W, H) from tokens and the `starts` of words (B, W)."""
        starts = inputs.pop("starts")
        hidden: Tensor = self.backbone(**inputs).last_hidden_state
        return hidden.gather(1, starts.unsqueeze(-1).expand(-1, -1, hidden.shape[-1])).float()


class TokenClassification(LabelTask):
    spec = SPEC

    def __init__(self, context: Context, rows: Sequence[Row] = ()) -> None:
        super().__init__(context, rows)
        counts = Counter(tag for row in rows for tag in row[self.spec.target.name])
        self.fallback = max(context.labels, key=lambda label: counts[label])

    def load_processor(self, folder: Path) -> PreTrainedTokenizerBase:
        return load_tokenizer(folder, split_words=True)

    def encode(self, rows: Sequence[Row], split: str, max_length: int) -> WordSplit:
        longest = min(max_length, max_positions(self.context.folder))
        texts = [row["tokens"] for row in rows]
        encoded = self.processor(texts, is_split_into_words=True, truncation=True, max_length=longest)
        found = [first_tokens(encoded.word_ids(index)) for index in range(len(rows))]
        words = [list(starts) for starts in found]
        column = self.spec.target.name
        tags = [[self.label_numbers[tag] for tag in row[column]] for row in rows if column in row]
        tokens = Tokens(encoded["input_ids"], type_ids=None, pad_id=self.processor.pad_token_id or 0)
        return WordSplit(
            text=TokenSplit(tuple(row["id"] for row in rows), values=None, tokenize=lambda: tokens),
            counts=[len(text) for text in texts],
            words=words,
            starts=[list(starts.values()) for starts in found],
            tags=[[all_[word] for word in those] for all_, those in zip(tags, words, strict=True)] if tags else None,
        )

    def describe(self, split: Split, max_length: int) -> LogMessage:
        return describe_lengths(split.costs, max_length)

    def build_model(self) -> WordModel:
        encoder = load_encoder(self.context)
        width, dropout = width_and_dropout(encoder)
        return WordModel(encoder, LinearHead(width, len(self.context.labels), dropout))

    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        return PublicForm(
            pipeline_tag=self.spec.id,
            auto_class="AutoModelForTokenClassification",
            processor_class="AutoTokenizer",
            usage=USAGE.format(max_length=max_length, fallback=repr(self.fallback)),
            layer="classifier",
        )

    def choose_examples(self, rows: Sequence[Row]) -> list[int]:
        """The texts of one seeded shuffle that have a word of a tag of which there are not enough yet, sorted."""
        generator = torch.Generator().manual_seed(self.context.base_seed)
        enough, counts = prototypes.examples_per_class(len(self.context.labels)), Counter[str]()
        chosen = []
        for index in torch.randperm(len(rows), generator=generator).tolist():
            tags = rows[index][self.spec.target.name]
            if any(counts[tag] < enough for tag in tags):
                counts.update(tags)
                chosen.append(index)
        return sorted(chosen)

    @property
    def base_method(self) -> str:
        count = prototypes.examples_per_class(len(self.context.labels))
        return WORD_PROTOTYPES(count=count)

    def decode(self, outputs: Sequence[Tensor], split: Split) -> list[list[str]]:
        """The tags of every word of each example."""
        assert isinstance(split, WordSplit)
        answers = []
        for logits, words, count in zip(outputs, split.words, split.counts, strict=True):
            tags = [self.fallback] * count
            for word, number in zip(words, logits.argmax(dim=-1).tolist(), strict=True):
                tags[word] = self.context.labels[number]
            answers.append(tags)
        return answers


def first_tokens(word_ids: Sequence[int | None]) -> dict[int, int]:
    """Position of the first token of each word that has one, from the word of each token."""
    first: dict[int, int] = {}
    for position, word in enumerate(word_ids):
        if word is not None:
            first.setdefault(word, position)
    return first


def _padded(rows: Sequence[Sequence[int]], fill: int) -> Tensor:
    return padded(rows, max(map(len, rows)), fill)


TASK = TokenClassification
