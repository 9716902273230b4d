"""Who would stop a site: clients that wait, sockets that never finish a request; and a node that must not notice."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from hackathon.accounts.tokens import new_token
from tests.factories import node_report
from tests.services.conftest import Event
from training_worker.contract.wire import Claim, ClaimRequest, EnrolRequest, JobKind, Progress, Stage
from training_worker.node.client import SiteClient, SiteUnavailable, StaleAttempt

HALVES = (
    b"GET /he",
    b"GET /healthz HTTP/1.1\r\nHost: h\r\nX-Half: ",
    b"POST /login/ HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf",
)
Loop = Callable[[threading.Event], None]


@dataclass
class PlayedNode:
    """The node's own HTTP client and a training that only says so: progress twice a second."""

    site: SiteClient
    worker_token: str
    posts: int = 0
    unanswered: int = 0
    is_stale: bool = False

    @classmethod
    def joined(cls, url: str, enrolment_token: str) -> PlayedNode:
        site = SiteClient(url)
        token, name = new_token("htw"), f"played-{uuid.uuid4().hex[:6]}"
        site.enrol(EnrolRequest(token=enrolment_token, name=name, worker_token=token), patience=10)
        return cls(site, token)

    def train(self, stopping: threading.Event) -> None:
        """Claim the next run and report until told to stop; the claim fails the test where there is none."""
        request = ClaimRequest(number=1, node=node_report(kinds=(JobKind.RUN,)))
        claim = self.site.claim(self.worker_token, request)
        assert isinstance(claim, Claim)
        attempt = self.site.attempt(claim)
        while not stopping.is_set() and not self.is_stale:
            try:
                attempt.progress(Progress(seq=self.posts + 1, stage=Stage.TRAIN))
                self.posts += 1
            except StaleAttempt:
                self.is_stale = True
            except SiteUnavailable:
                self.unanswered += 1
            stopping.wait(0.5)


def waits(url: str, token: str) -> Loop:
    """A client that asks for news again and again, and waits as long as it may."""

    def loop(stopping: threading.Event) -> None:
        while not stopping.is_set():
            request = urllib.request.Request(url, headers={"Authorization": token})
            lost = contextlib.suppress(OSError, http.client.HTTPException)
            with lost, urllib.request.urlopen(request, timeout=60) as answer:
                answer.read()
                stopping.wait(float(answer.headers.get("Retry-After") or 0))

    return loop


def dawdles(address: tuple[str, int], half: bytes) -> Loop:
    """A socket with half a request, and another one as soon as it is cut off."""

    def loop(stopping: threading.Event) -> None:
        while not stopping.is_set():
            with contextlib.suppress(OSError), socket.create_connection(address, timeout=10) as opened:
                opened.settimeout(0.5)
                opened.sendall(half)
                while not stopping.is_set():
                    with contextlib.suppress(TimeoutError):
                        if not opened.recv(1):
                            break

    return loop


@contextmanager
def running(*loops: Loop) -> Iterator[None]:
    """Each loop in a thread of its own until the block ends."""
    stopping = threading.Event()
    threads = [threading.Thread(target=loop, args=(stopping,)) for loop in loops]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


@dataclass
class Siege:
    """What probes and the node went through. Seconds."""

    probes: dict[str, list[float]] = field(default_factory=dict)
    failed_probes: int = 0
    posts: int = 0
    unanswered: int = 0
    lost_leases: int = 0

    def ask(self, url: str) -> None:
        began = time.monotonic()
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                assert answer.status == 200
        except (OSError, urllib.error.HTTPError):
            self.failed_probes += 1
        self.probes.setdefault(url.rpartition("/")[2], []).append(time.monotonic() - began)


def besiege(event: Event, *, seconds: float, waiting: int = 20, slow: int = 10) -> Siege:
    """Have a node report for so long while clients wait and sockets dawdle, and ask the probes all the time."""
    submission = event.submit(epochs=1 + len(event.enrolment_tokens)).body["id"]  # another run each time
    node = PlayedNode.joined(event.stack.url, event.enrolment_tokens.pop())
    watched = f"{event.stack.url}/api/submissions/{submission}/?wait=20&until=ended"
    address = ("127.0.0.1", event.stack.port)
    crowd = [waits(watched, event.tokens["captain"])] * waiting
    crowd += [dawdles(address, HALVES[number % len(HALVES)]) for number in range(slow)]
    siege = Siege()
    with ExitStack() as stack:
        stack.enter_context(running(node.train))
        time.sleep(1)
        stack.enter_context(running(*crowd))
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for path in ("/healthz", "/readyz"):
                siege.ask(event.stack.url + path)
            time.sleep(0.1)
        shown = event.show(submission)  # a page of a person, in the midst of it
        siege.posts, siege.unanswered = node.posts, node.unanswered
        siege.lost_leases = shown["losses"] + int(node.is_stale)
    event.stack.request("POST", f"/api/submissions/{submission}/cancel/", token=event.tokens["captain"], body={})
    return siege
