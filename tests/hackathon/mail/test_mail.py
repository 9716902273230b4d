"""Mail: written with what it tells of, sent once whatever happens to the mail server, then forgotten."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.conf import LazySettings
from django.core import mail
from django.core.cache import cache
from django.core.mail import EmailMessage, EmailMultiAlternatives, send_mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.test import Client

from hackathon.celery import app
from hackathon.clock import db_now
from hackathon.mail.services import (
    ATTEMPT,
    DELIVER_TASK,
    KEPT,
    MAX_ATTEMPTS,
    clear_mails,
    deliver_mails,
    pause_after,
    queue_mail,
)
from hackathon.mail.services import send_again as send_mail_again
from hackathon.models import User
from hackathon.models.mail import OutgoingMail
from hackathon.tasks import clear_mail, deliver_mail
from teams.models import Invitation
from tests.factories import World
from tests.mails import Post, delivered, mail_server
from tests.pages import EVERYBODY, browser_of, html

pytestmark = pytest.mark.django_db
SMTP = "django.core.mail.backends.smtp.EmailBackend"
SIGN_UP = {"name": "Ada", "email": "ada@example.org", "password1": "an unusual sentence to keep"}


def write(to: str = "ada@example.org", subject: str = "Hello") -> OutgoingMail:
    return queue_mail(sender="Hacktune <noreply@example.org>", to=to, subject=subject, text="https://reset.example/key")


def later() -> None:
    """As if every pause were over."""
    OutgoingMail.objects.filter(next_attempt_at__isnull=False).update(next_attempt_at=db_now())
    cache.clear()


def use_smtp(settings: LazySettings, port: int) -> None:
    settings.MAIL_TRANSPORT, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False


@pytest.fixture
def post(settings: LazySettings) -> Iterator[Post]:
    with mail_server() as server:
        use_smtp(settings, server.port)
        yield server


# --- in the request ---------------------------------------------------------------------------------------------------


def test_with_the_mail_server_down_a_stranger_signs_up_and_is_mailed_when_it_is_back(settings: LazySettings) -> None:
    with mail_server() as closed:
        use_smtp(settings, closed.port)
    client = Client()
    response: Any = client.post("/signup/", SIGN_UP, follow=True)
    assert (response.status_code, response.redirect_chain[-1][0]) == (200, "/account/confirm/")
    assert User.objects.filter(email="ada@example.org").exists()
    assert deliver_mails() == 0
    row = OutgoingMail.objects.get()
    assert (row.attempts, row.sent_at) == (0, None)
    assert "ConnectionRefusedError" in row.last_error
    with mail_server(closed.port) as server:
        assert deliver_mails() == 0  # a server that is away is not asked again and again
        cache.clear()  # half a minute later
        assert deliver_mails() == 1
        ((reader, text),) = server.accepted
    assert reader == "ada@example.org"
    assert "/account/confirm/" in text


def test_with_the_mail_server_down_an_invitation_is_made(
    transactional_db: None, world: World, settings: LazySettings
) -> None:
    use_smtp(settings, 1)
    response = browser_of(world, "captain").post(f"/t/{world.team.pk}/", {"email": "new@example.org"})
    assert "If the e-mail does not arrive" in html(response)
    assert Invitation.objects.get().email == "new@example.org"
    assert OutgoingMail.objects.get().last_error


def test_a_rollback_leaves_no_mail() -> None:
    with transaction.atomic():
        send_mail("Hello", "text", None, ["ada@example.org"])
        transaction.set_rollback(True)
    assert OutgoingMail.objects.count() == 0
    assert delivered() == []


@pytest.mark.django_db(transaction=True)
def test_without_a_broker_mail_is_sent_on_commit_and_not_before() -> None:
    with transaction.atomic():
        send_mail("Hello", "text", None, ["ada@example.org"])
        assert mail.outbox == []
    assert [message.subject for message in mail.outbox] == ["Hello"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_down", [False, True])
def test_with_a_broker_the_worker_is_rung_on_commit(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch, is_down: bool
) -> None:
    rung: list[str] = []

    def send_task(name: str, **options: Any) -> None:
        rung.append(name)
        if is_down:
            raise ConnectionError

    monkeypatch.setattr(current_app, "send_task", send_task)
    settings.MAIL_AT_ONCE = False
    with transaction.atomic():
        send_mail("Hello", "text", None, ["ada@example.org"])
        assert rung == []
    assert rung == [DELIVER_TASK]
    assert mail.outbox == []
    deliver_mail()
    deliver_mail()
    assert [message.subject for message in mail.outbox] == ["Hello"]


def test_the_clock_rings_for_mail_whose_wake_up_was_lost(settings: LazySettings) -> None:
    app.loader.import_default_modules()
    entries = {entry["task"]: entry["schedule"] for entry in app.conf.beat_schedule.values()}
    assert entries[DELIVER_TASK] == settings.MAIL_SWEEP_SECONDS <= 10
    assert entries.keys() <= app.tasks.keys()


def test_it_arrives_as_it_was_written() -> None:
    message = EmailMultiAlternatives(
        "Grüße 你好", "plain", "Hacktune <h@example.org>", ["a@example.org", "b@example.org"]
    )
    message.attach_alternative("<p>rich</p>", "text/html")
    message.send()
    sent: list[Any] = list(delivered())
    assert [(one.to, one.subject, one.body, one.from_email) for one in sent] == [
        ([to], "Grüße 你好", "plain", "Hacktune <h@example.org>") for to in ("a@example.org", "b@example.org")
    ]
    assert [tuple(part) for part in sent[0].alternatives] == [("<p>rich</p>", "text/html")]
    assert len({one.message()["Message-ID"] for one in sent}) == 2


@pytest.mark.parametrize(
    "more", [{"bcc": ["c@example.org"]}, {"headers": {"X": "y"}}, {"attachments": [("a", b"b", "c/d")]}]
)
def test_what_a_row_has_no_room_for_is_refused_and_not_lost(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="outbox takes plain text"):
        EmailMessage("s", "t", None, ["a@example.org"], **more).send()


# --- sending ----------------------------------------------------------------------------------------------------------


def test_a_batch_takes_one_connection_oldest_first(post: Post) -> None:
    for number in range(5):
        write(f"{number}@example.org", f"mail {number}")
    assert deliver_mails() == 5
    assert post.subjects() == [f"mail {number}" for number in range(5)]
    assert post.connections == 1


def test_once_it_is_sent_its_text_is_erased(post: Post) -> None:
    write()
    deliver_mails()
    row = OutgoingMail.objects.get()
    assert (row.text, row.html, row.attempts, row.next_attempt_at) == ("", "", 1, None)
    assert row.sent_at is not None
    assert deliver_mails() == 0
    assert len(post.accepted) == 1


def test_a_reader_refused_for_now_gets_it_later_and_stops_nobody(post: Post) -> None:
    post.refusals["ada@example.org"] = ["450 come back later"]
    write()
    write("bea@example.org", "For Bea")
    assert deliver_mails() == 1
    assert post.subjects() == ["For Bea"]
    row = OutgoingMail.objects.get(to="ada@example.org")
    assert "come back later" in row.last_error
    assert row.next_attempt_at is not None
    assert row.next_attempt_at - db_now() == pytest.approx(pause_after(1), abs=timedelta(seconds=5))
    assert deliver_mails() == 0
    later()
    assert deliver_mails() == 1
    row.refresh_from_db()
    assert (row.attempts, row.last_error, row.text) == (2, "", "")


def test_a_reader_whom_no_server_knows_is_given_up_until_an_operator_says_so(world: World, post: Post) -> None:
    post.refusals["ada@example.org"] = ["550 no such mailbox, see https://mail.example/why"] * MAX_ATTEMPTS
    write()
    for number in range(1, MAX_ATTEMPTS + 3):
        deliver_mails()
        later()
        assert OutgoingMail.objects.get().attempts == min(number, MAX_ATTEMPTS)
    row = OutgoingMail.objects.given_up().get()
    world.organizer.is_staff = world.organizer.is_superuser = True
    world.organizer.save()
    admin = browser_of(world, "organizer")
    shown = html(admin.get("/admin/hackathon/outgoingmail/?state=given_up"))
    assert "no such mailbox" in shown
    assert "mail.example" not in shown
    assert "reset.example" not in html(admin.get(f"/admin/hackathon/outgoingmail/{row.pk}/change/"))
    body = {"action": "send_again", "_selected_action": [str(row.pk)]}
    again = html(admin.post("/admin/hackathon/outgoingmail/", body, follow=True))
    assert "1 e-mail is queued again" in again
    assert deliver_mails() == 1
    assert post.accepted[0][0] == "ada@example.org"
    refused = html(admin.post("/admin/hackathon/outgoingmail/", body, follow=True))
    assert "is sent or still waits" in refused


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_rows_are_for_staff(world: World, who: str) -> None:
    write()
    assert browser_of(world, who).get("/admin/hackathon/outgoingmail/").status_code == 302


def test_pauses_grow_and_stay_within_hours() -> None:
    pauses = [pause_after(attempts) for attempts in range(1, MAX_ATTEMPTS + 1)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (timedelta(seconds=30), timedelta(hours=6))


# --- two at once, and a death in between ------------------------------------------------------------------------------


class Nosy(BaseEmailBackend):
    """A transport in whose middle another process tries to send the same mails."""

    seen: list[str] = []
    others: list[int] = []

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        self.others.append(deliver_mails())
        self.seen.extend(message.subject for message in email_messages)
        return len(email_messages)


def test_a_mail_that_is_being_sent_is_nobody_elses(settings: LazySettings) -> None:
    settings.MAIL_TRANSPORT = f"{__name__}.Nosy"
    Nosy.seen, Nosy.others = [], []
    write()
    assert deliver_mails() == 1
    assert (Nosy.seen, Nosy.others) == (["Hello"], [0])


@pytest.mark.django_db(transaction=True)
def test_two_tasks_at_once_send_each_mail_once(settings: LazySettings, post: Post) -> None:
    settings.MAIL_AT_ONCE = False
    for number in range(20):
        write(f"{number}@example.org", f"mail {number}")
    start, sent = threading.Barrier(2), []

    def work() -> None:
        start.wait()
        sent.append(deliver_mails())
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(sent) == 20
    assert sorted(post.subjects()) == sorted(f"mail {number}" for number in range(20))


def test_a_process_that_dies_with_a_mail_in_hand_delays_it_only(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    write()

    class Killed(BaseException):
        pass

    def die(*args: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("hackathon.mail.services._message", die)
        with pytest.raises(Killed):
            deliver_mails()
    assert deliver_mails() == 0
    row = OutgoingMail.objects.get()
    assert row.next_attempt_at is not None
    assert row.next_attempt_at - db_now() == pytest.approx(ATTEMPT, abs=timedelta(seconds=5))
    later()
    assert deliver_mails() == 1
    assert len(post.accepted) == 1


def test_an_attempt_that_is_over_writes_nothing(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    row = write()

    def overtaken(*args: object) -> Any:
        OutgoingMail.objects.filter(pk=row.pk).update(attempts=2)  # meanwhile another process took it
        raise ConnectionError

    monkeypatch.setattr("hackathon.mail.services._message", overtaken)
    assert deliver_mails() == 0
    row.refresh_from_db()
    assert (row.attempts, row.last_error) == (2, "")


# --- afterwards -------------------------------------------------------------------------------------------------------


def test_old_rows_are_forgotten_and_young_ones_kept() -> None:
    old, young = write("old@example.org"), write("young@example.org")
    OutgoingMail.objects.filter(pk=old.pk).update(created_at=db_now() - KEPT - timedelta(minutes=1))
    clear_mail()
    assert list(OutgoingMail.objects.all()) == [young]
    assert clear_mails() == 0


def test_what_waits_is_not_sent_again_by_hand() -> None:
    row = write()
    with pytest.raises(Exception, match="still waits"):
        send_mail_again(mail=row)
