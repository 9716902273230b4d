"""What `bench.pages` asks for: every list and page of a member, an organizer and the admin."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Page:
    """Who asks for what; `anew` with an empty cache."""

    who: str
    path: str
    anew: bool = False

    @property
    def name(self) -> str:
        return f"{self.who:10} {self.path}{' (anew)' if self.anew else ''}"


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
    "?team={team}&ordering=-score",
    "?team={team}&ordering=-validation.accuracy&columns=validation.accuracy&columns=training.learning_rate",
    "?ordering=training.learning_rate&columns=training.learning_rate",
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
            yield from (Page("admin", f"/admin/autocomplete/?{asked}&term={term}") for term in ("", "b", "team+77"))
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
