"""Letters of texts, the loss and the greedy answer of CTC, each against transformers' or torch's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training_worker.convert.sources import save_ctc_source

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_ctc_source(tmp_path_factory.mktemp("models") / "wav2vec2")


def test_the_loss_is_transformers_own_for_each_letter(source: Path) -> None:
    import torch
    from transformers import AutoModelForCTC

    from training_worker.tasks.ctc import ctc_loss, ctc_weight

    model = AutoModelForCTC.from_pretrained(source, apply_spec_augment=False, ctc_loss_reduction="sum").eval()
    wave = torch.randn(2, 16_000, generator=torch.Generator().manual_seed(0))
    letters = torch.tensor([[3, 4, 2, 5], [4, -100, -100, -100]])
    with torch.no_grad():
        expected = model(wave, labels=letters)
    frames = torch.full((2, 1), expected.logits.shape[1])
    targets = torch.cat([frames, letters], dim=1)
    assert ctc_weight(targets) == 5
    assert float(ctc_loss(expected.logits, targets, 0, 0.0)) == pytest.approx(float(expected.loss) / 5, rel=1e-5)
    assert float(ctc_loss(expected.logits, targets, 0, 0.1)) != pytest.approx(float(expected.loss) / 5, rel=1e-3)


def test_what_its_frames_cannot_say_costs_nothing_and_padding_counts_nothing() -> None:
    import torch

    from training_worker.tasks.ctc import ctc_loss

    logits = torch.randn(2, 6, 4, generator=torch.Generator().manual_seed(0)).requires_grad_()
    long, short = [2, 1, 2, 3, 1], [6, 1, 2, -100, -100]
    loss = ctc_loss(logits, torch.tensor([short, long]), 0, 0.1)
    loss.backward()
    assert bool(loss.isfinite())
    assert logits.grad is not None
    assert bool(logits.grad.isfinite().all())
    assert float(logits.grad[1, 2:].abs().sum()) == 0.0, "frames that are padding"
    alone = ctc_loss(logits[:1].detach(), torch.tensor([short]), 0, 0.0)
    both = ctc_loss(logits.detach(), torch.tensor([short, long]), 0, 0.0)
    assert float(both) == pytest.approx(float(alone) * 2 / 6, rel=1e-5)
    empty = ctc_loss(logits.detach(), torch.tensor([[6, -100], [0, -100]]), 0, 0.0)
    assert bool(empty.isfinite())


def test_a_path_is_read_as_letters() -> None:
    import torch

    from training_worker.tasks.ctc import best_path, collapse

    assert collapse([0, 1, 1, 0, 1, 2, 2, 0], blank=0) == [1, 1, 2]
    assert collapse([], blank=0) == collapse([0, 0], blank=0) == []
    path = best_path(torch.tensor([[[0.0, 2.0], [torch.nan, 1.0], [3.0, 1.0]]]))
    assert path[0, [0, 2]].tolist() == [1.0, 0.0]
    assert bool(path[0, 1].isnan())


def test_letters_are_those_of_the_model_else_of_the_texts(source: Path) -> None:
    from training_worker.tasks.ctc import CtcProcessor, letters_of

    trained = CtcProcessor.load(source, ["xyz"])
    assert trained.encode("  hi  ox") == [3, 4, 2, 5, 1], "in capitals, and x is unknown"
    assert trained.decode([3, 4, 2, 5]) == "HI O"
    made = letters_of(["bé a", "a"])
    assert made.encoder == {"a": 0, "b": 1, "|": 2, "é": 3, "[UNK]": 4, "[PAD]": 5}
    assert made.pad_token_id == 5
    assert letters_of([]).encoder == {"|": 0, "[UNK]": 1, "[PAD]": 2}
