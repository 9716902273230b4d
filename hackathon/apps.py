from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HackathonConfig(AppConfig):
    name = "hackathon"
    verbose_name = _("Hackathon")

    def ready(self) -> None:
        from . import celery  # noqa: F401  makes it the current app: else a web process rings a broker of Celery's own
