"""Entry of the process that trains. Its parent is the forkserver, its lifeline the supervisor's pipe.

Imported by the node's main process too (to name `main` as a target), so torch is imported inside the functions only.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import traceback
from multiprocessing.connection import Connection
from pathlib import Path

from ..contract.bounds import word
from ..contract.precision import Precision
from ..contract.sentences import CARD_CAP, HINTS, OUT_OF_MEMORY
from ..contract.wire import FailureCode
from ..node.settings import MEGABYTE
from .messages import ChildCrash, ChildFailure, ChildJob, DeviceInfo, Message


def main(pipe: Connection, job_json: str) -> None:
    """Train one job and report on `pipe`. Ends in `os._exit`: nothing is left to clean up, and tearing torch down is
    slow."""
    _die_with_supervisor(pipe)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")  # under memory pressure the kernel takes us, not the node
    job = ChildJob.model_validate_json(job_json)
    _send(pipe, _work(pipe, job))
    sys.stderr.flush()
    os._exit(0)


def _work(pipe: Connection, job: ChildJob) -> Message:
    import torch

    from .journal import Journal
    from .run import run
    from .validation import Diverged

    torch.set_num_threads(job.threads)
    try:
        return run(job, Journal(lambda message: _send(pipe, message)))
    except Diverged as error:
        return _failure(FailureCode.DIVERGED, str(error))
    except torch.OutOfMemoryError:
        return _failure(FailureCode.CONFIG_OOM, CARD_CAP(cap=f"{job.spec.budget.max_memory_mb:,}"))
    except MemoryError:
        return _failure(FailureCode.CONFIG_OOM, OUT_OF_MEMORY)
    except Exception as error:
        if isinstance(error, RuntimeError) and "can't allocate memory" in str(error):
            return _failure(FailureCode.CONFIG_OOM, OUT_OF_MEMORY)
        traceback.print_exc()
        return ChildCrash(reason=type(error).__name__)  # its text may quote the data; the log of the node has it whole


def _failure(code: FailureCode, message: str) -> ChildFailure:
    return ChildFailure(code=code, message=message, hint=HINTS[code])


def _send(pipe: Connection, message: Message) -> None:
    pipe.send_bytes(message.model_dump_json().encode())


def _die_with_supervisor(pipe: Connection) -> None:
    """A killed supervisor cannot stop us and PDEATHSIG reaches only the forkserver: wait for EOF on the pipe in a
    thread."""

    def watch() -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                pipe.recv_bytes()
        os._exit(1)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def probe(pipe: Connection) -> None:
    """Tell what this node computes on, and whether the template is warm and has one thread."""
    from importlib.util import find_spec

    import psutil

    preload = sys.modules.get("training_worker.run.preload")
    torch = sys.modules.get("torch")
    device, has_card = "cpu", False
    precisions: tuple[Precision, ...] = (Precision.FP32, Precision.BF16)
    memory = psutil.virtual_memory().total
    if torch is not None and torch.cuda.is_available():
        has_card = True
        device, memory = torch.cuda.get_device_name(0), torch.cuda.get_device_properties(0).total_memory
        if not torch.cuda.is_bf16_supported():
            precisions = precisions[:1]
    _send(
        pipe,
        DeviceInfo(
            device=word(device),
            memory_mb=memory // MEGABYTE,
            precisions=precisions,
            can_load_in_4bit=has_card and find_spec("bitsandbytes") is not None,
            threads_in_template=getattr(preload, "THREADS", 0),
            preloaded=preload is not None and torch is not None,
        ),
    )
    os._exit(0)
