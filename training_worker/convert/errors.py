from __future__ import annotations


class ConversionError(Exception):
    """The source cannot become a base model; the text says why, in one line."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))
