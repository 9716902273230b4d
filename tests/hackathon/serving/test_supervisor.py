"""The supervisor with real processes: nothing here is mocked."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from hackathon.serving import supervisor as module
from hackathon.serving.supervisor import Child, ChildFailed, DataFolderBusy, Ended, Supervisor, port_is_free

ROOT = Path(__file__).parents[3]

# Says that it is up, and on SIGTERM appends its name to the list of those that stopped.
POLITE = """
import pathlib, signal, sys, time
name, folder = sys.argv[1], pathlib.Path(sys.argv[2])
def stop(*_):
    with (folder / "stopped").open("a") as file:
        file.write(name + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print("up", name, flush=True)
(folder / f"{name}.up").touch()
time.sleep(60)
"""

# Ignores SIGTERM, and so do its two children, one of which has left the session.
STUBBORN = """
import os, pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
children = [subprocess.Popen([sys.executable, "-c", code], start_new_session=new) for new in (False, True)]
time.sleep(0.3)
path = pathlib.Path(sys.argv[1])
path.with_suffix(".part").write_text(" ".join(str(pid) for pid in (os.getpid(), *(c.pid for c in children))))
path.with_suffix(".part").rename(path)
time.sleep(60)
"""

DOOMED_SUPERVISOR = """
import sys, time
from pathlib import Path
from hackathon.serving.supervisor import Child, Supervisor
folder, program = Path(sys.argv[1]), sys.argv[2]
pids = folder / "pids"
supervisor = Supervisor(folder)
argv = [sys.executable, "-c", program, str(pids)]
supervisor.start(Child(name="stubborn", argv=argv, log=folder / "log", ready=pids.exists, grace=0.2))
(folder / "ready").touch()
time.sleep(60)
"""


def polite(tmp_path: Path, name: str) -> Child:
    return Child(
        name=name,
        argv=[sys.executable, "-c", POLITE, name, str(tmp_path)],
        log=tmp_path / "logs" / f"{name}.log",
        ready=(tmp_path / f"{name}.up").exists,
        grace=5,
    )


def failing(tmp_path: Path, code: str, ready_timeout: float = 30) -> Child:
    argv, log = [sys.executable, "-c", code], tmp_path / "bad.log"
    return Child(name="bad", argv=argv, log=log, ready=lambda: False, ready_timeout=ready_timeout)


def wait_for(condition: Callable[[], bool], timeout: float = 10.0) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def program_pid(supervisor: Supervisor, name: str) -> int:
    [program] = psutil.Process(supervisor.pids[name]).children()
    return program.pid


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    with Supervisor(tmp_path / "data") as running:
        yield running


def test_start_returns_when_the_child_is_ready_and_keeps_its_log(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(polite(tmp_path, "site"))
    assert (tmp_path / "site.up").exists()
    assert (tmp_path / "logs" / "site.log").read_text() == "up site\n"
    assert supervisor.poll() is None


def test_child_runs_in_a_session_of_its_own(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(polite(tmp_path, "site"))
    assert os.getsid(program_pid(supervisor, "site")) == supervisor.pids["site"] != os.getsid(0)


def test_child_gets_the_environment_and_no_descriptor_of_the_supervisor(supervisor: Supervisor, tmp_path: Path) -> None:
    code = "import os; print(os.environ['COLOUR'], sorted(os.listdir('/dev/fd')))"
    log = tmp_path / "env.log"
    supervisor.start(Child(name="env", argv=[sys.executable, "-c", code], log=log, env={"COLOUR": "blue"}))
    wait_for(lambda: supervisor.poll() is not None)
    assert log.read_text() == "blue ['0', '1', '2', '3']\n"  # 3 is the listing itself


def test_child_that_ends_before_it_is_ready_is_reported_with_its_log(supervisor: Supervisor, tmp_path: Path) -> None:
    (tmp_path / "bad.log").write_text("of an older run\n")
    with pytest.raises(ChildFailed) as caught:
        supervisor.start(failing(tmp_path, "raise SystemExit('no such table')"))
    assert str(caught.value) == "bad ended with exit code 1\nno such table"
    assert supervisor.pids == {}


class Slow(subprocess.Popen[bytes]):
    """On a busy machine: the supervisor goes on only when the child has written and ended."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.wait(30)


@pytest.fixture
def _busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hackathon.serving.supervisor.subprocess.Popen", Slow)


@pytest.mark.usefixtures("_busy")
def test_the_log_of_a_child_that_ends_at_once_is_reported(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(ChildFailed, match="ended with exit code 1\nno such table"):
        supervisor.start(failing(tmp_path, "raise SystemExit('no such table')"))


@pytest.mark.usefixtures("_busy")
def test_a_step_that_is_done_at_once_has_not_failed(supervisor: Supervisor, tmp_path: Path) -> None:
    argv, log = [sys.executable, "-c", "print('done')"], tmp_path / "step.log"
    supervisor.start(Child(name="step", argv=argv, log=log))
    assert supervisor.poll() == Ended("step", 0, "done")
    with pytest.raises(ChildFailed, match="broken ended with exit code 3"):
        supervisor.start(Child(name="broken", argv=[sys.executable, "-c", "raise SystemExit(3)"], log=log))


@pytest.mark.usefixtures("_busy")
def test_a_service_that_ends_before_it_is_ready_has_failed(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(ChildFailed, match="bad ended with exit code 0"):
        supervisor.start(failing(tmp_path, "raise SystemExit(0)"))


def test_child_that_is_never_ready_is_ended_and_reported(supervisor: Supervisor, tmp_path: Path) -> None:
    child = failing(tmp_path, "import time; print('thinking', flush=True); time.sleep(60)", ready_timeout=0.5)
    with pytest.raises(ChildFailed, match=r"bad was not ready after 0\.5 s\nthinking"):
        supervisor.start(child)
    assert supervisor.pids == {}


def test_program_that_does_not_exist_is_named(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(ChildFailed, match="cannot start /no/such/program"):
        supervisor.start(Child(name="x", argv=["/no/such/program"], log=tmp_path / "x.log", ready=lambda: False))


def test_ready_predicate_may_raise_os_error(supervisor: Supervisor, tmp_path: Path) -> None:
    flag = tmp_path / "flag.up"
    child = polite(tmp_path, "flag")
    supervisor.start(Child(name="flag", argv=child.argv, log=child.log, ready=lambda: flag.stat().st_size == 0))
    assert supervisor.poll() is None


def test_poll_notices_a_killed_child(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(polite(tmp_path, "broker"))
    supervisor.start(polite(tmp_path, "worker"))
    os.kill(program_pid(supervisor, "worker"), signal.SIGKILL)
    wait_for(lambda: supervisor.poll() is not None)
    assert supervisor.poll() == Ended("worker", 137, "up worker")
    assert str(supervisor.poll()) == "worker was killed by signal 9\nup worker"


def test_stop_goes_backwards(supervisor: Supervisor, tmp_path: Path) -> None:
    for name in ("broker", "site", "worker", "scorer"):
        supervisor.start(polite(tmp_path, name))
    supervisor.stop()
    supervisor.stop()
    assert (tmp_path / "stopped").read_text().split() == ["scorer", "worker", "site", "broker"]


def test_stop_in_a_given_order(supervisor: Supervisor, tmp_path: Path) -> None:
    for name in ("broker", "site", "worker"):
        supervisor.start(polite(tmp_path, name))
    supervisor.stop(order=["site", "not-started"])
    assert (tmp_path / "stopped").read_text().split() == ["site", "worker", "broker"]


def test_stop_ends_a_child_that_ignores_sigterm_and_all_its_children(supervisor: Supervisor, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    argv = [sys.executable, "-c", STUBBORN, str(pids)]
    supervisor.start(Child(name="stubborn", argv=argv, log=tmp_path / "log", ready=pids.exists, grace=0.2))
    family = [int(pid) for pid in pids.read_text().split()]
    assert all(is_alive(pid) for pid in family)
    supervisor.stop()
    assert not any(is_alive(pid) for pid in family)


def test_children_of_a_killed_program_are_ended(supervisor: Supervisor, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    argv = [sys.executable, "-c", STUBBORN, str(pids)]
    supervisor.start(Child(name="stubborn", argv=argv, log=tmp_path / "log", ready=pids.exists, grace=0.2))
    family = [int(pid) for pid in pids.read_text().split()]
    os.kill(family[0], signal.SIGKILL)
    wait_for(lambda: not any(is_alive(pid) for pid in family))
    wait_for(lambda: supervisor.poll() is not None)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="PR_SET_PDEATHSIG is Linux's")
def test_program_ends_when_its_guard_is_killed(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(polite(tmp_path, "site"))
    program = program_pid(supervisor, "site")
    os.kill(supervisor.pids["site"], signal.SIGKILL)
    wait_for(lambda: not is_alive(program))
    assert supervisor.poll() == Ended("site", 137, "up site")


def test_hanging_guard_is_killed_with_its_group(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GUARD_MARGIN", 0.2)
    child = polite(tmp_path, "site")
    supervisor.start(Child(name="site", argv=child.argv, log=child.log, ready=child.ready, grace=0.1))
    program = program_pid(supervisor, "site")
    os.kill(supervisor.pids["site"], signal.SIGSTOP)
    supervisor.stop()
    wait_for(lambda: not is_alive(program))


def test_data_folder_has_one_supervisor_at_a_time(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(DataFolderBusy, match=rf"in use by another run \(process {os.getpid()}\)"):
        Supervisor(tmp_path / "data")
    supervisor.stop()
    Supervisor(tmp_path / "data").stop()


def test_a_name_is_used_once_and_a_stopped_supervisor_starts_nothing(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(polite(tmp_path, "site"))
    with pytest.raises(ValueError, match="already running"):
        supervisor.start(polite(tmp_path, "site"))
    supervisor.stop()
    with pytest.raises(ValueError, match="has stopped"):
        supervisor.start(polite(tmp_path, "worker"))


def test_killed_supervisor_leaves_no_process_and_frees_the_folder(tmp_path: Path) -> None:
    doomed = subprocess.Popen([sys.executable, "-c", DOOMED_SUPERVISOR, str(tmp_path), STUBBORN], cwd=ROOT)
    try:
        wait_for((tmp_path / "ready").exists, timeout=20)
        family = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
        guards = [process.pid for process in psutil.Process(doomed.pid).children()]
        assert len(guards) == 1
        assert all(is_alive(pid) for pid in family)
        os.kill(doomed.pid, signal.SIGKILL)
        # The lock is free only when the last guard is gone.
        Supervisor(tmp_path, lock_timeout=10).stop()
        assert not any(is_alive(pid) for pid in family + guards)
    finally:
        doomed.kill()
        doomed.wait()


def test_port_is_free() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        assert not port_is_free("127.0.0.1", port)
    assert port_is_free("127.0.0.1", port)
