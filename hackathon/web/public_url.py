"""The one way to an absolute address of this site: the one that is configured, whatever a request's Host says."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from django.conf import settings


def public_url(location: str) -> str:
    """`location`, a path or any absolute address, at HACKTUNE_SITE_URL; path, query and fragment stay."""
    parts = urlsplit(location)
    return str(settings.SITE_URL) + urlunsplit(("", "", "/" + parts.path.lstrip("/"), parts.query, parts.fragment))


def public_host() -> str:
    """Name and port that people know this site by."""
    return urlsplit(str(settings.SITE_URL)).netloc
