"""`python -m bench` (`make bench`): every benchmark, one after the other."""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = (
    "bench.overhead",
    "bench.claims",
    "bench.pages",
    "bench.dataset",
    "bench.slow_clients",
    "bench.recovery",
    "bench.train",
    "bench.head_jobs",
)


def main() -> int:
    codes = [subprocess.run([sys.executable, "-m", name, *sys.argv[1:]], check=False).returncode for name in BENCHMARKS]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
