"""What the forkserver imports once, so that a training starts in 10 ms: torch, transformers, peft and our own run.

Nothing here may *use* torch (a forked child of a process that did hangs in backward) or start a thread (unsafe to
fork). `datasets`, `Trainer` and scikit-learn start one and are not needed: they stay out. `THREADS` is checked by the
probe.
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

from . import child, run  # noqa: F401

_LAZY = (transformers.AutoConfig, transformers.AutoModel, transformers.AutoTokenizer)

THREADS = psutil.Process().num_threads()
"""Threads of the template once everything is imported; must be 1."""

PRELOADED = torch.__version__ is not None

gc.collect()
gc.freeze()  # children share these pages instead of copying them at their first collection
