"""Pages that refresh themselves: same view, same template, a fragment when htmx asks.

A poll carries the version it has: 204 leaves the page alone, 286 swaps once more and ends the polling.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

STOP_POLLING = 286


def is_poll(request: HttpRequest) -> bool:
    """Whoever asks answers a poll otherwise than a browser: the answer's `Vary` says so."""
    request.varies_by_poll = True  # type: ignore[attr-defined]  # read by `hackathon.web.caching`
    return bool(getattr(request, "htmx", False))


def version_of(shown: object) -> str:
    """A digest of what a page shows: of plain values, whose `repr` says all of them."""
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def has_version(request: HttpRequest, version: str) -> bool:
    """Does this poll already show that version?"""
    return is_poll(request) and request.GET.get("version") == version


def unchanged() -> HttpResponse:
    response = HttpResponse(status=204)
    add_never_cache_headers(response)
    return response


def render_live(
    request: HttpRequest, page: str, fragment: str, context: dict[str, Any], *, version: str, is_final: bool
) -> HttpResponse:
    """The page, or its fragment for a poll. Both are given `version` and `is_final`; `version` tells nothing else."""
    polled = is_poll(request)
    context = context | {"version": version, "is_final": is_final}
    status = STOP_POLLING if polled and is_final else 200
    response = render(request, fragment if polled else page, context, status=status)
    response["ETag"] = f'W/"{version}"'
    add_never_cache_headers(response)
    return response
