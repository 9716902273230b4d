"""`translation`: a text in another language."""

from __future__ import annotations

from ..contract.tasks.translation import SPEC
from .seq2seq import Seq2SeqTask


class Translation(Seq2SeqTask):
    spec = SPEC


TASK = Translation
