"""How much faster a run predicts its test items than the loop that calls the model on one after the other.

Both in one child, on the same untrained model and encoded items; the loop multiplies as torch does by default, takes
every n-th item in their order and is counted as if it had taken all.
"""

from __future__ import annotations

import os
import time
from multiprocessing.connection import Connection

MOST, ENOUGH_SECONDS = 100, 15.0
"""Items of the loop, which ends after so many seconds."""


def main(pipe: Connection, job_json: str) -> None:
    """The entry of a child of the node's template, as `child.main` is; sends the ratio."""
    import torch

    from training_worker.run.journal import Journal
    from training_worker.run.messages import ChildJob
    from training_worker.run.prediction import predict
    from training_worker.run.run import Run, seed_everything

    job = ChildJob.model_validate_json(job_json)
    torch.set_num_threads(job.threads)
    seed_everything(1)
    run = Run(job, Journal(lambda message: None))
    data = run.prepare_data()
    model = run.build_model(data)
    test, task, compute = data.test, run.task, run.compute
    chosen = range(0, len(test.ids), max(1, len(test.ids) // MOST))
    started = time.monotonic()
    predict(model, test, task, compute)
    batched = (time.monotonic() - started) / len(test.ids)
    torch.set_float32_matmul_precision("highest")
    started = time.monotonic()
    done = 0
    with torch.inference_mode():
        for index in chosen:
            if time.monotonic() - started > ENOUGH_SECONDS:
                break
            done += 1
            with compute.autocast():
                read, _outputs = task.answer(model, compute.move(test.collate([index])))
            test.unpack(read.float().cpu(), [index])
    single = (time.monotonic() - started) / done
    pipe.send_bytes(f"{single / batched:.3f}".encode())
    os._exit(0)
