"""`make demo`: seed a hackathon, run it with real processes, have three teams' configs trained and scored."""

from __future__ import annotations

import os
import signal
import sys
import time
from types import FrameType

from hackathon.serving.supervisor import DataFolderBusy, Supervisor, SupervisorError, port_is_free
from hackathon.serving.valkey import ValkeyMissing

from .client import ApiError
from .demo import Demo
from .options import HOST, Options, OptionsInvalid, read_options
from .processes import STOP_ORDER, Processes, reset

INTERRUPTED = 130


class Stop(BaseException):
    """Ctrl-C, SIGTERM or SIGHUP: end everything in good order."""


def _stop(_number: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the end is under way, and each process gets its time
    raise Stop


def main() -> int:
    started = time.monotonic()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        options = read_options(os.environ)
        if not port_is_free(HOST, options.port):
            raise OptionsInvalid(f"Port {options.port} is in use. Choose another one: make demo PORT={_other(options)}")
        return _run(options, started)
    except (OptionsInvalid, DataFolderBusy, ValkeyMissing) as error:
        print(error, file=sys.stderr)
        return 2
    except (SupervisorError, ApiError) as error:
        print(f"The demo cannot go on: {error}", file=sys.stderr)
        return 1
    except Stop:
        return INTERRUPTED


def _run(options: Options, started: float) -> int:
    with Supervisor(options.data, lock_timeout=5.0) as supervisor:
        if options.is_reset:
            reset(options.data)
        demo = Demo(options, supervisor, Processes(options, os.environ), started)
        try:
            return demo.run()
        except Stop:
            print("\nStopping …", flush=True)
            return INTERRUPTED if options.is_once else 0
        finally:
            supervisor.stop(STOP_ORDER)


def _other(options: Options) -> int:
    """A free port near the wanted one, to suggest."""
    near = range(options.port + 1, min(options.port + 100, 65536))
    return next((port for port in near if port_is_free(HOST, port)), 0)


if __name__ == "__main__":
    sys.exit(main())
