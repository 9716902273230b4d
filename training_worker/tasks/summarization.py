"""`summarization`: a text in fewer words."""

from __future__ import annotations

from ..contract.tasks.summarization import SPEC
from .seq2seq import Seq2SeqTask


class Summarization(Seq2SeqTask):
    spec = SPEC


TASK = Summarization
