"""The settings in production: Django's deploy checks are clean, and what would break stops the start."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured

from hackathon.files.settings import file_storages
from tests.production import production, run_python
from tests.stack import REPOSITORY


def _check_deploy(folder: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    argv = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "INFO"]
    env = plain | production(folder, **changes)
    return subprocess.run(argv, cwd=REPOSITORY, env=env, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("role", ["site", "scorer", "manage"])
def test_djangos_deploy_checks_are_clean(tmp_path: Path, role: str) -> None:
    done = _check_deploy(tmp_path, HACKTUNE_ROLE=role, HACKTUNE_HSTS_PRELOAD="true")
    assert (done.returncode, "no issues (0 silenced)" in done.stdout) == (0, True), done.stderr


def test_preloading_hsts_is_the_operators_to_choose(tmp_path: Path) -> None:
    done = _check_deploy(tmp_path)
    assert (done.returncode, "no issues (1 silenced)" in done.stdout) == (0, True), done.stderr
    code = "from django.conf import settings; print(settings.SECURE_HSTS_SECONDS > 0, settings.SECURE_HSTS_PRELOAD)"
    env = production(tmp_path) | {"DJANGO_SETTINGS_MODULE": "hackathon.settings"}
    assert run_python(REPOSITORY, code, **env).stdout.split() == ["True", "False"]
    assert run_python(REPOSITORY, code, **env, HACKTUNE_HSTS_PRELOAD="true").stdout.split() == ["True", "True"]


@pytest.mark.parametrize(
    "key",
    [
        "",
        "short",
        "x" * 60,
        "change-me-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ",
        "django-insecure-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ",
        "a-placeholder-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ",
    ],
)
def test_a_placeholder_secret_stops_the_start(tmp_path: Path, key: str) -> None:
    done = _check_deploy(tmp_path, HACKTUNE_SECRET_KEY=key)
    assert done.returncode != 0
    assert "HACKTUNE_SECRET_KEY must be at least 50 random characters" in done.stderr


def test_a_short_metrics_token_stops_the_start(tmp_path: Path) -> None:
    assert "HACKTUNE_METRICS_TOKEN" in _check_deploy(tmp_path, HACKTUNE_METRICS_TOKEN="short").stderr


@pytest.mark.parametrize(
    "changes",
    [
        {"SCRIPT_NAME": "/hacktune"},
        {"HACKTUNE_SITE_URL": "https://h.example/hacktune"},
        {"HACKTUNE_SITE_URL": "https://h.example?x=1"},
        {"HACKTUNE_SITE_URL": "h.example"},
        {"HACKTUNE_SITE_URL": "ftp://h.example"},
        {"HACKTUNE_SITE_URL": "https://"},
        {"HACKTUNE_PROXIES": "-1"},
    ],
    ids=lambda changes: "=".join(*changes.items()),
)
def test_what_would_break_every_address_stops_the_start(tmp_path: Path, changes: dict[str, str]) -> None:
    done = _check_deploy(tmp_path, **changes)
    assert done.returncode != 0
    assert next(iter(changes)) in done.stderr


@pytest.mark.parametrize(("role", "expected"), [("scorer", "elsewhere"), ("manage", "elsewhere"), ("site", "none")])
def test_labels_may_live_on_another_volume(tmp_path: Path, role: str, expected: str) -> None:
    code = (
        "from django.conf import settings\n"
        "print(settings.STORAGES.get('labels', {}).get('OPTIONS', {}).get('location', 'none'))"
    )
    env = production(tmp_path) | {"HACKTUNE_ROLE": role, "DJANGO_SETTINGS_MODULE": "hackathon.settings"}
    done = run_python(REPOSITORY, code, **env, HACKTUNE_LABELS_DIR=str(tmp_path / "elsewhere"))
    assert done.stdout.strip().rpartition("/")[2] == expected, done.stderr
    plain = run_python(REPOSITORY, code, **env).stdout.strip()
    assert plain == ("none" if role == "site" else str((tmp_path / "data/files/labels").resolve()))


# --- an S3 store --------------------------------------------------------------------------------------------------

S3 = {
    "HACKTUNE_S3_ENDPOINT": "https://s3.example.org",
    "HACKTUNE_S3_BUCKET": "hacktune",
    "HACKTUNE_S3_ACCESS_KEY": "GK0123456789abcdef01234567",
    "HACKTUNE_S3_SECRET_KEY": secrets.token_hex(32),
}
LABELS = {
    "HACKTUNE_S3_LABELS_BUCKET": "hacktune-labels",
    "HACKTUNE_S3_LABELS_ACCESS_KEY": "GK99999999999999999999abcd",
    "HACKTUNE_S3_LABELS_SECRET_KEY": secrets.token_hex(32),
}
SHOW_STORES = """
import json, sys
import django; django.setup()
from django.conf import settings
stores = {alias: entry["OPTIONS"] for alias, entry in settings.STORAGES.items() if alias != "staticfiles"}
print(json.dumps({"stores": stores, "boto": "boto3" in sys.modules or "storages" in sys.modules}))
"""


def _stores(folder: Path, role: str, **changes: str) -> dict[str, Any]:
    env = production(folder, **changes) | {"HACKTUNE_ROLE": role, "DJANGO_SETTINGS_MODULE": "hackathon.settings"}
    done = run_python(REPOSITORY, SHOW_STORES, **env)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_every_alias_has_a_prefix_of_the_bucket_and_labels_a_bucket_and_key_of_their_own(tmp_path: Path) -> None:
    stores = _stores(tmp_path, "scorer", **S3, **LABELS)["stores"]
    places = {alias: (options["bucket_name"], options["location"]) for alias, options in stores.items()}
    assert places == {
        "default": ("hacktune", "media"),
        "datasets": ("hacktune", "datasets"),
        "models": ("hacktune", "models"),
        "artifacts": ("hacktune", "artifacts"),
        "labels": ("hacktune-labels", "labels"),
    }
    assert stores["labels"]["secret_key"] == LABELS["HACKTUNE_S3_LABELS_SECRET_KEY"]
    assert stores["models"]["public_endpoint"] == stores["models"]["endpoint_url"] == "https://s3.example.org"


def test_a_web_process_has_no_labels_and_refuses_their_key(tmp_path: Path) -> None:
    assert _stores(tmp_path, "site", **S3)["stores"].keys() == {"default", "datasets", "models", "artifacts"}
    done = _check_deploy(tmp_path, HACKTUNE_ROLE="site", **S3, **LABELS)
    assert done.returncode != 0
    assert "a web process (HACKTUNE_ROLE=site) must not be given it" in done.stderr
    assert LABELS["HACKTUNE_S3_LABELS_SECRET_KEY"] not in done.stderr


def test_without_a_bucket_of_their_own_labels_stay_in_their_folder(tmp_path: Path) -> None:
    options = _stores(tmp_path, "manage", **S3, HACKTUNE_LABELS_DIR=str(tmp_path / "labels"))["stores"]["labels"]
    assert options == {"location": str((tmp_path / "labels").resolve())}


@pytest.mark.parametrize("changes", [{}, dict.fromkeys((*S3, *LABELS), "")])
def test_without_a_store_files_are_folders_and_boto_is_not_even_imported(
    tmp_path: Path, changes: dict[str, str]
) -> None:
    found = _stores(tmp_path, "scorer", **changes)
    assert all(options.keys() == {"location"} for options in found["stores"].values())
    assert found["boto"] is False


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        *(({name: ""}, f"needs {name}, too") for name in S3),
        (dict.fromkeys(("HACKTUNE_S3_ENDPOINT", "HACKTUNE_S3_BUCKET"), ""), "HACKTUNE_S3_ENDPOINT, HACKTUNE_S3_BUCKET"),
        ({"HACKTUNE_S3_ENDPOINT": "s3.example.org"}, "HACKTUNE_S3_ENDPOINT must be an address"),
        ({"HACKTUNE_S3_ENDPOINT": "https://me:pw@s3.example.org"}, "HACKTUNE_S3_ENDPOINT must be an address"),
        ({"HACKTUNE_S3_PUBLIC_ENDPOINT": "https://x.org/files"}, "HACKTUNE_S3_PUBLIC_ENDPOINT must be an address"),
        ({"HACKTUNE_S3_BUCKET": "Hacktune/files"}, "HACKTUNE_S3_BUCKET must be a bucket's name"),
        ({"HACKTUNE_S3_SECRET_KEY": "short"}, "HACKTUNE_S3_SECRET_KEY must be the secret of a real key"),
        ({"HACKTUNE_S3_SECRET_KEY": "x" * 40}, "HACKTUNE_S3_SECRET_KEY must be the secret of a real key"),
        ({"HACKTUNE_S3_SECRET_KEY": "change-me-0123456789-abcdef"}, "HACKTUNE_S3_SECRET_KEY must be the secret of a"),
        (LABELS | {"HACKTUNE_S3_LABELS_BUCKET": ""}, "needs HACKTUNE_S3_LABELS_BUCKET, too"),
        (LABELS | {"HACKTUNE_S3_LABELS_BUCKET": "hacktune"}, "HACKTUNE_S3_LABELS_BUCKET must not be"),
        (LABELS | {"HACKTUNE_S3_LABELS_ACCESS_KEY": S3["HACKTUNE_S3_ACCESS_KEY"]}, "LABELS_ACCESS_KEY must not be"),
    ],
)
def test_a_partial_or_bad_store_is_refused(changes: dict[str, str], complaint: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=re.escape(complaint)) as caught:
        file_storages(_Environment(S3 | changes), role="manage", data_dir=Path("data"))
    assert S3["HACKTUNE_S3_SECRET_KEY"] not in str(caught.value)


def test_a_bad_store_stops_the_start(tmp_path: Path) -> None:
    done = _check_deploy(tmp_path, **S3 | {"HACKTUNE_S3_SECRET_KEY": ""})
    assert done.returncode != 0
    assert "HACKTUNE_S3_SECRET_KEY" in done.stderr


class _Environment(environ.Env):
    def __init__(self, values: dict[str, str]) -> None:
        super().__init__()
        self.ENVIRON = values
