"""How the site talks to sockets: waitress, with deadlines, a pool of threads for each kind of caller, and two limits.

waitress reads each request to its last byte, and sends what a thread has written, on one loop: a thread sees whole
requests only, and a slow client costs a socket. What is ours: a request has a deadline as a whole; who takes nothing of
an answer is cut off; at the limit of connections the one that has dawdled longest makes room; only a signed upload may
be large; a path chooses its pool, so that people cannot fill the nodes' and nobody the probes'.
"""

from __future__ import annotations

import contextlib
import copy
import json
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.util import FileWrapper

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.buffers import ReadOnlyFileBasedBuffer
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask

REQUEST_SECONDS = 20.0
"""From the first byte of a request to its last; a signed upload has its size over UPLOAD_RATE on top."""
UPLOAD_RATE = 128 * 1024
"""Bytes a second, on average over an upload, below which it is cut off."""
IDLE_SECONDS = 60.0
"""How long a connection is kept for the next request."""
READER_SECONDS = 30.0
"""How long somebody may take nothing of the answer."""
MAX_BODY = 2 * 2**20
"""Above this the body is not even read; the API itself refuses more than 1 MiB, with words of its own."""
MAX_CONNECTIONS = 1000
MAX_LENT = 32

POOLS = {"health": 1, "probes": 2, "nodes": 4, "files": 2}
"""Threads beside the people's. Uploads are copied in threads of their own: a node's progress never waits for them."""
EXACT = {"/healthz": "health", "/readyz": "probes", "/metrics": "probes"}
PREFIXES = (("/api/worker/files/", "files"), ("/api/worker/", "nodes"))

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]
LongestBody = Callable[[str, str], int]
"""(method, path) → the most bytes that this request may carry as an upload; 0 where it is none."""


def pool_of(path: str) -> str:
    """The name of the pool that answers this path."""
    path = "/" + path.lstrip("/")  # as waitress hands it to Django
    return EXACT.get(path) or next((pool for prefix, pool in PREFIXES if path.startswith(prefix)), "people")


class Pool(ThreadedTaskDispatcher):  # type: ignore[misc]  # waitress has no types
    """So many threads, and one more for each that is held by the slow reader of a long answer."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self._threads, self._lent, self._lending = threads, 0, threading.Lock()
        self.set_thread_count(threads)

    def lend(self) -> bool:
        """Another thread in place of the caller's, until `take_back`; False where too many are lent."""
        return self._change(1)

    def take_back(self) -> None:
        self._change(-1)

    def _change(self, by: int) -> bool:
        with self._lending:
            if self._lent + by > MAX_LENT:
                return False
            self._lent += by
            self.set_thread_count(self._threads + self._lent)
            return True


class Request(HTTPRequestParser):  # type: ignore[misc]
    """A request as it comes in; made with its first byte."""

    path = ""  # of one that cannot be parsed
    adj: Any

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self.started_at = time.time()
        self.seconds = REQUEST_SECONDS

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        if longest := self.adj.longest_body(self.command, self.path):
            self.adj = copy.copy(self.adj)
            self.adj.max_request_body_size = longest + 1  # the first size that is refused
            self.seconds += (self.content_length or longest) / UPLOAD_RATE


class Answer(WSGITask):  # type: ignore[misc]
    """A request that a thread answers."""

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ["wsgi.file_wrapper"] = send_file
        environ["hacktune.receive_seconds"] = max(0.0, time.time() - self.request.started_at)
        return environ


def send_file(file: Any, block_size: int = 2**16) -> Any:
    """A file of this machine is sent by the loop and holds no thread; one that comes over the network by the thread."""
    try:
        file.fileno()
    except (AttributeError, OSError):
        return FileWrapper(file, block_size)
    return ReadOnlyFileBasedBuffer(file, block_size)


class Refusal(ErrorTask):  # type: ignore[misc]
    """What is refused before Django sees it: in the API's shape for callers of the API."""

    CODES = {413: "too_large", 431: "headers_too_large", 501: "not_implemented", 500: "internal_error"}

    def execute(self) -> None:
        if not self.request.path.startswith("/api/"):
            super().execute()
            return
        error = self.request.error
        code = self.CODES.get(error.code, "bad_request")
        body = json.dumps({"code": code, "message": error.reason, "hint": "", "fields": []}).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", "application/json"))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Connection(HTTPChannel):  # type: ignore[misc]
    """One socket. All but `service` and what it calls runs on the loop."""

    parser_class = Request
    task_class = Answer
    error_task_class = Refusal
    pool: Pool
    has_lent = False

    def is_late(self, now: float) -> bool:
        """Has it used up the time for what it is doing?"""
        if self.will_close or not self.connected:  # waitress closes once the socket takes bytes: it may never
            return True
        if self.total_outbufs_len:
            return bool(now > self.last_activity + READER_SECONDS)
        if self.requests:
            return False
        if self.request is not None:
            return bool(now > self.request.started_at + self.request.seconds)
        is_new = self.last_activity == self.creation_time
        return bool(now > self.last_activity + (REQUEST_SECONDS if is_new else IDLE_SECONDS))

    def dawdles_since(self) -> tuple[int, float] | None:
        """Sorts what may be closed to make room: idle ones and half requests by age, then readers. None: it works."""
        if self.requests:
            return None
        if self.total_outbufs_len:
            return 1, self.creation_time
        return 0, self.request.started_at if self.request is not None else self.last_activity

    def service(self) -> None:
        try:
            super().service()
        finally:
            if self.has_lent:
                self.has_lent = False
                self.pool.take_back()

    def _flush_outbufs_below_high_watermark(self) -> None:
        """Blocks the thread while its reader is far behind; another thread takes over its work meanwhile."""
        if self.total_outbufs_len > self.adj.outbuf_high_watermark and not self.has_lent:
            self.has_lent = self.pool.lend()
            if not self.has_lent:
                self.will_close, self.connected = True, False
                self.server.pull_trigger()
                return
        super()._flush_outbufs_below_high_watermark()


class Listener(TcpWSGIServer):  # type: ignore[misc]
    """A listening socket and its connections."""

    channel_class = Connection

    def __init__(self, site: Site, listening: socket.socket) -> None:
        self.site = site
        super().__init__(
            site.application,
            map=site.sockets,
            _sock=listening,
            dispatcher=site.pools["people"],
            adj=site.adjustments,
            sockinfo=(listening.family, listening.type, listening.proto, listening.getsockname()),
            bind_socket=False,
        )

    def add_task(self, task: Connection) -> None:
        task.pool = self.site.pools[pool_of(task.requests[0].path)]
        task.pool.add_task(task)

    def readable(self) -> bool:
        return bool(self.accepting) and len(self.active_channels) < self.site.most_connections

    def make_room(self) -> None:
        """At the limit, close the one that has dawdled longest. Between polls only: a poll knows sockets by number."""
        if len(self.active_channels) < self.site.most_connections:
            return
        dawdling = [(since, fd) for fd, channel in self.active_channels.items() if (since := channel.dawdles_since())]
        if dawdling:
            self.active_channels[min(dawdling)[1]].handle_close()

    def cut_off_the_late(self, now: float) -> None:
        for channel in [channel for channel in self.active_channels.values() if channel.is_late(now)]:
            channel.handle_close()

    def stop(self) -> None:
        """Accept nothing more."""
        self.accepting = False
        self.del_channel()
        self.socket.close()

    def let_go_of_the_idle(self) -> None:
        for channel in list(self.active_channels.values()):
            if not channel.requests and not channel.total_outbufs_len:
                channel.handle_close()


class Site:
    """The listeners of one process, their loop, and the threads that answer."""

    def __init__(
        self, application: WsgiApp, listening: Iterable[socket.socket], *, threads: int, longest_body: LongestBody
    ) -> None:
        self.application = _without_body_for_head(application)
        self.sockets: dict[int, Any] = {}
        self.most_connections = _most_connections()
        self.adjustments = Adjustments(
            ident=None,
            max_request_body_size=MAX_BODY,
            max_request_header_size=2**16,
            recv_bytes=2**16,
            log_socket_errors=False,
            clear_untrusted_proxy_headers=False,  # whom to believe is a setting of Django's and allauth's
        )
        self.adjustments.longest_body = longest_body
        self.pools = {name: Pool(size) for name, size in {**POOLS, "people": threads}.items()}
        self.listeners = [Listener(self, one) for one in listening]
        self._next_look = 0.0

    def step(self, seconds: float) -> None:
        """Serve what is there, or wait so long for it."""
        now = time.time()
        if now >= self._next_look:
            self._next_look = now + 1.0
            for listener in self.listeners:
                listener.cut_off_the_late(now)
        for listener in self.listeners:
            listener.make_room()
        wasyncore.poll2(seconds, self.sockets)

    def wake(self) -> None:
        """End a `step` early; from any thread, or a signal's handler."""
        with contextlib.suppress(OSError):  # it has stopped
            self.listeners[0].pull_trigger()

    def stop(self, seconds: float) -> None:
        """Accept nothing more; give so long to what has begun."""
        until = time.monotonic() + seconds
        for listener in self.listeners:
            listener.stop()
        while self._let_go_of_the_idle() and time.monotonic() < until:
            self.step(0.1)
        for pool in self.pools.values():
            pool.shutdown(timeout=0.2)
        wasyncore.close_all(self.sockets)

    def _let_go_of_the_idle(self) -> bool:
        """True while others are left."""
        for listener in self.listeners:
            listener.let_go_of_the_idle()
        return any(listener.active_channels for listener in self.listeners)


def _without_body_for_head(application: WsgiApp) -> WsgiApp:
    """Answers HEAD with the headers alone; neither Django nor waitress does."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = application(environ, start_response)
        if environ["REQUEST_METHOD"] != "HEAD":
            return body
        if close := getattr(body, "close", None):
            close()
        return []

    return answer


def _most_connections() -> int:
    """Of one listener. Each may need three files: its socket, what comes in and what goes out."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard >= 4096:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096) if soft != resource.RLIM_INFINITY else soft, hard))
        return MAX_CONNECTIONS
    return max(50, hard // 4)
