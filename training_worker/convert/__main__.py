"""`python -m training_worker.convert SOURCE DEST --slug … --license … --revision …`: a base model as a safetensors
folder.

SOURCE is a local folder, a hub repository id, or `package:NAME/FOLDER` (an installed package's files, read without
importing it). DEST gets `model.safetensors`, `config.json`, the tokenizer's files and `model.json` (contract
`ModelInfo`). The same source gives the same bytes. Pickles are never read and code of the model's own (`auto_map`) is
refused.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .convert import ConversionError, convert


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
    options = parser.parse_args(arguments)
    try:
        info = convert(
            options.source,
            options.dest,
            slug=options.slug,
            license=options.license,
            revision=options.revision,
            name=options.name,
            pooling=options.pooling,
        )
    except ConversionError as error:
        print(f"convert: {error}", file=sys.stderr)
        return 1
    print(f"{options.dest}: {info.name}, {info.architecture}, {info.parameters:,} parameters, {len(info.files)} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
