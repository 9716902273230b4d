"""WSGI entry point of the web processes: role `site`, so no label store."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hackathon.settings")
os.environ.setdefault("HACKTUNE_ROLE", "site")
application = get_wsgi_application()

from hackathon.services.heartbeat import start_beating  # noqa: E402  # models need the application's registry

start_beating()
