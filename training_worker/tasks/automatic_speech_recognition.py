"""`automatic-speech-recognition`: a sound of speech, what is said in it, by models that hear and then speak (Whisper).

Training shows the model the reference token by token. An answer is what the model says by itself: greedily, batched,
with kept keys and values, at most as many tokens as the challenge says, else half as many again as the longest
reference of the training data.
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
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoConfig

from ..contract.sentences import ZERO_SHOT
from ..contract.tasks.automatic_speech_recognition import SPEC
from .base import Context, Outputs, PublicForm, TaskModel
from .loss import IGNORED, PLAIN, LossOptions, mean_cross_entropy
from .sounds import Listener, SoundSplit, SoundTask
from .speech_ctc import CtcRecognition
from .speech_decoder import SpeechProcessor, TranscriptionModel, load_transcriber
from .split import TARGETS, Batch, Row, Split, inputs_of

SHOWN = "decoder_input_ids"
LONGER, MORE_TOKENS = 1.5, 8
"""What an answer may have beyond the longest reference of the training data: times, and tokens."""

USAGE = """\
from transformers import AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(FOLDER)

@torch.inference_mode()
def predict(wave):  # float32 samples of one channel, {rate} a second
    heard = processor(wave[:{most}], sampling_rate={rate}, return_tensors="pt").input_features
    heard, ids = model.get_encoder()(heard), torch.tensor([{prompt}])
    for _ in range({tokens}):
        token = model(encoder_outputs=heard, decoder_input_ids=ids).logits[:, -1:].argmax(-1)
        if token.item() == {end}:
            break
        ids = torch.cat([ids, token], dim=1)
    return " ".join(tokenizer.decode(ids[0, {skip}:], skip_special_tokens=True).split())
"""


@dataclass(frozen=True)
class SpokenSplit(SoundSplit):
    """Sounds whose references, where they are known, the decoder is shown: `values` are their tokens."""

    prompt: tuple[int, ...]
    end: int

    def collate(self, indices: Sequence[int]) -> Batch:
        """With `decoder_input_ids` (B, P + L - 1): the prompt, and the references without their last token."""
        batch = super().collate(indices)
        if TARGETS not in batch:
            return batch
        before = batch[TARGETS][:, :-1]
        prompts = torch.tensor(self.prompt).expand(len(before), -1)
        return batch | {SHOWN: torch.cat([prompts, before.masked_fill(before == IGNORED, self.end)], dim=1)}

    def targets(self, indices: Sequence[int]) -> Tensor:
        """(B, L), padded to the longest of these."""
        found = super().targets(indices)
        return found[:, : int((found != IGNORED).sum(dim=1).max())]


class SpeechRecognition(SoundTask):
    spec = SPEC

    def __init__(self, context: Context, rows: Sequence[Row] = ()) -> None:
        super().__init__(context, rows)
        self._texts = [str(row[self.spec.target.name]) for row in rows]

    def load_processor(self, folder: Path) -> SpeechProcessor:
        return SpeechProcessor.load(folder)

    @cached_property
    def listener(self) -> Listener:
        return Listener.of(self.processor.extractor)

    # --- data ------------------------------------------------------------------------------------------------

    @cached_property
    def config(self) -> Any:
        return AutoConfig.from_pretrained(self.context.folder, local_files_only=True, trust_remote_code=False)

    @cached_property
    def prompt(self) -> list[int]:
        prompt: list[int] = self.processor.prompt(self.config.decoder_start_token_id)
        return prompt

    @property
    def end(self) -> int:
        end: int = self.config.eos_token_id
        return end

    @cached_property
    def room(self) -> int:
        """Tokens that the model's positions have left for an answer and its end."""
        return int(self.config.max_target_positions) - len(self.prompt)

    @cached_property
    def max_new_tokens(self) -> int:
        """The challenge's; else by the longest reference of training. The end is among them."""
        if self.context.max_new_tokens is not None:
            return min(self.room, self.context.max_new_tokens)
        longest = max((len(self.processor.encode(text)) for text in self._texts), default=self.room)
        return min(self.room, math.ceil(LONGER * longest) + MORE_TOKENS)

    def read_targets(self, rows: Sequence[Row]) -> Tensor | None:
        """(N, L) tokens of the references with their end, padded with `IGNORED`; cut at the model's positions."""
        column = self.spec.target.name
        if not rows or column not in rows[0]:
            return None
        said = [[*self.processor.encode(row[column])[: self.room - 1], self.end] for row in rows]
        return pad_sequence([torch.tensor(ids) for ids in said], batch_first=True, padding_value=IGNORED)

    def encode(self, rows: Sequence[Row], split: str, max_length: int) -> SpokenSplit:
        one = super().encode(rows, split, max_length)
        return SpokenSplit(one.ids, one.values, one.listener, one.read, tuple(self.prompt), self.end)

    # --- model -----------------------------------------------------------------------------------------------

    def build_model(self) -> TranscriptionModel:
        if self.listener.window is None:
            raise ValueError("it hears samples, not mel spectra of a window")
        assert self.room > 0
        return load_transcriber(self.context.folder)

    @property
    def base_method(self) -> str:
        return ZERO_SHOT(tokens=self.max_new_tokens)

    def answer(self, part: nn.Module, batch: Batch) -> tuple[Tensor, Outputs]:
        """Tokens (B, L) that the model says, and the logits of the references' tokens where they are known."""
        assert isinstance(part, TranscriptionModel)
        heard = part.encode(inputs_of(batch))
        said = part.say(heard, self.prompt, most=self.max_new_tokens, end=self.end)
        return said, part.decode(heard, batch[SHOWN]).logits if SHOWN in batch else None

    def loss(self, outputs: Outputs, batch: Batch, options: LossOptions = PLAIN) -> Tensor:
        """Cross-entropy of the references' tokens."""
        targets = batch[TARGETS]
        return mean_cross_entropy(outputs[:, -targets.shape[1] :], targets, options)

    def weight(self, batch: Batch) -> int:
        """How many tokens there are to say."""
        return int((batch[TARGETS] != IGNORED).sum())

    def chance_loss(self) -> float:
        return math.log(self.config.vocab_size)

    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        listener = self.listener
        return PublicForm(
            pipeline_tag=self.spec.id,
            auto_class="AutoModelForSpeechSeq2Seq",
            processor_class="AutoFeatureExtractor",
            usage=USAGE.format(
                rate=listener.rate,
                most=listener.most_samples,
                prompt=self.prompt,
                skip=len(self.prompt),
                tokens=self.max_new_tokens,
                end=self.end,
            ),
            is_whole_class=True,
        )

    def exported_top(self, top: nn.Module) -> dict[str, Tensor]:
        return {}

    def decode(self, outputs: Sequence[Tensor], split: Split) -> list[str]:
        """What is said before the end."""
        return [self.processor.decode(_before(ids.long().tolist(), self.end)) for ids in outputs]


def _before(ids: list[int], end: int) -> list[int]:
    return ids[: ids.index(end)] if end in ids else ids


TASK = SpeechRecognition
VARIANTS = {"speech-encoder": CtcRecognition}
