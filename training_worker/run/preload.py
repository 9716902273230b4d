"""What the forkserver imports once, so that a training starts in 10 ms: torch, transformers, peft, our own run, and
every task, method and technique.

Nothing here may *use* torch (a forked child of a process that did hangs in backward) or start a thread (unsafe to
fork). `datasets`, `Trainer` and scikit-learn (with seqeval) start one and are not needed to train: they stay out.
`THREADS` is checked by the probe.
"""

from __future__ import annotations

import gc

import peft  # noqa: F401
import psutil
import torch
import torch._dynamo
import transformers
import transformers.models.bert.modeling_bert
import transformers.models.bert.tokenization_bert
import transformers.models.distilbert.modeling_distilbert
import transformers.models.roberta.modeling_roberta
import transformers.models.roberta.tokenization_roberta
from transformers.conversion_mapping import get_checkpoint_conversion_mapping

from ..contract.methods import METHODS
from ..contract.tasks import TASKS
from ..contract.techniques import TECHNIQUES
from ..methods import load_method
from ..metrics import classes, numbers  # noqa: F401
from ..tasks import load_task
from ..techniques import load_technique
from . import child, run  # noqa: F401
from .telemetry import versions

_LAZY = (transformers.AutoConfig, transformers.AutoModel, transformers.AutoTokenizer)
_CODE = (*map(load_task, TASKS), *map(load_method, METHODS), *map(load_technique, TECHNIQUES))

versions()
get_checkpoint_conversion_mapping("bert")  # type: ignore[no-untyped-call]  # a thousand patterns, once for all

THREADS = psutil.Process().num_threads()
"""Threads of the template once everything is imported; must be 1."""

PRELOADED = torch.__version__ is not None

gc.collect()
gc.freeze()  # children share these pages instead of copying them at their first collection
