"""Mail in tests: what readers have got, and a mail server that does as it is told."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar

from django.core import mail
from django.core.mail import EmailMessage

from hackathon.mail.services import deliver_mails


def delivered() -> list[EmailMessage]:
    """All mails that have reached their readers, those that wait included: a test's transaction never commits."""
    deliver_mails()
    return mail.outbox


@dataclass
class Post:
    """What a mail server has accepted, and what it refuses: answers by recipient, used up one by one."""

    port: int
    accepted: list[tuple[str, str]] = field(default_factory=list)
    connections: int = 0
    refusals: dict[str, list[str]] = field(default_factory=dict)

    def subjects(self) -> list[str]:
        lines = [line for _, text in self.accepted for line in text.splitlines()]
        return [line.removeprefix("Subject: ") for line in lines if line.startswith("Subject: ")]


class _Dialogue(socketserver.StreamRequestHandler):
    post: ClassVar[Post]

    def handle(self) -> None:
        self.post.connections += 1
        reader = ""
        self._say("220 ready")
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            if verb == "RCPT":
                reader = line.partition("<")[2].partition(">")[0]
                refusals = self.post.refusals.get(reader, [])
                self._say(refusals.pop(0) if refusals else "250 ok")
            elif verb == "DATA":
                self._say("354 go on")
                self.post.accepted.append((reader, self._text()))
                self._say("250 accepted")
            else:
                self._say("221 bye" if verb == "QUIT" else "250 ok")
                if verb == "QUIT":
                    return

    def _text(self) -> str:
        lines = iter(lambda: self.rfile.readline().decode(), ".\r\n")
        return "".join(lines)

    def _say(self, answer: str) -> None:
        self.wfile.write(f"{answer}\r\n".encode())


@contextmanager
def mail_server(port: int = 0) -> Iterator[Post]:
    """An SMTP server on this machine until the end of the block."""

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = daemon_threads = True

    handler = type("Dialogue", (_Dialogue,), {})
    with Server(("127.0.0.1", port), handler) as server:
        handler.post = Post(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield handler.post
        finally:
            server.shutdown()
            thread.join()
