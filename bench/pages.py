"""`python -m bench.pages`: every list and page of a member, an organizer and the admin, in a small and a large event.

A PostgreSQL of its own holds two databases that differ in one thing: the event of the second has ten times the teams
and the submissions (1,000 teams and 20,000 submissions against 10,000 and 200,000; `--teams` makes both smaller). The
two take turns, page by page. Printed for each page: queries, milliseconds of both (Django's test client: middleware,
view, template, database; the best of ten) and their ratio (target: 1.2). They are processor time, of the site's process
and of the one that serves it in PostgreSQL, which whatever else the machine does hardly changes.

What is kept for some seconds (counts, the dashboard's figures) is warm, as it is for all but one reader in 30 s; pages
marked "anew" are asked with an empty cache. `--explain large` prints the plan of each page's slowest query there.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TARGET_RATIO = 1.2
METRICS_TOKEN = "bench-0123456789-0123456789-0123456789"  # noqa: S105  # of this run alone
ROUNDS, TURNS, MOST_SECONDS = 5, 2, 2.0
"""A page is asked so often in each database, unless that takes longer."""


@dataclass(frozen=True)
class Page:
    """Who asks for what; `anew` with an empty cache."""

    who: str
    path: str
    anew: bool = False

    @property
    def name(self) -> str:
        return f"{self.who:10} {self.path}{' (anew)' if self.anew else ''}"


@dataclass
class Timing:
    """Of one page in one database: seconds of each request, and the last request's queries."""

    seconds: list[float] = field(default_factory=list)
    queries: list[tuple[float, str]] = field(default_factory=list)
    """(seconds, SQL)"""

    @property
    def milliseconds(self) -> float:
        return min(self.seconds) * 1000


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
    if not options.json:
        print(f"{'queries':>7} {'small, ms':>10} {'large, ms':>10} {'ratio':>6}  page")
    for page in [page for page in pages(databases["small"]["choices"]) if options.only in page.name]:
        timings = {name: Timing() for name in databases}
        for _round in range(ROUNDS):
            for name, facts in databases.items():
                if sum(timings[name].seconds) < MOST_SECONDS:
                    use_database(name)
                    ask(page, facts, timings[name])
        print_line(page, timings, as_json=options.json)
        if options.explain:
            use_database(options.explain)
            explain(max(timings[options.explain].queries))


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
        seconds, timing.queries, status = one_request(client, path)
        if status != 200:
            raise RuntimeError(f"{path} answered {status}")
        timing.seconds.append(seconds)


def one_request(client: Any, path: str) -> tuple[float, list[tuple[float, str]], int]:
    from django.db import connection

    queries: list[tuple[float, str]] = []
    with connection.execute_wrapper(recorder(queries)):
        connection.ensure_connection()
        began = processor_seconds(connection)
        response = client.get(path)
        if response.streaming:
            for _part in response.streaming_content:
                pass
        return processor_seconds(connection) - began, queries, response.status_code


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


def print_line(page: Page, timings: dict[str, Timing], *, as_json: bool) -> None:
    small, large = timings["small"].milliseconds, timings["large"].milliseconds
    slowest = max(seconds for seconds, _sql in timings["large"].queries) * 1000 if timings["large"].queries else 0.0
    if as_json:
        figures = {"page": page.name, "small_ms": small, "large_ms": large, "ratio": large / small}
        print(json.dumps(figures | {"queries": len(timings["large"].queries), "slowest_query_ms": slowest}), flush=True)
        return
    mark = " " if large <= TARGET_RATIO * small else "*"
    count = len(timings["large"].queries)
    print(f"{count:7} {small:10.1f} {large:10.1f} {large / small:6.2f}{mark} {page.name}", flush=True)


def explain(query: tuple[float, str]) -> None:
    from django.db import connection

    seconds, sql = query
    print(f"    {seconds * 1000:.1f} ms: {sql[:3000]}")
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}")
        for (line,) in cursor.fetchall():
            print(f"      {line[:220]}")


# --- what is asked for ------------------------------------------------------------------------------------------------


def pages(choices: Collection[str]) -> Iterator[Page]:
    yield from people_pages()
    yield from api_lists()
    yield from admin_lists(choices)


def people_pages() -> Iterator[Page]:
    common = ["/", "/h/{h}/", "/c/{c}/", "/t/{team}/", "/s/{s}/"]
    lists = [f"/submissions/{query}" for query in LIST_QUERIES]
    for who in ("member", "organizer"):
        yield from (Page(who, path) for path in [*common, *lists])
    yield from (Page("organizer", f"/submissions/?{query}page={{last_50}}") for query in ("", "hackathon={h}&"))
    yield Page("member", "/c/{c}/submit/")
    yield from (Page("anonymous", path) for path in ("/", "/h/{h}/", "/c/{c}/"))
    for who in ("bystander", "host"):
        yield from (Page(who, path) for path in ("/", "/submissions/", "/api/submissions/"))
    yield Page("organizer", "/submissions/", anew=True)
    yield Page("organizer", "/h/{h}/dashboard/")
    yield Page("organizer", "/h/{h}/dashboard/", anew=True)
    yield Page("host", "/h/{side}/dashboard/")
    yield Page("organizer", "/workers/")
    yield Page("admin", "/workers/")
    yield Page("scraper", "/metrics")


LIST_QUERIES = (
    "",
    "?state=succeeded",
    "?state=failed",
    "?state=queued",
    "?state=quarantined",
    "?state=withdrawn",
    "?tag=sweep",
    "?tag=rare",
    "?challenge={c}",
    "?challenge={c}&state=failed&tag=sweep",
)


def api_lists() -> Iterator[Page]:
    for who in ("member", "organizer"):
        for query in ("", "?ordering=received_at", "?state=failed", "?state=withdrawn", "?tag=sweep",
                      "?phase={phase}", "?team={team}", "?challenge={c}"):  # fmt: skip
            yield Page(who, f"/api/submissions/{query}")
        yield Page(who, "/api/submissions/{s}/")
        yield Page(who, "/api/hackathons/{h}/teams/")
        yield Page(who, "/api/hackathons/{h}/teams/?page={last_team}")
        yield from (Page(who, f"/api/{name}/") for name in ("me", "hackathons", "challenges", "hackathons/{h}"))
        yield Page(who, "/api/teams/{team}/")
    yield Page("organizer", "/api/submissions/?page={last}")


def admin_lists(choices: Collection[str]) -> Iterator[Page]:
    """Each list: as it opens, a late page, two searches, each order, each choice of each filter, each step to a day;
    each field that looks for a row; pages of a row."""
    from django.contrib import admin

    yield Page("admin", "/admin/")
    yield Page("admin", "/admin/", anew=True)
    for model, shown in admin.site._registry.items():
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        yield from (Page("admin", path, anew=anew) for anew in (False, True))
        yield Page("admin", f"{path}?p={{{model._meta.model_name}_late}}")
        yield from (Page("admin", f"{path}?{query}") for query in [*searches(shown), *orders(shown), *days(shown)])
        yield from (Page("admin", choice) for choice in choices if choice.startswith(path))
        for name in shown.autocomplete_fields:
            asked = f"app_label={model._meta.app_label}&model_name={model._meta.model_name}&field_name={name}"
            yield from (Page("admin", f"/admin/autocomplete/?{asked}&term={term}") for term in ("", "7", "team+77"))
    yield Page("admin", "/admin/submissions/submission/{s}/change/")
    yield Page("admin", "/admin/submissions/job/{job}/change/")
    yield Page("admin", "/admin/teams/team/{team}/change/")
    yield Page("admin", "/admin/hackathon/hackathon/{h_id}/change/")
    yield Page("admin", "/admin/hackathon/user/{user}/change/")


def searches(shown: Any) -> list[str]:
    """For one team, person or job, for what nothing is called, for what everything is."""
    terms = (
        ("side+team+7", "side+person+7", "{job}", "zzz", "7", "team", "example")
        if shown.get_search_fields(None)
        else ()
    )
    return [f"q={term}" for term in terms]


def orders(shown: Any) -> list[str]:
    """By each column that sorts, where that is said; both ways."""
    columns = [str(name) for name in shown.list_display]
    return [f"o={sign}{columns.index(name) + 1}" for name in shown.sortable_by or () for sign in ("", "-")]


def days(shown: Any) -> list[str]:
    steps = [f"{shown.date_hierarchy}__{step}={{{step}}}" for step in ("year", "month", "day")]
    return ["&".join(steps[:count]) for count in (1, 2, 3)] if shown.date_hierarchy else []


def admin_choices() -> dict[str, str]:
    """Of each filter of the admin: a name that is the same in every database, and the address in this one."""
    from django.contrib import admin
    from django.test import RequestFactory

    from hackathon.models import User

    request = RequestFactory().get("/")
    request.user = User.objects.get(is_superuser=True)
    found = {}
    for model, shown in admin.site._registry.items():
        listed = shown.get_changelist_instance(request)
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for spec in listed.filter_specs:
            for place, choice in list(enumerate(spec.choices(listed)))[1:]:
                found[f"{path}?{spec.expected_parameters()[0]} #{place}"] = path + choice["query_string"]
    return found


if __name__ == "__main__":
    sys.exit(main())
