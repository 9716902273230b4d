"""`python -m bench.pages`: every list and page of a member, an organizer and the admin, in a small and a large event.

A PostgreSQL of its own holds two databases that differ in one thing: the event of the second has ten times the teams
and the submissions (1,000 teams and 20,000 submissions against 10,000 and 200,000; `--teams` makes both smaller). The
two take turns, page by page. Printed for each page: queries, milliseconds of both (Django's test client: middleware,
view, template, database; the median of six) and their ratio (target: 1.2). They are processor time, of the site's
process and of the one that serves it in PostgreSQL, which whatever else the machine does hardly changes.

A "*" marks a ratio above the target; a "+" one of a page that is not full in the small event, and so shows more in the
large one. What is kept for some seconds (counts, the dashboard's figures) is warm, as it is for all but one reader in
30 s; pages marked "anew" are asked with an empty cache. `--explain large` prints the plan of each page's slowest query.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from .addresses import Page, admin_choices, pages

TARGET_RATIO = 1.2
METRICS_TOKEN = "bench-0123456789-0123456789-0123456789"  # noqa: S105  # of this run alone
ROUNDS, TURNS, MOST_SECONDS = 3, 2, 1.0
"""A page is asked so often in each database, unless that takes longer."""


@dataclass
class Timing:
    """Of one page in one database: seconds of each request, and the last request's queries."""

    seconds: list[float] = field(default_factory=list)
    queries: list[tuple[float, str]] = field(default_factory=list)
    """(seconds, SQL)"""
    rows: int = 0
    """Of all tables on the page."""

    @property
    def milliseconds(self) -> float:
        return median(self.seconds) * 1000


@dataclass(frozen=True)
class Figures:
    """What is printed of a page."""

    page: str
    queries: int
    small_ms: float
    large_ms: float
    ratio: float
    slowest_query_ms: float
    """In the large database, by the clock on the wall."""
    small_rows: int
    large_rows: int

    @classmethod
    def of(cls, page: Page, timings: dict[str, Timing]) -> Figures:
        small, large = timings["small"].milliseconds, timings["large"].milliseconds
        queries = timings["large"].queries
        slowest = max((seconds for seconds, _sql in queries), default=0.0)
        return cls(
            page.name,
            len(queries),
            small,
            large,
            large / small,
            slowest * 1000,
            *(one.rows for one in timings.values()),
        )

    @property
    def is_of_the_same(self) -> bool:
        """Do both list as much? In the small event some pages are not full: what they show takes time as well."""
        return self.large_rows <= 1.1 * self.small_rows

    def line(self) -> str:
        mark = " " if self.ratio <= TARGET_RATIO else "*" if self.is_of_the_same else "+"
        return f"{self.queries:7} {self.small_ms:10.1f} {self.large_ms:10.1f} {self.ratio:6.2f}{mark} {self.page}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--teams", type=int, default=10_000, help="of the large event; the small one has a tenth")
    parser.add_argument("--only", default="", help="pages whose line holds this text")
    parser.add_argument(
        "--explain", choices=["small", "large"], help="with the plan of each page's slowest query there"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a page")
    options, _others = parser.parse_known_args(arguments)
    from tests.servers import postgres_server

    with postgres_server() as url:
        os.environ.update(
            DATABASE_URL=url,
            DJANGO_SETTINGS_MODULE="tests.settings",
            HACKTUNE_LOG_LEVEL="ERROR",
            HACKTUNE_METRICS_TOKEN=METRICS_TOKEN,
        )
        import django

        django.setup()
        databases = make_databases({"small": options.teams // 10, "large": options.teams})
        measure(databases, options)
    return 0


def make_databases(teams: dict[str, int]) -> dict[str, dict[str, Any]]:
    """By name: what to ask for there. Both begin as copies of one migrated database."""
    from django.core.management import call_command
    from django.db import connection

    from .event import fill

    with connection.cursor() as cursor:
        cursor.execute("ALTER SYSTEM SET max_parallel_workers_per_gather = 0")  # their time would not be counted
        cursor.execute("SELECT pg_reload_conf()")
    call_command("migrate", verbosity=0)
    template = connection.settings_dict["NAME"]
    found = {}
    for name, count in teams.items():
        use_database("template1")
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        use_database(name)
        began = time.monotonic()
        found[name] = fill(count) | {"choices": admin_choices()}
        print(f"{name}: {count:,} teams, {20 * count:,} submissions in {time.monotonic() - began:.0f} s", flush=True)
    return found


def use_database(name: str) -> None:
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = name


def measure(databases: dict[str, dict[str, Any]], options: argparse.Namespace) -> None:
    lists: dict[str, list[Figures]] = {}
    if not options.json:
        print(f"{'queries':>7} {'small, ms':>10} {'large, ms':>10} {'ratio':>6}  page")
    for page in [page for page in pages(databases["small"]["choices"]) if options.only in page.name]:
        timings = {name: Timing() for name in databases}
        for _round in range(ROUNDS):
            for name, facts in databases.items():
                if sum(timings[name].seconds) < MOST_SECONDS:
                    use_database(name)
                    ask(page, facts, timings[name])
        figures = Figures.of(page, timings)
        lists.setdefault(page.name.partition("?")[0].removesuffix(" (anew)"), []).append(figures)
        print(json.dumps(asdict(figures)) if options.json else figures.line(), flush=True)
        if options.explain:
            use_database(options.explain)
            explain(max(timings[options.explain].queries))
    if not options.json:
        print_summary(lists)


def print_summary(lists: dict[str, list[Figures]]) -> None:
    """A line of Markdown for each path, over all its addresses."""
    print("\n| who, path | addresses | queries | small, ms | large, ms | worst ratio |\n|---|--:|--:|--:|--:|--:|")
    for name, found in lists.items():
        who, path = name.split(maxsplit=1)
        small, large = (median(getattr(one, side) for one in found) for side in ("small_ms", "large_ms"))
        queries, worst = (
            max(one.queries for one in found),
            max((one.ratio for one in found if one.is_of_the_same), default=0.0),
        )
        print(f"| {who} `{path}` | {len(found)} | {queries} | {small:.0f} | {large:.0f} | {worst:.2f} |")


def ask(page: Page, facts: dict[str, Any], timing: Timing) -> None:
    """One round: once to fill the cache, then the timed turns. Raises RuntimeError where the page does not answer."""
    from django.core.cache import cache
    from django.test import Client

    client = Client(headers={"Authorization": f"Bearer {METRICS_TOKEN}"} if page.who == "scraper" else None)
    if page.who in facts["people"]:
        client.force_login(facts["people"][page.who])
    path = facts["choices"].get(page.path) or page.path.format(**facts["names"])
    cache.clear()
    one_request(client, path)
    for _turn in range(TURNS):
        if page.anew:
            cache.clear()
        seconds, timing.queries, timing.rows, status = one_request(client, path)
        if status != 200:
            raise RuntimeError(f"{path} answered {status}")
        timing.seconds.append(seconds)


def one_request(client: Any, path: str) -> tuple[float, list[tuple[float, str]], int, int]:
    """Seconds, queries, rows and status."""
    from django.db import connection

    queries: list[tuple[float, str]] = []
    with connection.execute_wrapper(recorder(queries)):
        connection.ensure_connection()
        began = processor_seconds(connection)
        response = client.get(path)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        return processor_seconds(connection) - began, queries, content.count(b"<tr"), response.status_code


def processor_seconds(connection: Any) -> float:
    """So far, of this process and of the database's that serves it; where Linux does not tell, the time of the day."""
    served_by = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    if not served_by.exists():
        return time.perf_counter()
    return time.process_time() + int(served_by.read_text().split()[0]) / 1e9


def recorder(queries: list[tuple[float, str]]) -> Callable[..., Any]:
    def record(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            seconds = time.perf_counter() - began
            queries.append((seconds, context["cursor"].cursor.mogrify(sql, params).decode()))

    return record


def explain(query: tuple[float, str]) -> None:
    from django.db import connection

    seconds, sql = query
    print(f"    {seconds * 1000:.1f} ms: {sql[:3000]}")
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}")
        for (line,) in cursor.fetchall():
            print(f"      {line[:220]}")


if __name__ == "__main__":
    sys.exit(main())
