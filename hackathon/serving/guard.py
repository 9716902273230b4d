"""Run one service and never let it, or anything it started, outlive its supervisor.

    python guard.py LIFE_FD GRACE -- PROGRAM ARGUMENT...

LIFE_FD is the read end of a pipe whose only write end the supervisor holds: end of file means that the supervisor
is gone, however it died. On end of file, SIGTERM, SIGINT or SIGHUP the guard sends SIGTERM to the program alone (what
the program started is the program's to stop in good order), waits GRACE seconds, and then ends whatever is left: the
process group by SIGTERM, and one second later every descendant by SIGKILL. The same clearing follows when the program
ends by itself. The exit code is the program's, 128 + n if signal n killed it.

On Linux the guard adopts orphaned descendants (PR_SET_CHILD_SUBREAPER), so that even those that left the process group
are found, and the program gets SIGTERM when the guard itself is killed (PR_SET_PDEATHSIG). Elsewhere the process group
is all there is.

Standard library only, and started by path: it costs a few milliseconds and imports nothing of the project.
"""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
LEFTOVER_GRACE = 1.0
IS_LINUX = sys.platform.startswith("linux")
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


class Guard:
    """Starts the program on construction; `run()` returns its exit code once no descendant is left."""

    def __init__(self, argv: Sequence[str], *, life_fd: int, grace: float) -> None:
        self._life_fd = life_fd
        self._grace = grace
        self._stop_requested = False
        self._wake_fd = self._listen()
        if IS_LINUX:
            _prctl(PR_SET_CHILD_SUBREAPER, 1)
        self._program = subprocess.Popen(argv, preexec_fn=_die_with(os.getpid()))

    def run(self) -> int:
        self._wait(lambda: self._stop_requested or self._program.returncode is not None)
        if self._program.returncode is None:
            os.kill(self._program.pid, signal.SIGTERM)
            self._wait(lambda: self._program.returncode is not None, timeout=self._grace)
        self._clear()
        code = self._program.returncode
        if code is None:
            code = -signal.SIGKILL
        return code if code >= 0 else 128 - code

    def _listen(self) -> int:
        """Have every signal of interest wake the `select` in `_wait`."""
        read_fd, write_fd = os.pipe()
        os.set_blocking(read_fd, False)
        os.set_blocking(write_fd, False)
        signal.set_wakeup_fd(write_fd, warn_on_full_buffer=False)
        for number in (*STOP_SIGNALS, signal.SIGCHLD):
            signal.signal(number, self._note)
        return read_fd

    def _note(self, number: int, _frame: object) -> None:
        if number in STOP_SIGNALS:
            self._stop_requested = True

    def _wait(self, is_over: Callable[[], bool], timeout: float | None = None) -> None:
        deadline = None if timeout is None else time.monotonic() + timeout
        self._reap()
        while not is_over():
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return
            watched = [self._wake_fd] if self._stop_requested else [self._wake_fd, self._life_fd]
            readable, _, _ = select.select(watched, [], [], left)
            if self._wake_fd in readable:
                os.read(self._wake_fd, 4096)
            if self._life_fd in readable:
                self._stop_requested = True
            self._reap()

    def _reap(self) -> bool:
        """Collect every ended child, adopted ones too; False when no child is left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self._program.pid:
                self._program.returncode = os.waitstatus_to_exitcode(status)

    def _clear(self) -> None:
        if not self._reap():
            return
        os.killpg(0, signal.SIGTERM)
        self._wait(lambda: not self._reap(), timeout=LEFTOVER_GRACE)
        while self._reap():
            _kill_children()
            time.sleep(0.01)


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _die_with(parent: int) -> Callable[[], None] | None:
    """What the child runs before `exec` so that it gets SIGTERM when `parent` dies, even if that was a moment ago."""
    if not IS_LINUX:
        return None

    def prepare() -> None:
        _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def _kill_children() -> None:
    """SIGKILL the direct children; theirs become ours, so repeating this reaches every descendant."""
    if not IS_LINUX:
        os.killpg(0, signal.SIGKILL)
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and _parent_of(entry) == os.getpid():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(entry.name), signal.SIGKILL)


def _parent_of(entry: Path) -> int | None:
    try:
        stat = (entry / "stat").read_bytes()
    except OSError:  # it ended meanwhile
        return None
    return int(stat[stat.rindex(b")") + 1 :].split()[1])


def main(arguments: Sequence[str]) -> int:
    life_fd, grace, separator, *argv = arguments
    if separator != "--" or not argv:
        raise SystemExit("usage: guard.py LIFE_FD GRACE -- PROGRAM ARGUMENT...")
    if os.getpgrp() != os.getpid():
        raise SystemExit("guard: must lead its own process group, since it signals all of it")
    try:
        guard = Guard(argv, life_fd=int(life_fd), grace=float(grace))
    except (OSError, subprocess.SubprocessError) as error:
        raise SystemExit(f"guard: cannot start {argv[0]}: {error}") from error
    return guard.run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
