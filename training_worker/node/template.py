"""The warm template: a forkserver with torch imported, and the children forked from it."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Any

from ..run import child
from ..run.messages import DeviceInfo, read_message

PROBE_SECONDS = 120.0


class TemplateBroken(Exception):
    """The forkserver is up but not what it should be: the node must not take jobs."""


@dataclass(frozen=True)
class Child:
    """A running child and our end of its pipe; closing the pipe ends the child."""

    process: ForkServerProcess
    pipe: Connection

    def kill(self) -> int | None:
        """SIGKILL, wait, close the pipe; returns the exit code. Safe to call twice."""
        self.process.kill()
        self.process.join(5)
        self.pipe.close()
        return self.process.exitcode


class Template:
    """Starts children from the forkserver. `start` must run in the main thread, before other threads exist."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["training_worker.run.preload"])

    def start(self) -> DeviceInfo:
        """Start the forkserver and prove by a probe child that it is warm (it swallows ImportError, so being up proves
        nothing). Raises `TemplateBroken`."""
        probe = self.spawn(child.probe)
        try:
            if not probe.pipe.poll(PROBE_SECONDS):
                raise TemplateBroken(f"The probe did not answer within {PROBE_SECONDS:g} s.")
            info = read_message(probe.pipe.recv_bytes())
        except (EOFError, OSError, ValueError) as error:
            raise TemplateBroken(f"The probe died: {error!r}") from error
        finally:
            probe.kill()
        if not isinstance(info, DeviceInfo) or not info.preloaded:
            raise TemplateBroken("torch is not preloaded: is training_worker importable from PYTHONPATH?")
        if info.threads_in_template != 1:
            raise TemplateBroken(f"The template has {info.threads_in_template} threads; forking it is unsafe.")
        return info

    def spawn(self, target: Callable[..., None], *arguments: Any) -> Child:
        """Fork a child that runs `target(pipe, *arguments)`; arguments must pickle."""
        ours, theirs = self._context.Pipe(duplex=True)
        process = self._context.Process(target=target, args=(theirs, *arguments), daemon=True)
        process.start()
        theirs.close()
        return Child(process, ours)
