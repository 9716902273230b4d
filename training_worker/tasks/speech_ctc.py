"""`automatic-speech-recognition` by models that hear samples (wav2vec 2.0 and its kin): a letter at each frame.

A model whose head for letters was trained answers with its own letters, and so without any training. One that was only
pretrained gets a new head for the letters of the training texts, and says nothing of use before it is trained.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoConfig, AutoModel

from ..contract.sentences import UNTRAINED_LETTERS, ZERO_SHOT_LETTERS
from ..contract.tasks.automatic_speech_recognition import SPEC
from .base import Context, Outputs, PublicForm, TaskModel
from .ctc import HEAD, CtcProcessor, best_path, collapse, ctc_loss, ctc_weight, has_trained_head, read_head
from .heads import LinearHead
from .loss import IGNORED, PLAIN, LossOptions
from .sounds import Listener, SoundSplit, SoundTask
from .speech_encoder import SpeechModel, load_speech_encoder
from .split import TARGETS, Batch, Row, Split, inputs_of

USAGE = """\
@torch.inference_mode()
def predict(wave):  # float32 samples of one channel, {rate} a second
    heard = processor(wave[:{most}], sampling_rate={rate}, return_tensors="pt")
    ids = model(**heard).logits[0].argmax(-1).unique_consecutive()
    ids = ids[ids != {blank}][:{tokens}]
    return " ".join(processor.decode(ids, group_tokens=False, skip_special_tokens=True).split()){case}
"""


@dataclass(frozen=True)
class FrameSplit(SoundSplit):
    """`values` (N, L) are letters. `count_frames` says of so many samples (N,) how many frames a model makes."""

    count_frames: Callable[[Tensor], Tensor]

    @cached_property
    def frames(self) -> Tensor:
        """(N,)"""
        return self.count_frames(torch.tensor(self.heard.samples))

    def targets(self, indices: Sequence[int]) -> Tensor:
        """(B, 1 + L): frames, then letters, padded to the longest of these."""
        found = super().targets(indices)
        letters = found[:, : int((found != IGNORED).sum(dim=1).max())]
        return torch.cat([self.frames[list(indices)].unsqueeze(1), letters], dim=1)

    def unpack(self, values: Tensor, indices: Sequence[int]) -> list[Tensor]:
        return [row[:count] for row, count in zip(values, self.frames[list(indices)].tolist(), strict=True)]


class CtcModel(SpeechModel):
    def features(self, **inputs: Tensor) -> Tensor:
        """The states of all frames (B, T, H)."""
        return self.states(**inputs).float()


class CtcRecognition(SoundTask):
    """Loss and answers by CTC; the head's rows are letters, its blank the tokenizer's padding."""

    spec = SPEC.of("speech-encoder")

    def __init__(self, context: Context, rows: Sequence[Row] = ()) -> None:
        super().__init__(context, rows)
        self._texts = [str(row[self.spec.target.name]) for row in rows]
        self._train: FrameSplit | None = None

    def load_processor(self, folder: Path) -> CtcProcessor:
        return CtcProcessor.load(folder, self._texts)

    @cached_property
    def listener(self) -> Listener:
        return Listener.of(self.processor.extractor)

    # --- data ------------------------------------------------------------------------------------------------

    @cached_property
    def case(self) -> str:
        """The method of `str` that gives answers the case of the training texts, which the model's letters may lack."""
        whole = "".join(self._texts)
        same = {name: getattr(whole, name)() == whole for name in ("lower", "upper")}
        return next((name for name, is_same in same.items() if is_same and not all(same.values())), "")

    @cached_property
    def frame_counter(self) -> Any:
        """The encoder without any weights: it knows how many frames it makes of samples."""
        config = AutoConfig.from_pretrained(self.context.folder, local_files_only=True, trust_remote_code=False)
        auto: Any = AutoModel
        with torch.device("meta"):
            return auto.from_config(config)

    def count_frames(self, samples: Tensor) -> Tensor:
        counts: Tensor = self.frame_counter._get_feat_extract_output_lengths(samples)
        return counts.long()

    def read_targets(self, rows: Sequence[Row]) -> Tensor | None:
        """(N, L) numbers of the references' letters, padded with `IGNORED`."""
        column = self.spec.target.name
        if not rows or column not in rows[0]:
            return None
        said = [torch.tensor(self.processor.encode(row[column]), dtype=torch.long) for row in rows]
        return pad_sequence(said, batch_first=True, padding_value=IGNORED)

    def encode(self, rows: Sequence[Row], split: str, max_length: int) -> FrameSplit:
        one = super().encode(rows, split, max_length)
        found = FrameSplit(one.ids, one.values, one.listener, one.read, self.count_frames)
        if split == "train":
            self._train = found
        return found

    # --- model -----------------------------------------------------------------------------------------------

    def build_model(self) -> CtcModel:
        """Raises ValueError where the model does not hear samples, or where its head has no row for a letter."""
        if self.listener.window is not None:
            raise ValueError("it hears mel spectra of a window, not samples")
        backbone: Any = load_speech_encoder(self.context.folder)
        config = backbone.config
        width = config.output_hidden_size if getattr(config, "add_adapter", False) else config.hidden_size
        head = LinearHead(width, self.letters, getattr(config, "final_dropout", 0.0))
        self._start(head)
        return CtcModel(backbone, head, self.listener)

    @cached_property
    def is_trained(self) -> bool:
        return has_trained_head(self.context.folder)

    @property
    def letters(self) -> int:
        """Rows of the head, the blank's among them."""
        return len(self._head[1]) if self.is_trained else len(self.processor.tokenizer.encoder)

    @cached_property
    def _head(self) -> tuple[Tensor, Tensor]:
        return read_head(self.context.folder)

    def _start(self, head: LinearHead) -> None:
        """At its trained weights, else at random by `context.base_seed` alone."""
        if not self.is_trained:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(self.context.base_seed)
                head.draw()
            return
        if max(self.processor.blank, *self.processor.known.values()) >= self.letters:
            raise ValueError(f"its vocabulary has letters beyond the {self.letters} of its head")
        head.set(*self._head)

    @property
    def base_method(self) -> str:
        return ZERO_SHOT_LETTERS() if self.is_trained else UNTRAINED_LETTERS(count=self.letters)

    # --- training and answers --------------------------------------------------------------------------------

    def answer(self, part: nn.Module, batch: Batch) -> tuple[Tensor, Outputs]:
        """The likeliest path (B, T), and logits (B, T, V)."""
        logits = part(**inputs_of(batch))
        return best_path(logits), logits

    def loss(self, outputs: Outputs, batch: Batch, options: LossOptions = PLAIN) -> Tensor:
        return ctc_loss(outputs, batch[TARGETS], self.processor.blank, options.label_smoothing)

    def weight(self, batch: Batch) -> int:
        return ctc_weight(batch[TARGETS])

    def chance_loss(self) -> float:
        """Of one who guesses at each frame of the training data; per letter."""
        assert self._train is not None
        targets = self._train.targets(range(len(self._train.ids)))
        return float(targets[:, 0].sum()) * math.log(max(2, self.letters)) / ctc_weight(targets)

    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        listener, most = self.listener, self.context.max_new_tokens
        return PublicForm(
            pipeline_tag=self.spec.id,
            auto_class="AutoModelForCTC",
            processor_class="AutoProcessor",
            usage=USAGE.format(
                rate=listener.rate,
                most=listener.most_samples,
                blank=self.processor.blank,
                tokens="" if most is None else most,
                case=f".{self.case}()" if self.case else "",
            ),
            layer=HEAD,
            options={} if self.is_trained else {"ignore_mismatched_sizes": True},
            config={"vocab_size": self.letters, "pad_token_id": self.processor.blank, "ctc_zero_infinity": True},
        )

    def decode(self, outputs: Sequence[Tensor], split: Split) -> list[str]:
        """What the paths say, at most as many letters as the challenge allows."""
        paths = (collapse(path.long().tolist(), self.processor.blank) for path in outputs)
        return [self._in_case(self.processor.decode(ids[: self.context.max_new_tokens])) for ids in paths]

    def _in_case(self, text: str) -> str:
        return str(getattr(text, self.case)()) if self.case else text
