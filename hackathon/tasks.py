"""Celery tasks of this room: thin, safe to run twice."""

from importlib import import_module

from celery import shared_task
from django.conf import settings

from .mail import services as mail
from .services.clean import clear_orphan_imports


@shared_task(name=mail.DELIVER_TASK)
def deliver_mail() -> int:
    return mail.deliver_mails()


@shared_task(name="hackathon.clear_mail")
def clear_mail() -> int:
    return mail.clear_mails()


@shared_task(name="hackathon.clear_sessions")
def clear_sessions() -> None:
    """Those that have run out, with the drafts of people who never came back."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


@shared_task(name="hackathon.clear_imports")
def clear_imports() -> int:
    return clear_orphan_imports()
