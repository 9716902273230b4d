"""Start a handful of long-running programs, know that they are ready, and stop every one of them.

Each program runs under a small guard process in its own session (see `guard.py`), so that none of it survives the
supervisor, even one that was killed by SIGKILL. A lock on the data folder is held by the supervisor and by the guards:
it is free only when the last process is gone. Unix only; no Django, so that it can run before the settings load.
"""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

GUARD = Path(__file__).with_name("guard.py")
GUARD_MARGIN = 4.0
READY_INTERVAL = 0.05
TAIL_LINES = 20
TAIL_BYTES = 16_384


class SupervisorError(Exception):
    """Base of what goes wrong here; the text is fit to be shown to the person at the terminal."""


class DataFolderBusy(SupervisorError):
    """Another supervisor, or what is left of one, uses the data folder."""


class ChildFailed(SupervisorError):
    """A child ended, or was not ready in time; the text contains the end of its log."""


@dataclass(frozen=True, kw_only=True)
class Child:
    """One program to run.

    `env` is the whole environment (None: the supervisor's own). `ready` says whether the program serves; it is asked
    every 50 ms, should answer at once, and an OSError from it counts as "not yet". Without it a started child is ready,
    also one that has done all it had to do by then.
    `log` gets stdout and stderr, appended. `grace` is the time between SIGTERM and harder measures.
    """

    name: str
    argv: Sequence[str]
    log: Path
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    ready: Callable[[], bool] | None = None
    ready_timeout: float = 30.0
    grace: float = 10.0


@dataclass(frozen=True)
class Ended:
    """A child that is no more: its exit code (128 + n after signal n) and the end of its log."""

    name: str
    code: int
    log_tail: str

    def __str__(self) -> str:
        how = f"was killed by signal {self.code - 128}" if self.code > 128 else f"ended with exit code {self.code}"
        return f"{self.name} {how}\n{self.log_tail}".rstrip()


@dataclass(frozen=True)
class _Running:
    child: Child
    guard: subprocess.Popen[bytes]
    log_start: int

    def log_tail(self) -> str:
        return tail(self.child.log, self.log_start)


class Supervisor:
    """Holds the lock of `data_dir` (made if missing) from construction until `stop()`; also a context manager.

    Raises DataFolderBusy if the lock is not free within `lock_timeout` seconds.
    """

    def __init__(self, data_dir: Path, *, lock_timeout: float = 0.0) -> None:
        self._lock_fd = _lock(data_dir, lock_timeout)
        self._life_read, self._life_write = os.pipe()
        self._running: dict[str, _Running] = {}
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pids(self) -> dict[str, int]:
        """Guard process ids by child name, in order of start; a guard's only child at first is the program."""
        return {name: running.guard.pid for name, running in self._running.items()}

    def start(self, child: Child) -> None:
        """Start `child` and return once it is ready; otherwise end it and raise ChildFailed."""
        if self._is_closed or child.name in self._running:
            raise ValueError(f"cannot start {child.name}: already running, or the supervisor has stopped")
        running = self._spawn(child)
        self._running[child.name] = running
        try:
            _await_ready(running)
        except BaseException:
            self.end(child.name)
            raise

    def poll(self) -> Ended | None:
        """The first child found dead, or None while all run. Costs one `waitpid` per child."""
        for running in self._running.values():
            code = running.guard.poll()
            if code is not None:
                return _ended(running, code)
        return None

    def end(self, name: str) -> None:
        """End one child, in good order if it can; what is left after its grace is killed. Raises KeyError."""
        running = self._running[name]
        guard = running.guard
        if guard.poll() is None:
            guard.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            guard.wait(running.child.grace + GUARD_MARGIN)
        if guard.returncode is None or guard.returncode < 0:  # it hangs, or was killed before it could clear up
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(guard.pid, signal.SIGKILL)
            guard.wait()
        del self._running[name]

    def stop(self, order: Sequence[str] = ()) -> None:
        """End every child, one after the other, and give the data folder free. May be called again.

        The children named in `order` go first, in that order; the others in the reverse order of their start. If this
        is interrupted (a second Ctrl-C), the guards end what is left on their own.
        """
        if self._is_closed:
            return
        try:
            first = [name for name in order if name in self._running]
            rest = [name for name in reversed(self._running) if name not in first]
            for name in first + rest:
                self.end(name)
        finally:
            self._is_closed = True
            for fd in (self._life_write, self._life_read, self._lock_fd):
                os.close(fd)

    def _spawn(self, child: Child) -> _Running:
        child.log.parent.mkdir(parents=True, exist_ok=True)
        guard_argv = [sys.executable, "-I", "-S", str(GUARD), str(self._life_read), str(child.grace), "--", *child.argv]
        with child.log.open("ab") as log:
            log_start = log.tell()  # the guard writes at the same place, and may be faster
            guard = subprocess.Popen(
                guard_argv,
                env=child.env,
                cwd=child.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=(self._life_read, self._lock_fd),
            )
            return _Running(child, guard, log_start=log_start)


def port_is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now (a test by binding, since a busy port is otherwise noticed late)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def tail(log: Path, start: int = 0) -> str:
    """The last lines of `log`, none of them from before byte `start`."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(start, size - TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(lines[-TAIL_LINES:])


def _lock(data_dir: Path, timeout: float) -> int:
    data_dir.mkdir(parents=True, exist_ok=True)
    fd = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + timeout
    while not _try_lock(fd):
        if time.monotonic() >= deadline:
            holder = os.read(fd, 20).decode(errors="replace").strip() or "unknown"
            os.close(fd)
            raise DataFolderBusy(
                f"The data folder {data_dir} is in use by another run (process {holder}). "
                "Stop that one first, or choose another data folder."
            )
        time.sleep(READY_INTERVAL)
    os.truncate(fd, 0)
    os.write(fd, f"{os.getpid()}\n".encode())
    return fd


def _try_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _await_ready(running: _Running) -> None:
    child = running.child
    deadline = time.monotonic() + child.ready_timeout
    while True:
        code = running.guard.poll()
        if code or (code == 0 and child.ready is not None):
            raise ChildFailed(str(_ended(running, code)))
        if child.ready is None or _says_yes(child.ready):
            return
        if time.monotonic() > deadline:
            raise ChildFailed(
                f"{child.name} was not ready after {child.ready_timeout:g} s\n{running.log_tail()}".rstrip()
            )
        time.sleep(READY_INTERVAL)


def _says_yes(ready: Callable[[], bool]) -> bool:
    try:
        return ready()
    except OSError:
        return False


def _ended(running: _Running, code: int) -> Ended:
    return Ended(running.child.name, code if code >= 0 else 128 - code, running.log_tail())
