"""Celery tasks of this room: thin, safe to run twice."""

from celery import shared_task

from .mail import services as mail
from .services.clean import clear_orphan_imports


@shared_task(name=mail.DELIVER_TASK)
def deliver_mail() -> int:
    return mail.deliver_mails()


@shared_task(name="hackathon.clear_mail")
def clear_mail() -> int:
    return mail.clear_mails()


@shared_task(name="hackathon.clear_imports")
def clear_imports() -> int:
    return clear_orphan_imports()
