"""The web server's own part, spoken to over sockets: whole requests only, deadlines, limits, pools."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from hackathon.serving import connections
from hackathon.serving.connections import MAX_BODY, Site, pool_of
from tests.stack import eventually

UPLOAD = "/api/worker/files/signed"
HALVES = (b"GET /he", b"GET / HTTP/1.1\r\nHost: h\r\nX-Half: ", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf")
LONG = 32 * 2**20
"""More than is kept for a slow reader and in the buffers of two sockets."""


class Served:
    """A site of one thread for people, on a loop of its own; the application says what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.busy, self.release = threading.Semaphore(0), threading.Event()
        self.file = folder / "long.bin"
        self.file.write_bytes(b"x" * LONG)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = self._listening.getsockname()
        self.site = Site(
            self.answer, [self._listening], threads=1, longest_body=lambda method, path: LONG * (path == UPLOAD)
        )
        self._stop = threading.Event()
        self._loop = threading.Thread(target=self._run)
        self._loop.start()

    def answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/busy":
            self.busy.release()
            assert self.release.wait(20)
        if path == "/generated":
            start_response("200 OK", [("Content-Length", str(LONG))])
            return (b"x" * 2**20 for _ in range(LONG // 2**20))
        if path == "/file":
            start_response("200 OK", [("Content-Length", str(LONG))])
            found: Iterable[bytes] = environ["wsgi.file_wrapper"](self.file.open("rb"))
            return found
        received = environ["wsgi.input"].read()
        body = f"{path} {len(received)} {environ.get('SCRIPT_NAME')}".encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    def _run(self) -> None:
        while not self._stop.is_set():
            self.site.step(0.1)
        self.site.stop(5)

    def end(self) -> None:
        self._stop.set()
        self.site.wake()
        self._loop.join()

    @property
    def connections(self) -> dict[int, Any]:
        [listener] = self.site.listeners
        found: dict[int, Any] = listener.active_channels
        return found

    def open(self, sent: bytes = b"") -> socket.socket:
        opened = socket.create_connection(self.address, timeout=20)
        opened.sendall(sent)
        return opened

    def ask(self, path: str, sent: bytes = b"", method: str = "GET", *headers: str) -> tuple[int, bytes]:
        """(status, everything after the headers), from a connection of its own."""
        head = "\r\n".join([f"{method} {path} HTTP/1.1", "Host: h", "Connection: close", *headers])
        with self.open(head.encode() + b"\r\n\r\n" + sent) as opened:
            return read_answer(opened)


def read_answer(opened: socket.socket) -> tuple[int, bytes]:
    with opened.makefile("rb") as file:
        head, _, body = file.read().partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def read_until(opened: socket.socket, end: bytes) -> bytes:
    received = b""
    while not received.endswith(end) and (part := opened.recv(2**16)):
        received += part
    return received


def is_cut_off(opened: socket.socket) -> bool:
    try:
        return opened.recv(1) == b""
    except ConnectionResetError:
        return True


def is_broken_off(opened: socket.socket, part: bytes, *, pause: float) -> bool:
    """Whether the other side ends it while we send the part again and again."""
    for _ in range(100):
        try:
            opened.sendall(part)
        except OSError:
            return True
        time.sleep(pause)
    return False


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path)
    yield served
    served.release.set()
    served.end()


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    """Sockets to be closed at the end."""
    with ExitStack() as stack:
        yield stack


def test_half_requests_hold_no_thread(served: Served, opened: ExitStack) -> None:
    for half in HALVES * 3:
        opened.enter_context(served.open(half))
    assert served.ask("/page") == (200, b"/page 0 ")


@pytest.mark.parametrize("half", [b"", *HALVES])
def test_a_request_that_does_not_end_is_cut_off(
    served: Served, opened: ExitStack, half: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.5)
    assert is_cut_off(opened.enter_context(served.open(half)))


def test_a_request_that_drips_is_cut_off_all_the_same(
    served: Served, opened: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 1.0)
    slow = opened.enter_context(served.open(b"GET / HTTP/1.1\r\nX-Slow: "))
    assert is_broken_off(slow, b"x", pause=0.1)


def test_an_upload_has_time_for_its_size(served: Served, opened: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.5)
    size = 8 * connections.UPLOAD_RATE
    head = f"PUT {UPLOAD} HTTP/1.1\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n".encode()
    upload = opened.enter_context(served.open(head))
    time.sleep(2.5)
    upload.sendall(b"x" * size)
    assert read_answer(upload) == (200, f"{UPLOAD} {size} ".encode())


def test_a_kept_connection_asks_again_and_is_dropped_when_idle(
    served: Served, opened: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "IDLE_SECONDS", 0.5)
    kept = opened.enter_context(served.open())
    for _ in range(2):
        kept.sendall(b"GET /page HTTP/1.1\r\nHost: h\r\n\r\n")
        assert read_until(kept, b"/page 0 ").startswith(b"HTTP/1.1 200 OK")
    assert is_cut_off(kept)


def test_idle_sockets_at_the_limit_make_room(served: Served, opened: ExitStack) -> None:
    served.site.most_connections = 5
    first = opened.enter_context(served.open(HALVES[0]))
    for _ in range(20):
        opened.enter_context(served.open(b"GET"))
    assert served.ask("/page")[0] == 200
    assert is_cut_off(first)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/api/worker/claim/", UPLOAD, "//api/worker/x"])
def test_busy_people_leave_probes_and_nodes_their_threads(served: Served, opened: ExitStack, path: str) -> None:
    for _ in range(5):
        opened.enter_context(served.open(b"GET /busy HTTP/1.1\r\nHost: h\r\n\r\n"))
    assert served.busy.acquire(timeout=20)
    assert served.ask(path)[0] == 200
    assert pool_of(path) != "people"


@pytest.mark.parametrize("path", ["/", "/healthz/", "/readyzz", "/api/workers/", "/api/worker", "/x/api/worker/", ""])
def test_all_else_is_peoples(path: str) -> None:
    assert pool_of(path) == "people"


def test_slow_readers_of_long_answers_leave_others_a_thread(served: Served, opened: ExitStack) -> None:
    for path in ("/generated", "/file") * 3:
        opened.enter_context(served.open(f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode())).recv(1)
    assert served.ask("/page")[0] == 200


def test_there_is_an_end_to_slow_readers(served: Served, opened: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_LENT", 2)
    for _ in range(6):
        opened.enter_context(served.open(b"GET /generated HTTP/1.1\r\nHost: h\r\n\r\n"))
    assert served.ask("/page")[0] == 200
    eventually("the rest is cut off", lambda: len(served.connections) == 2, seconds=10)


@pytest.mark.parametrize("path", ["/generated", "/file"])
def test_who_takes_nothing_of_an_answer_is_cut_off(
    served: Served, opened: ExitStack, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "READER_SECONDS", 0.5)
    reader = opened.enter_context(served.open(f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode()))
    assert reader.recv(1)
    eventually("it is cut off", lambda: not served.connections, seconds=20)
    assert served.ask("/page")[0] == 200


@pytest.mark.parametrize("path", ["/generated", "/file"])
def test_a_long_answer_arrives_whole(served: Served, path: str) -> None:
    status, body = served.ask(path)
    assert (status, len(body)) == (200, LONG)


def test_a_chunked_body_is_read(served: Served) -> None:
    chunks = b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
    assert served.ask("/page", chunks, "POST", "Transfer-Encoding: chunked") == (200, b"/page 11 ")


@pytest.mark.parametrize("path", ["/page", "/api/submissions/"])
def test_a_large_body_is_refused_before_it_is_read(served: Served, path: str) -> None:
    status, body = served.ask(path, b"", "POST", f"Content-Length: {MAX_BODY + 1}")
    assert status == 413
    assert (b'"code": "too_large"' in body) is path.startswith("/api/")


def test_a_large_chunked_body_is_refused(served: Served) -> None:
    chunk = b"100000\r\n" + b"x" * 2**20 + b"\r\n"
    with served.open(b"POST /page HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n") as sender:
        assert is_broken_off(sender, chunk, pause=0.01)


def test_a_signed_upload_may_be_large_up_to_its_own_limit(served: Served) -> None:
    body = b"x" * (MAX_BODY + 1)
    assert served.ask(UPLOAD, body, "PUT", f"Content-Length: {len(body)}") == (200, f"{UPLOAD} {len(body)} ".encode())
    assert served.ask(UPLOAD, b"", "PUT", f"Content-Length: {LONG + 1}")[0] == 413


@pytest.mark.parametrize("path", ["/page", "/generated", "/file"])
def test_head_has_no_body(served: Served, path: str) -> None:
    assert served.ask(path, b"", "HEAD") == (200, b"")


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "Script-Name", "PATH_INFO", "Path-Info", "X-Script-Name"])
def test_a_header_moves_neither_path_nor_prefix(served: Served, name: str) -> None:
    assert served.ask("/page", b"", "GET", f"{name}: /elsewhere") == (200, b"/page 0 ")


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nA\r\n\r\n"]
)
def test_what_is_not_http_gets_400(served: Served, opened: ExitStack, sent: bytes) -> None:
    assert read_answer(opened.enter_context(served.open(sent)))[0] == 400


def test_stopping_finishes_what_has_begun_and_drops_the_idle(served: Served, opened: ExitStack) -> None:
    idle = opened.enter_context(served.open(b"GET"))
    working = opened.enter_context(served.open(b"GET /busy HTTP/1.1\r\nHost: h\r\n\r\n"))
    assert served.busy.acquire(timeout=20)
    stopping = threading.Thread(target=served.end)
    stopping.start()
    assert is_cut_off(idle)
    with pytest.raises(OSError):
        served.open()
    served.release.set()
    assert read_until(working, b"/busy 0 ").startswith(b"HTTP/1.1 200 OK")
    stopping.join()
