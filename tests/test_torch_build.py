"""Which build of torch a first start fetches."""

from __future__ import annotations

import http.server
import importlib.util
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.stack import REPOSITORY


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("torch_build", REPOSITORY / "requirements/torch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """On x86 Linux without a driver, with an index that answers."""
    module = _loaded()
    monkeypatch.setattr(module.sys, "platform", "linux")
    monkeypatch.setattr(module.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    monkeypatch.setattr(module, "DRIVER", ())
    monkeypatch.setattr(module, "answers", lambda index: True)
    return module


def test_x86_linux_without_a_driver_takes_the_cpu_build(build: ModuleType) -> None:
    options, what = build.choose()
    assert options == ["--index-url", "https://download.pytorch.org/whl/cpu"]
    assert "200 MB" in what


def test_make_gets_the_options_and_people_the_size(build: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    build.main()
    out, err = capsys.readouterr()
    assert out == "--index-url https://download.pytorch.org/whl/cpu\n"
    assert err == "Downloading torch for CPUs from https://download.pytorch.org/whl/cpu: about 200 MB ...\n"


def test_a_card_takes_the_cuda_build(build: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build.shutil, "which", lambda name: f"/usr/bin/{name}")
    options, what = build.choose()
    assert (options, "CUDA" in what, "3 GB" in what) == ([], True, True)


@pytest.mark.parametrize(("system", "machine"), [("darwin", "arm64"), ("linux", "aarch64")])
def test_elsewhere_it_is_the_ordinary_build(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch, system: str, machine: str
) -> None:
    monkeypatch.setattr(build.sys, "platform", system)
    monkeypatch.setattr(build.platform, "machine", lambda: machine)
    assert build.choose()[0] == []


class _Index(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/cpu/torch/" else 404)
        self.end_headers()
        self.wfile.write(b"<a href='torch.whl'>torch</a>")

    def log_message(self, *args: object) -> None: ...


@pytest.fixture
def index() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Index) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize(("folder", "expected"), [("cpu", True), ("elsewhere", False)])
def test_an_index_is_one_that_has_torch(index: str, folder: str, expected: bool) -> None:
    module = _loaded()
    assert module.answers(f"{index}/{folder}") is expected
    module.PATIENCE_SECONDS = 0.2
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started_at = time.monotonic()
        assert not module.answers(f"http://127.0.0.1:{silent.getsockname()[1]}/cpu")
        assert time.monotonic() - started_at < 2


def test_without_an_answer_it_is_the_ordinary_index(build: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "answers", lambda index: False)
    options, what = build.choose()
    assert (options, "does not answer" in what) == ([], True)


PYTHON = """#!/bin/sh
case "$*" in *torch_build.py) echo --index-url https://cpu.example;; *) echo "$@" >> pip.log; {ending};; esac
"""


def _made(folder: Path, ending: str, *arguments: str) -> tuple[int, list[str]]:
    """The exit code of making .venv/.torch with a Python that only notes what pip is asked, and the notes."""
    for name in (".venv", "requirements"):
        (folder / name).mkdir()
    (folder / ".venv/.python").touch()
    shutil.copy(REPOSITORY / "requirements/worker.txt", folder / "requirements")
    (folder / "python").write_text(PYTHON.replace("{ending}", ending))
    (folder / "python").chmod(0o700)
    argv = ["make", "-f", str(REPOSITORY / "Makefile"), "PY=./python", ".venv/.torch", *arguments]
    code = subprocess.run(argv, cwd=folder, capture_output=True, check=False).returncode
    return code, [line.partition(" install -qq ")[2] for line in (folder / "pip.log").read_text().splitlines()]


def _torch() -> str:
    return (REPOSITORY / "requirements/worker.txt").read_text().partition("torch==")[2].split()[0]


def test_make_takes_what_was_chosen_and_then_the_ordinary_index(tmp_path: Path) -> None:
    torch = f"torch=={_torch()}"
    (tmp_path / "good").mkdir()
    assert _made(tmp_path / "good", "true") == (0, [f"--index-url https://cpu.example {torch}"])
    (tmp_path / "bad").mkdir()
    code, asked = _made(tmp_path / "bad", 'case "$*" in *cpu.example*) exit 1;; esac')
    assert (code, asked) == (0, [f"--index-url https://cpu.example {torch}", torch])
    (tmp_path / "worse").mkdir()
    assert _made(tmp_path / "worse", "exit 1")[0] != 0


def test_make_takes_what_it_is_told(tmp_path: Path) -> None:
    code, asked = _made(tmp_path, "exit 1", "PIP_TORCH_ARGS=--index-url https://mine.example")
    assert code != 0
    assert asked == [f"--index-url https://mine.example torch=={_torch()}"]
