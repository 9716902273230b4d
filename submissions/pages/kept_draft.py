"""What somebody sent whose session had ended, kept in the new session until they are logged in again.

Nothing is submitted by itself: the form comes back with it, checked.
"""

from __future__ import annotations

from django.http import HttpRequest

SESSION_KEY = "kept_draft"
MAX_CHARACTERS = 20_000
"""Above what any config that is accepted needs; a stranger's session holds no more."""
_BUTTONS = {"submit", "preview", "csrfmiddlewaretoken"}


def keep_draft(request: HttpRequest, slug: str) -> bool:
    """Keep what was posted for a challenge instead of what was kept before; False where it is too long."""
    posted = {name: value for name, value in request.POST.items() if name not in _BUTTONS}
    if sum(len(name) + len(str(value)) for name, value in posted.items()) > MAX_CHARACTERS:
        return False
    request.session[SESSION_KEY] = {"challenge": slug, "posted": posted}
    return True


def kept_draft(request: HttpRequest, slug: str) -> dict[str, str] | None:
    kept = request.session.get(SESSION_KEY)
    return kept["posted"] if kept and kept["challenge"] == slug else None


def forget_draft(request: HttpRequest) -> None:
    request.session.pop(SESSION_KEY, None)
