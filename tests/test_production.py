"""The production shape, as far as it can be proved without a container engine.

The compose file says what the tests run, an image holds what its role needs and nothing of the other, no secret has a
default.
"""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from hackathon.serving import healthcheck, programs
from tests.production import production, run_python
from tests.stack import REPOSITORY

COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("prepare", "site", "scorer", "scheduler", "manage", "worker-cpu", "worker-gpu")
DOCKERFILES = {"site": REPOSITORY / "hackathon/Dockerfile", "worker": REPOSITORY / "training_worker/Dockerfile"}
SITE_URL = "${HACKTUNE_SITE_URL:?the public address, such as https://hacktune.example.org}"
SECRETS = ("HACKTUNE_SECRET_KEY", "HACKTUNE_DATABASE_PASSWORD", "HACKTUNE_BROKER_PASSWORD")
S3_SECRETS = ("HACKTUNE_S3_ACCESS_KEY", "HACKTUNE_S3_SECRET_KEY", "HACKTUNE_S3_RPC_SECRET")
S3_LABELS = ("HACKTUNE_S3_LABELS_BUCKET", "HACKTUNE_S3_LABELS_ACCESS_KEY", "HACKTUNE_S3_LABELS_SECRET_KEY")
OPTIONAL_SECRETS = ("HACKTUNE_METRICS_TOKEN", "HACKTUNE_ENROL_TOKEN", *S3_SECRETS, *S3_LABELS[1:])


def volumes_of(service: str) -> list[str]:
    return [volume.split(":")[0] for volume in SERVICES[service].get("volumes", [])]


# --- the compose file ---------------------------------------------------------------------------------------------


def test_the_commands_are_the_ones_that_the_tests_and_the_demo_run() -> None:
    commands = {
        "site": programs.site(host="0.0.0.0", port=8000, nodes_port=8001, workers=2),
        "scorer": programs.scorer(),
        "scheduler": programs.scheduler(),
        "worker-cpu": programs.worker(site_url=SITE_URL, name="${HACKTUNE_NODE_NAME:-cpu-1}", data_dir="/data"),
        "worker-gpu": programs.worker(site_url=SITE_URL, name="${HACKTUNE_NODE_NAME:-gpu-1}", data_dir="/data"),
    }
    for service, (_, *arguments) in commands.items():
        assert SERVICES[service]["command"] == ["python", *arguments], service


def test_no_secret_has_a_default() -> None:
    text = (REPOSITORY / "docker-compose.yml").read_text()
    used = re.findall(r"\$\{(\w+)([^}]*)\}", text)
    assert {name for name, _ in used if re.search("KEY|PASSWORD|TOKEN|SECRET", name)} == {*SECRETS, *OPTIONAL_SECRETS}
    for name, rest in used:
        if name in SECRETS:
            assert re.match(r":\?.", rest), name
        elif name in OPTIONAL_SECRETS:
            assert rest == ":-", name
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("KEY|PASSWORD|TOKEN|SECRET", name):
                assert str(value).startswith("${"), name
    passwords = re.findall(r"\w+://\w*:([^@\n]+)@", text)
    assert passwords
    assert all(password.startswith("${") for password in passwords)


def test_only_scorer_and_operator_have_the_labels() -> None:
    assert {name for name in SERVICES if "labels" in volumes_of(name)} == {"scorer", "manage"}
    assert {name for name in OURS if "files" in volumes_of(name)} == {
        "prepare",
        "site",
        "scorer",
        "scheduler",
        "manage",
    }
    with_key = {name for name in SERVICES if any(key in S3_LABELS for key in SERVICES[name].get("environment", {}))}
    assert with_key == {"scorer", "manage"}
    assert all(SERVICES[name]["environment"].keys() >= {*S3_LABELS} for name in with_key)
    roles = {name: SERVICES[name]["environment"].get("HACKTUNE_ROLE") for name in OURS}
    assert roles == {
        "prepare": "manage",
        "site": "site",
        "scorer": "scorer",
        "scheduler": "site",
        "manage": "manage",
        "worker-cpu": None,
        "worker-gpu": None,
    }
    assert all(
        volume.endswith(":/labels") for s in SERVICES.values() for volume in s.get("volumes", []) if "lab" in volume
    )


def test_a_worker_gets_nothing_of_the_site() -> None:
    for name in ("worker-cpu", "worker-gpu"):
        assert SERVICES[name]["environment"].keys() == {"HACKTUNE_BROKER_URL", "HACKTUNE_ENROL_TOKEN"}
        assert SERVICES[name]["networks"] == ["doorbell"]
        assert volumes_of(name) == [name]
    for name in ("database", "cache"):
        assert SERVICES[name]["networks"] == ["backend"]
        assert "ports" not in SERVICES[name]
    assert "ports" not in SERVICES["broker"]


def test_profiles_health_checks_and_privileges() -> None:
    profiles = {name: SERVICES[name]["profiles"] for name in SERVICES if "profiles" in SERVICES[name]}
    assert profiles == {"worker-cpu": ["cpu"], "worker-gpu": ["gpu"], "manage": ["manage"], "store": ["s3"]}
    for name in ("database", "broker", "cache", "site", "scorer", "scheduler", "store"):
        assert SERVICES[name]["healthcheck"]["test"], name
    for name in (*OURS, "store"):
        assert SERVICES[name]["cap_drop"] == ["ALL"]
        assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]
    for name in OURS:
        if not name.startswith("worker"):
            assert SERVICES[name]["read_only"] is True
    assert SERVICES["site"]["ports"] == [
        "${HACKTUNE_BIND:-127.0.0.1:8000}:8000",
        "${HACKTUNE_NODES_BIND:-127.0.0.1:8001}:8001",
    ]


def test_one_service_builds_the_sites_image_and_the_others_wait_for_it() -> None:
    builds = {name: SERVICES[name]["image"] for name in SERVICES if "build" in SERVICES[name]}
    assert builds == {
        "prepare": "hacktune-site",
        "worker-cpu": "hacktune-worker-cpu",
        "worker-gpu": "hacktune-worker-gpu",
    }
    others = ("site", "scorer", "scheduler", "manage")
    assert {(SERVICES[name]["image"], SERVICES[name]["pull_policy"]) for name in others} == {("hacktune-site", "never")}
    for name in others[:3]:
        assert SERVICES[name]["depends_on"]["prepare"] == {"condition": "service_completed_successfully"}


def test_every_service_has_limits_rotated_logs_and_starts_again() -> None:
    for name, service in SERVICES.items():
        assert service["logging"] == {"driver": "json-file", "options": {"max-size": "10m", "max-file": "5"}}, name
        assert service["restart"] == ("no" if name in ("prepare", "manage") else "unless-stopped"), name
        assert re.fullmatch(r"\d+[mg]|\$\{HACKTUNE_(DATABASE|WORKER)_MEMORY:-\w+\}", service["mem_limit"]), name


def test_ours_end_when_they_stay_unhealthy() -> None:
    longest = healthcheck.TRIES * (healthcheck.TRY_SECONDS + healthcheck.PAUSE_SECONDS) + healthcheck.GRACE_SECONDS
    for name in ("site", "scorer", "scheduler"):
        check = SERVICES[name]["healthcheck"]
        assert check["test"][:5] == ["CMD", "python", "-m", "hackathon.serving.healthcheck", "python"], name
        assert int(check["timeout"].removesuffix("s")) > longest  # else the engine kills the check before it acts
        assert SERVICES[name]["init"] is True


def test_the_bundled_store_serves_s3_alone_with_the_sites_own_key() -> None:
    store, site = SERVICES["store"], SERVICES["site"]["environment"]
    assert (store["image"], store["read_only"]) == ("dxflrs/garage:v2.3.0", True)
    for name in ("BUCKET", "ACCESS_KEY", "SECRET_KEY"):
        assert store["environment"][f"GARAGE_DEFAULT_{name}"] == site[f"HACKTUNE_S3_{name}"]
    assert store["environment"]["GARAGE_RPC_SECRET"] == "${HACKTUNE_S3_RPC_SECRET:-}"  # no start without 64 hex digits
    assert store["ports"] == ["${HACKTUNE_S3_BIND:-127.0.0.1:3900}:3900"]
    [mounted] = store["configs"]
    assert mounted == {"source": "store", "target": "/etc/garage.toml"}
    config = tomllib.loads(COMPOSE["configs"]["store"]["content"])
    assert config["s3_api"] == {"api_bind_addr": "0.0.0.0:3900", "s3_region": "${HACKTUNE_S3_REGION:-us-east-1}"}
    assert config["rpc_bind_addr"].startswith("127.0.0.1:")
    assert {config[name].rpartition("/")[0] for name in ("data_dir", "metadata_dir")} == {"/var/lib/garage"}
    assert store["volumes"] == ["store:/var/lib/garage"]
    assert "admin" not in config


def test_its_variables_are_settings_and_are_documented() -> None:
    settings = (REPOSITORY / "hackathon/settings.py").read_text()
    guide = (REPOSITORY / "docs/operate.md").read_text()
    for name in SERVICES["site"]["environment"]:
        assert name in settings or name == "DJANGO_SETTINGS_MODULE", name
    for name, _ in re.findall(r"\$\{(\w+)([^}]*)\}", (REPOSITORY / "docker-compose.yml").read_text()):
        assert name in guide or name in settings.split('"""')[1], name


# --- the images ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("image", "requirements"), [("site", "site.txt"), ("worker", "worker.txt")])
def test_an_image_installs_its_roles_packages_only(image: str, requirements: str) -> None:
    text = _instructions(DOCKERFILES[image])
    assert set(re.findall(r"requirements/[\w.]+", text)) == {f"requirements/{requirements}"}
    installs = re.findall(r"pip install (.*?)(?= && |\n|$)", text)
    torch = "${PIP_TORCH_ARGS} \"$(sed -n 's/^\\(torch==[^ ]*\\).*/\\1/p' requirements/worker.txt)\""
    expected = [f"--requirement requirements/{requirements}"]
    assert installs == ([torch, *expected] if image == "worker" else expected)
    assert not re.search(r"^ADD |apt-get|curl |wget ", text, re.MULTILINE)


def _instructions(dockerfile: Path) -> str:
    """Without comments, one line an instruction."""
    text = re.sub(r"^#.*\n", "", dockerfile.read_text(), flags=re.MULTILINE)
    return re.sub(r"\s*\\\n\s*", " ", text)


@pytest.mark.parametrize("image", DOCKERFILES)
def test_an_image_runs_unprivileged_and_holds_no_secret(image: str) -> None:
    text = _instructions(DOCKERFILES[image])
    assert re.findall(r"^USER (\w+)$", text, re.MULTILINE) == ["hacktune"]
    assert text.index("\nUSER ") > text.index("RUN pip install")
    assert not re.search("SECRET|PASSWORD|TOKEN|_KEY", text)


def test_the_roles_packages_do_not_overlap_where_it_counts() -> None:
    site, worker = ((REPOSITORY / "requirements" / f"{name}.txt").read_text().lower() for name in ("site", "worker"))
    assert not re.search(r"^(torch|transformers|peft|accelerate|datasets)\b", site, re.MULTILINE)
    assert not re.search(r"^(django|djangorestframework|psycopg2)", worker, re.MULTILINE)


def _copied(image: str, folder: Path) -> Path:
    """What the image would hold under its working directory."""
    ignore = shutil.ignore_patterns("__pycache__", "*.mo")
    for source, target in re.findall(r"^COPY (\S+) (\S+)$", _instructions(DOCKERFILES[image]), re.MULTILINE):
        assert source == target
        (folder / target).parent.mkdir(parents=True, exist_ok=True)
        if (REPOSITORY / source).is_dir():
            shutil.copytree(REPOSITORY / source, folder / target, ignore=ignore)
        else:
            shutil.copy(REPOSITORY / source, folder / target)
    return folder


WITHOUT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names}: raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Absent())
"""


def test_the_sites_files_are_enough_for_it_without_torch(tmp_path: Path) -> None:
    folder = _copied("site", tmp_path / "srv")
    code = WITHOUT.format(names=["torch", "transformers", "peft", "accelerate", "datasets", "safetensors"]) + (
        "import django; django.setup()\n"
        "from django.core.management import call_command; call_command('check')\n"
        "import hackathon.wsgi, hackathon.serving.probe, hackathon.serving.healthcheck\n"
        "from hackathon.celery import app; app.loader.import_default_modules()\n"
        "from celery.signals import worker_init; answers = worker_init.send(sender=None)\n"
        "assert not [answer for _, answer in answers if isinstance(answer, Exception)], answers\n"  # Celery only logs
        "assert 'evaluation.scoring.scorer' in sys.modules\n"
        "assert {'submissions.sweep', 'evaluation.score_pending', 'hackathon.deliver_mail'} <= app.tasks.keys()\n"
    )
    env = production(tmp_path) | {"HACKTUNE_ROLE": "scorer", "DJANGO_SETTINGS_MODULE": "hackathon.settings"}
    done = run_python(folder, code, **env)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_workers_files_are_enough_for_it_without_django(tmp_path: Path) -> None:
    folder = _copied("worker", tmp_path / "srv")
    assert {path.name for path in folder.iterdir()} == {"requirements", "training_worker"}
    code = WITHOUT.format(names=["django", "rest_framework", "psycopg2", "torch"]) + (
        "import runpy; sys.argv[1:] = ['--help']; runpy.run_module('training_worker', run_name='__main__')\n"
    )
    done = run_python(folder, code)
    assert (done.returncode, "GPU node" in done.stdout) == (0, True), done.stderr[-2000:]
