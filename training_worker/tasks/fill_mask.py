"""`fill-mask`: the word behind the mask of a text, by the masked language model's own head (Devlin et al. 2019).

The answer is one token of the model's vocabulary. Of an answer that is none, nothing is learned and it is never right.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerBase

from ..contract.log_lines import Log, LogMessage
from ..contract.sentences import WORD_FREQUENCIES, ZERO_SHOT_WORDS
from ..contract.tasks.fill_mask import SPEC
from ..contract.words import LONGEST_WORD, MASK, MOST_WORDS, word_form
from ..metrics.guess_report import Guesses
from .base import Context, FeatureTask, Outputs, PublicForm, TaskModel, UnfitModel
from .loss import IGNORED, PLAIN, LossOptions, mean_cross_entropy
from .masked_head import MaskedHead, load_masked
from .split import TARGETS, Batch, FeatureSplit, Row, Split, inputs_of
from .text_encoder import load_tokenizer, max_positions, without_pooler
from .text_task import Tokens, TokenSplit

MOST_TOKENS = 2 * MOST_WORDS
"""Of an answer that are read as words: some are parts of words, or the same word twice."""
UNSEEN = 0.5
"""How often a token that no training answer is counts as seen, in the frequencies of all together."""
USAGE = """\
from transformers import AutoModelForMaskedLM
from transformers.modeling_outputs import BaseModelOutput

class Given(torch.nn.Module):
    def forward(self, *args, **options):
        return BaseModelOutput(last_hidden_state=self.hidden)

whole, given = AutoModelForMaskedLM.from_config(config), Given()
whole.load_state_dict(head, strict=False)
if config.tie_word_embeddings:
    whole.get_output_embeddings().weight = model.get_input_embeddings().weight
setattr(whole, whole.base_model_prefix, given)  # the encoder is `model`
whole.eval()

@torch.inference_mode()
def predict(text, words=5):
    inputs = processor(text.replace("[MASK]", processor.mask_token), return_tensors="pt")  # at most {length} tokens
    place = inputs["input_ids"][0].tolist().index(processor.mask_token_id)
    given.hidden = model(**inputs).last_hidden_state[:, place : place + 1]
    best = whole(input_ids=inputs["input_ids"][:, :1]).logits[0, 0].softmax(-1).topk(words)
    return [(processor.decode([token]).strip(), p) for p, token in zip(best.values.tolist(), best.indices.tolist())]
"""


@dataclass(frozen=True)
class MaskSplit(TokenSplit):
    """Texts with one mask each. `values` are the tokens of the answers."""

    mask_id: int

    @cached_property
    def places(self) -> list[int]:
        """Of each text's mask among its tokens."""
        return [ids.index(self.mask_id) for ids in self.tokens.ids]

    def collate(self, indices: Sequence[int]) -> Batch:
        return super().collate(indices) | {"at": torch.tensor([self.places[index] for index in indices])}


class MaskedModel(TaskModel):
    """An encoder: one vector of each text, that of its mask."""

    def features(self, **inputs: Tensor) -> Tensor:
        """(B, H)"""
        at = inputs.pop("at")
        hidden: Tensor = self.backbone(**inputs).last_hidden_state
        return hidden[torch.arange(len(at), device=at.device), at].float()


class FillMask(FeatureTask):
    """`start_at_base` keeps a pretrained head; a new one says how frequent each answer is in training."""

    spec = SPEC

    def __init__(self, context: Context, rows: Sequence[Row] = ()) -> None:
        super().__init__(context, rows)
        self._answers = [str(row[SPEC.target.name]) for row in rows]
        self._has_head = True
        self._vocabulary = 2

    def load_processor(self, folder: Path) -> PreTrainedTokenizerBase:
        return load_tokenizer(folder)

    # --- data ------------------------------------------------------------------------------------------------

    def token_of(self, word: str) -> int:
        """The one token that the word is, behind a space where the tokenizer tells that apart; `IGNORED` for none."""
        for text in (f" {word}", word):
            ids = self.processor(text, add_special_tokens=False)["input_ids"]
            if len(ids) == 1 and ids[0] != self.processor.unk_token_id:
                return int(ids[0])
        return IGNORED

    def encode(self, rows: Sequence[Row], split: str, max_length: int) -> MaskSplit:
        column, mask = SPEC.target.name, self.processor.mask_token
        is_known = bool(rows) and column in rows[0]
        tokens = torch.tensor([self.token_of(row[column]) for row in rows]) if is_known else None
        texts = [" ".join(row["text"].split(mask)) if mask != MASK else row["text"] for row in rows]
        return MaskSplit(
            ids=tuple(row["id"] for row in rows),
            values=tokens,
            tokenize=lambda: self._tokenize([text.replace(MASK, mask) for text in texts], max_length),
            mask_id=self.processor.mask_token_id,
        )

    def _tokenize(self, texts: list[str], max_length: int) -> Tokens:
        """Not at its end but around the mask a text is cut."""
        longest = min(max_length, max_positions(self.context.folder))
        encoded = self.processor(texts, return_attention_mask=False, verbose=False)["input_ids"]
        ids = [around(one, one.index(self.processor.mask_token_id), longest, self._edges) for one in encoded]
        return Tokens(ids, type_ids=None, pad_id=self.processor.pad_token_id or 0)

    @cached_property
    def _edges(self) -> tuple[int, int]:
        """Special tokens before and behind every text."""
        inner = self.processor("a", add_special_tokens=False)["input_ids"]
        outer = self.processor("a")["input_ids"]
        before = next(n for n in range(len(outer)) if outer[n : n + len(inner)] == inner)
        return before, len(outer) - len(inner) - before

    def describe(self, split: Split, max_length: int) -> LogMessage:
        assert isinstance(split, MaskSplit)
        assert split.values is not None
        count = max(1, len(split.ids))
        values = {
            "mean": sum(split.costs) / count,
            "cut": 100 * sum(cost >= max_length for cost in split.costs) / count,
            "length": max_length,
            "known": 100 * float((split.values != IGNORED).float().mean()),
        }
        return LogMessage(Log.MASKED, values)

    # --- model -----------------------------------------------------------------------------------------------

    def build_model(self) -> MaskedModel:
        """Raises `UnfitModel` where the tokenizer has no mask, or a new head cannot say frequencies."""
        if self.processor.mask_token_id is None:
            raise UnfitModel("its tokenizer has no mask")
        whole, self._has_head = load_masked(self.context.folder)
        self._vocabulary = int(whole.get_input_embeddings().num_embeddings)
        encoder: nn.Module = whole.base_model
        head = MaskedHead(whole)
        if not self._has_head and head.last_norm is None:
            raise UnfitModel("it has no head for masked words, nor one that can be made anew here")
        return MaskedModel(encoder, head)

    def choose_examples(self, rows: Sequence[Row]) -> list[int]:
        """One, as nothing is fitted to features."""
        return [0]

    def start_at_base(self, top: nn.Module, examples: FeatureSplit) -> None:
        assert isinstance(top, MaskedHead)
        if not self._has_head:
            top.say(self._frequencies(top.words.out_features).log())

    def _frequencies(self, size: int) -> Tensor:
        """(V,) of each token among the training answers, above 0."""
        counts = torch.full((size,), UNSEEN / size)
        for word, count in Counter(self._answers).items():
            if (token := self.token_of(word)) != IGNORED:
                counts[token] += count
        return counts / counts.sum()

    def start_at_random(self, top: nn.Module) -> None:
        assert isinstance(top, MaskedHead)
        top.draw()

    @property
    def base_method(self) -> str:
        return str(ZERO_SHOT_WORDS if self._has_head else WORD_FREQUENCIES)

    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        encoder = model.backbone
        return PublicForm(
            pipeline_tag=self.spec.id,
            auto_class="AutoModel",
            processor_class="AutoTokenizer",
            usage=USAGE.format(length=max_length),
            options=without_pooler(encoder.config),
        )

    def exported_top(self, top: nn.Module) -> dict[str, Tensor]:
        """The head's tensors under the names that the public class has for them, but for the embeddings'."""
        assert isinstance(top, MaskedHead)
        tied = top.words.weight if getattr(top.whole.config, "tie_word_embeddings", True) else None
        state = top.whole.state_dict(keep_vars=True)
        return {name: value.detach().cpu().clone() for name, value in state.items() if value is not tied}

    # --- training and answers --------------------------------------------------------------------------------

    def answer(self, part: nn.Module, batch: Batch) -> tuple[Tensor, Outputs]:
        """The most probable tokens and their probabilities, (B, 2, `MOST_TOKENS`), and all logits (B, V)."""
        logits = part(**inputs_of(batch))
        best = logits.float().softmax(dim=-1).topk(min(MOST_TOKENS, logits.shape[-1]))
        return torch.stack([best.indices.float(), best.values], dim=1), logits

    def loss(self, outputs: Outputs, batch: Batch, options: LossOptions = PLAIN) -> Tensor:
        """Cross-entropy of the answers that are a token."""
        return mean_cross_entropy(outputs, batch[TARGETS], options)

    def weight(self, batch: Batch) -> int:
        return int((batch[TARGETS] != IGNORED).sum())

    def chance_loss(self) -> float:
        return math.log(self._vocabulary)

    def decode(self, outputs: Sequence[Tensor], split: Split) -> list[Guesses]:
        """Words, tokens of one word taken together; special tokens and parts of words are none."""
        return [self._words(ids.long().tolist(), shares.tolist()) for ids, shares in outputs]

    def _words(self, ids: list[int], shares: list[float]) -> Guesses:
        found: dict[str, tuple[str, float]] = {}
        for token, share in zip(ids, shares, strict=True):
            word = self.vocabulary[token] if token < len(self.vocabulary) else ""
            if word:
                first, sum_ = found.get(word_form(word), (word, 0.0))
                found[word_form(word)] = (first, sum_ + share)
        ordered = sorted(found.values(), key=lambda guess: -guess[1])[:MOST_WORDS]
        return [(word, min(1.0, share)) for word, share in ordered]

    @cached_property
    def vocabulary(self) -> list[str]:
        """The word that each token is, "" for one that is none."""
        special = {*self.processor.all_special_ids}
        words = self.processor.batch_decode([[token] for token in range(len(self.processor))])
        return ["" if token in special or is_part(word) else word.strip() for token, word in enumerate(words)]


def is_part(text: str) -> bool:
    """Is a decoded token none that a word can be: a piece that goes on with a word, bytes of a character, a space?"""
    return text.startswith("##") or "\ufffd" in text or not word_form(text) or len(text.strip()) > LONGEST_WORD


def around(ids: list[int], place: int, longest: int, edges: tuple[int, int]) -> list[int]:
    """At most `longest` tokens with that at `place` in the middle, as far as there are others on either side; the
    special tokens at both `edges` stay."""
    before, behind = edges
    if len(ids) <= longest:
        return ids
    room = max(1, longest - before - behind)
    last = len(ids) - behind
    start = max(before, min(place - room // 2, last - room))
    return [*ids[:before], *ids[start : start + room], *ids[last:]]


TASK = FillMask
