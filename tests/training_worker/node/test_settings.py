"""Settings, identity and environment of a node."""

from __future__ import annotations

from pathlib import Path

import pytest

from training_worker.node.settings import (
    Identity,
    NodeFolder,
    Settings,
    SettingsError,
    child_environment,
    read_settings,
    temporary_folder,
)

MINIMAL = ["--site", "http://127.0.0.1:8000/", "--broker", "redis://x"]


def test_command_line_wins_over_environment() -> None:
    environment = {"HACKTUNE_SITE_URL": "http://other", "HACKTUNE_NODE_NAME": "gpu 1!", "HACKTUNE_THREADS": "3"}
    settings = read_settings(MINIMAL, environment)
    assert settings.site_url == "http://127.0.0.1:8000"
    assert settings.name == "gpu-1-"
    assert settings.threads == 3
    assert read_settings(["--broker", "redis://x"], environment).site_url == "http://other"


@pytest.mark.parametrize(
    ("arguments", "environment", "complaint"),
    [
        ([], {}, "--site"),
        (["--site", "http://x"], {}, "--broker"),
        (["--site", "file:///x", "--broker", "redis://x"], {}, "--site"),
        (MINIMAL, {"HACKTUNE_THREADS": "0"}, "HACKTUNE_THREADS"),
        (MINIMAL, {"HACKTUNE_IDLE_POLL_SECONDS": "soon"}, "HACKTUNE_IDLE_POLL_SECONDS"),
    ],
)
def test_unusable_settings_say_what_to_do(arguments: list[str], environment: dict[str, str], complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        read_settings(arguments, environment)


def test_identity_is_private_and_belongs_to_one_site(tmp_path: Path) -> None:
    folder = NodeFolder(tmp_path / "data")
    folder.open()
    assert folder.load_identity("http://a") is None
    folder.save_identity(Identity(site_url="http://a", node_id="1", worker_token="secret"))
    assert (tmp_path / "data" / "node.json").stat().st_mode & 0o777 == 0o600
    loaded = folder.load_identity("http://a")
    assert loaded is not None
    assert loaded.worker_token == "secret"
    assert folder.load_identity("http://b") is None
    folder.close()


def test_one_process_per_folder_and_leftovers_go(tmp_path: Path) -> None:
    first = NodeFolder(tmp_path)
    first.open()
    (first.jobs / "old").mkdir()
    second = NodeFolder(tmp_path)
    with pytest.raises(SettingsError, match="Another worker"):
        second.open()
    assert (first.jobs / "old").exists()
    first.close()
    second.open()
    assert not list(second.jobs.iterdir())
    second.close()


def test_environment_is_an_allow_list(tmp_path: Path) -> None:
    settings = Settings(site_url="http://x", broker_url="redis://:pw@x", name="n", data=tmp_path, threads=2)
    secrets = {
        "HACKTUNE_ENROL_TOKEN": "s",
        "AWS_SECRET_ACCESS_KEY": "s",
        "DATABASE_URL": "s",
        "HF_TOKEN": "s",
        "X": "s",
    }
    clean = child_environment(secrets | {"PATH": "/bin", "CUDA_VISIBLE_DEVICES": "1", "LC_ALL": "C.UTF-8"}, settings)
    assert not secrets.keys() & clean.keys()
    assert "s" not in clean.values()
    assert clean["PATH"] == "/bin"
    assert clean["CUDA_VISIBLE_DEVICES"] == "1"
    assert clean["OMP_NUM_THREADS"] == "2"
    assert clean["HF_HUB_OFFLINE"] == "1"


def test_temporary_files_stay_in_the_data_folder_unless_its_path_is_too_long_for_a_socket(tmp_path: Path) -> None:
    short, deep = Path("/srv/node"), tmp_path.joinpath(*["a-rather-long-name"] * 8)
    assert temporary_folder(short) == short / "tmp"
    chosen = temporary_folder(deep)
    assert len(str(chosen)) + 32 <= 107
    assert chosen != temporary_folder(deep.parent)
    folder = NodeFolder(deep)
    folder.open()
    assert chosen.is_dir()
    assert chosen.stat().st_mode & 0o077 == 0
    folder.close()
    chosen.rmdir()
