"""Settings of the tests: the real ones, with an environment of their own and a folder per process."""

import atexit
import os
import shutil
import tempfile

os.environ.setdefault("HACKTUNE_SECRET_KEY", "tests-only-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEF")
os.environ.setdefault("HACKTUNE_ALLOWED_HOSTS", "testserver,127.0.0.1,localhost")
os.environ.setdefault("HACKTUNE_ROLE", "manage")
os.environ.setdefault("HACKTUNE_LOG_LEVEL", "WARNING")
if "HACKTUNE_DATA_DIR" not in os.environ or "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["HACKTUNE_DATA_DIR"] = tempfile.mkdtemp(prefix="hacktune-tests-")
    atexit.register(shutil.rmtree, os.environ["HACKTUNE_DATA_DIR"], ignore_errors=True)

from hackathon.settings import *  # noqa: F403
from hackathon.settings import STORAGES

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CELERY_BROKER_URL = "memory://"
MAIL_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"
MAIL_AT_ONCE = True
WHITENOISE_AUTOREFRESH = True
