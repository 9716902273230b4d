"""`audio-classification`: one sound, one of the data's labels."""

from __future__ import annotations

from typing import Any

from ..contract.tasks.audio_classification import SPEC
from .base import PublicForm, TaskModel
from .class_output import ClassTask
from .heads import LinearHead
from .sounds import SoundTask
from .speech_encoder import SpeechModel, load_speech_encoder

USAGE = """\
@torch.inference_mode()
def predict(wave):  # float32 samples of one channel, {rate} a second
    wave = wave[:{most}]
    inputs = processor(wave, sampling_rate={rate}, return_tensors="pt")
    hidden = {hidden}
    outputs = hidden{sound}.mean(dim=1) @ head["weight"].T + head["bias"]
    return dict(zip(labels.values(), outputs.softmax(-1)[0].tolist()))
"""


class AudioClassification(ClassTask, SoundTask):
    """One vector of each sound, a linear head on it."""

    spec = SPEC

    def build_model(self) -> SpeechModel:
        backbone = load_speech_encoder(self.context.folder)
        config: Any = backbone.config
        return SpeechModel(
            backbone, LinearHead(config.hidden_size, len(self.context.labels), dropout=0.0), self.listener
        )

    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        """Where our mean leaves padding out, transformers' own class for Whisper would not: the head lies beside."""
        listener = self.listener
        hears = "model.encoder(inputs.input_features)" if listener.window else "model(inputs.input_values)"
        sound = f"[:, : -(-len(wave) * hidden.shape[1] // {listener.window})]" if listener.window else ""
        return PublicForm(
            pipeline_tag=self.spec.id,
            auto_class="AutoModel",
            processor_class="AutoFeatureExtractor",
            usage=USAGE.format(
                rate=listener.rate, most=listener.most_samples, hidden=f"{hears}.last_hidden_state", sound=sound
            ),
        )


TASK = AudioClassification
