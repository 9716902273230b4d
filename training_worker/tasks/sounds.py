"""Tasks whose input is a sound: read and resampled once, when a model is to hear it, and padded batch by batch."""

from __future__ import annotations

import math
import tarfile
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import soundfile
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoFeatureExtractor, FeatureExtractionMixin

from ..contract.log_lines import Log, LogMessage
from ..contract.tasks.spec import MOST_SECONDS
from .base import Task
from .split import TARGETS, Batch, Row, Split

Wave = npt.NDArray[np.float32]
"""(L,) samples of one channel."""


@dataclass(frozen=True)
class Listener:
    """A speech model's feature extractor and what of it the model is told.

    `column` names the model's input: `input_values` are samples, `input_features` mel spectra. `window` is the number
    of samples that every input is padded or cut to; None where a model hears inputs of any length.
    """

    extractor: Any
    column: str
    rate: int
    window: int | None

    @classmethod
    def of(cls, extractor: Any) -> Listener:
        """Raises ValueError for a kind that is not known here."""
        column, rate = extractor.model_input_names[0], int(extractor.sampling_rate)
        chunk = getattr(extractor, "chunk_length", None)
        if (column, chunk is None) not in (("input_values", True), ("input_features", False)):
            raise ValueError(f"the feature extractor {type(extractor).__name__} is of no kind that is known here")
        return cls(extractor, column, rate, chunk and int(chunk) * rate)

    @property
    def most_samples(self) -> int:
        return min(self.window or MOST_SECONDS * self.rate, MOST_SECONDS * self.rate)

    def hear(self, wave: Wave) -> Tensor:
        """The model's input, without the dimension of a batch."""
        heard: Tensor = self.extractor(wave, sampling_rate=self.rate, return_tensors="pt")[self.column][0]
        return heard


@dataclass(frozen=True)
class Heard:
    """`inputs[i]` is what the extractor makes of sound i, `samples[i]` how many samples that was."""

    inputs: list[Tensor]
    samples: list[int]


@dataclass(frozen=True)
class SoundSplit:
    """Sounds that are read once, when they are first asked for. `values` (N, …) are the targets."""

    ids: tuple[str, ...]
    values: Tensor | None
    listener: Listener
    read: Callable[[], Heard]

    @cached_property
    def heard(self) -> Heard:
        return self.read()

    @cached_property
    def costs(self) -> list[int]:
        """In tenths of a second: of the window that all are padded to, where there is one."""
        window, rate = self.listener.window, self.listener.rate
        return [max(1, math.ceil(10 * (window or samples) / rate)) for samples in self.heard.samples]

    @property
    def has_targets(self) -> bool:
        return self.values is not None

    def collate(self, indices: Sequence[int]) -> Batch:
        """The extractor's inputs, padded with zeros, and how many `samples` (B,) of each are sound."""
        inputs = pad_sequence([self.heard.inputs[index] for index in indices], batch_first=True)
        batch = {self.listener.column: inputs, "samples": torch.tensor([self.heard.samples[i] for i in indices])}
        return batch | {TARGETS: self.targets(indices)} if self.has_targets else batch

    def targets(self, indices: Sequence[int]) -> Tensor:
        assert self.values is not None
        return self.values[list(indices)]

    def unpack(self, values: Tensor, indices: Sequence[int]) -> list[Tensor]:
        return list(values)


class SoundTask(Task):
    """The input side of such a task; `read_targets` is the output's."""

    def load_processor(self, folder: Path) -> Any:
        return load_feature_extractor(folder)

    @cached_property
    def listener(self) -> Listener:
        return Listener.of(self.processor)

    @abstractmethod
    def read_targets(self, rows: Sequence[Row]) -> Tensor | None:
        """(N, …) as `loss` wants them; None where the rows have no target."""

    def encode(self, rows: Sequence[Row], split: str, max_length: int) -> SoundSplit:
        return SoundSplit(
            ids=tuple(row["id"] for row in rows),
            values=self.read_targets(rows),
            listener=self.listener,
            read=lambda: self._hear_all(self.context.archives[split], rows),
        )

    def _hear_all(self, path: Path, rows: Sequence[Row]) -> Heard:
        """Raises `soundfile.LibsndfileError` for a sound that cannot be decoded: the site has decoded each."""
        listener, column = self.listener, self.spec.inputs[0].name
        with tarfile.open(path) as archive:
            waves = [_read(archive, str(row[column]), listener) for row in rows]
        return Heard([listener.hear(wave) for wave in waves], [len(wave) for wave in waves])

    def describe(self, split: Split, max_length: int) -> LogMessage:
        assert isinstance(split, SoundSplit)
        samples, most = split.heard.samples, self.listener.most_samples
        count, rate = max(1, len(samples)), self.listener.rate
        cut = 100 * sum(length >= most for length in samples) / count
        return LogMessage(Log.SOUNDS, {"mean": sum(samples) / count / rate, "cut": cut, "longest": most // rate})


def load_feature_extractor(folder: Path) -> FeatureExtractionMixin:
    extractor: FeatureExtractionMixin = AutoFeatureExtractor.from_pretrained(  # type: ignore[no-untyped-call]
        folder, local_files_only=True, trust_remote_code=False
    )
    return extractor


def _read(archive: tarfile.TarFile, name: str, listener: Listener) -> Wave:
    file = archive.extractfile(name)
    assert file is not None
    with file:
        return read_wave(file, listener.rate)[: listener.most_samples]


def read_wave(file: IO[bytes], rate: int) -> Wave:
    """The first `MOST_SECONDS` of a sound file at that sample rate: the mean of its channels."""
    with soundfile.SoundFile(file) as sound:
        found = sound.samplerate
        samples = sound.read(MOST_SECONDS * found, dtype="float32", always_2d=True)
    return resample(samples.mean(axis=1), found, rate)


def resample(wave: Wave, before: int, after: int) -> Wave:
    """By a polyphase filter: the same samples on every node."""
    if before == after:
        return wave
    from scipy.signal import resample_poly  # slow to import; most nodes never need it

    common = math.gcd(before, after)
    resampled: Wave = resample_poly(wave, after // common, before // common).astype(np.float32)
    return resampled
