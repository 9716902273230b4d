"""A long list: every page holds the rows it should, from whichever end they are found; a large count may be old."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hackathon.models import Organization
from hackathon.web.kept import kept, name_of
from hackathon.web.paginator import SteadyPaginator
from tests.factories import OrganizationFactory

pytestmark = pytest.mark.django_db


def names(page: Any) -> list[str]:
    return [row.name for row in page]


def test_pages_follow_one_another() -> None:
    made = [OrganizationFactory(name=f"{n:02}").name for n in range(23)]
    pages = SteadyPaginator(Organization.objects.order_by("-name"), 5)
    assert (pages.count, pages.num_pages) == (23, 5)
    found = [names(pages.page(number)) for number in pages.page_range]
    assert [len(page) for page in found] == [5, 5, 5, 5, 3]
    assert [name for page in found for name in page] == made[::-1]
    assert names(pages.get_page("99")) == found[-1]


def test_an_empty_list_has_one_page() -> None:
    assert names(SteadyPaginator(Organization.objects.all(), 5).page(1)) == []
    assert names(SteadyPaginator(Organization.objects.none(), 5).page(1)) == []


def test_no_page_skips_more_than_half_and_what_is_skipped_are_keys() -> None:
    for _n in range(20):
        OrganizationFactory()
    pages = SteadyPaginator(Organization.objects.order_by("name"), 2)
    for number in pages.page_range:
        with CaptureQueriesContext(connection) as captured:
            pages.page(number)
        keys, rows = [query["sql"] for query in captured][-2:]
        offset = re.search(r"OFFSET (\d+)", keys)
        assert (int(offset[1]) if offset else 0) <= 10
        assert '"hackathon_organization"."name"' not in keys.partition("FROM")[0]
        assert ("LIMIT" in keys, "LIMIT" in rows) == (True, False)


def test_only_a_large_count_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def count() -> int:
        return SteadyPaginator(Organization.objects.order_by("name"), 5).count

    for expected in (0, 1, 2):
        assert count() == expected
        OrganizationFactory()
    monkeypatch.setattr("hackathon.web.paginator.EXACT", 2)
    assert count() == 3
    OrganizationFactory()
    assert count() == 3
    assert SteadyPaginator(Organization.objects.filter(name__gte=""), 5).count == 4
    cache.clear()
    assert count() == 4


def test_rows_that_come_in_front_do_not_move_a_late_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hackathon.web.paginator.EXACT", 0)
    for n in range(10):
        OrganizationFactory(name=f"{n}")
    newest_first = Organization.objects.order_by("-name")
    assert names(SteadyPaginator(newest_first, 3).page(4)) == ["0"]
    OrganizationFactory(name="9a")
    assert names(SteadyPaginator(newest_first, 3).page(4)) == ["0"]
    assert names(SteadyPaginator(newest_first, 3).page(1)) == ["9a", "9", "8"]


def test_viewers_with_other_rows_never_share_an_answer() -> None:
    one, other = Organization.objects.filter(kind="company"), Organization.objects.filter(kind="university")
    assert name_of(one) != name_of(other)
    assert name_of(one) == name_of(one.order_by("-name"))
    assert name_of(one.none()) != name_of(one)


class BrokenCache:
    def get(self, *_arguments: object) -> object:
        raise ConnectionError

    set = get


def test_without_a_cache_everything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hackathon.web.kept.cache", BrokenCache())
    answers = iter("ab")
    assert kept("name", lambda: next(answers)) == "a"
    assert kept("name", lambda: next(answers)) == "b"
