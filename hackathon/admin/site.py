"""The admin's front page, grouped by the organizer's job, with what needs somebody's attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hackathon.models import Hackathon
from hackathon.visibility import hackathons_visible_to


@dataclass(frozen=True)
class Group:
    """A job of the organizer: the lists it needs, apps named by string since this room is below them."""

    slug: str
    name: str | Promise
    help: str | Promise
    models: tuple[str, ...]


GROUPS = (
    Group(
        "plan",
        _("Plan the event"),
        _("What teams will work on: create the hackathon, import challenges, set their phases, allow models."),
        (
            "hackathon.Hackathon",
            "hackathon.Challenge",
            "hackathon.Phase",
            "hackathon.ChallengeData",
            "hackathon.BaseModel",
        ),
    ),
    Group(
        "people",
        _("People"),
        _("Participants with their roles and organizations; who may use this admin."),
        (
            "hackathon.User",
            "hackathon.Participation",
            "hackathon.Organization",
            "hackathon.ApiToken",
            "auth.Group",
            "account.EmailAddress",
            "mfa.Authenticator",
        ),
    ),
    Group(
        "teams",
        _("Teams"),
        _("Add people to teams, move and remove them; see invitations."),
        ("teams.Team", "teams.Membership", "teams.Invitation"),
    ),
    Group(
        "run",
        _("Run"),
        _("Submissions and their state; quarantined jobs; worker nodes."),
        (
            "submissions.Submission",
            "submissions.Withdrawal",
            "submissions.Tag",
            "submissions.Job",
            "submissions.JobEvent",
            "submissions.Node",
            "submissions.Loss",
            "submissions.EnrolmentToken",
            "submissions.Quota",
            "submissions.Artifact",
            "submissions.ProgressChunk",
            "submissions.IdempotencyKey",
            "hackathon.OutgoingMail",
            "hackathon.Heartbeat",
        ),
    ),
    Group(
        "results",
        _("Results"),
        _("Scores, leaderboard entries and baselines. A leaderboard is frozen and released at its phase."),
        ("evaluation.Result", "evaluation.LeaderboardEntry", "evaluation.Reference"),
    ),
)
OTHER = Group("other", _("More"), "", ())
RECENT = 5


class GroupedSite(AdminSite):
    site_header = site_title = "Hacktune"
    index_title = _("Administration")
    index_template = "hackathon/admin/index.html"

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """By the site's own page: second factor and rate limits."""
        answer: HttpResponse = secure_admin_login(super().login)(request, extra_context)
        return answer

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """One entry per group (nothing that the person may not see); an app's own page stays as Django has it."""
        apps = super().get_app_list(request, app_label)
        if app_label is not None:
            return apps
        by_label = {row["model"]._meta.label: row for app in apps for row in app["models"]}
        known = {label for group in GROUPS for label in group.models}
        rest = [row for label, row in by_label.items() if label not in known]
        groups = [(group, [by_label[label] for label in group.models if label in by_label]) for group in GROUPS]
        return [self._entry(group, rows) for group, rows in [*groups, (OTHER, rest)] if rows]

    def _entry(self, group: Group, rows: list[Any]) -> dict[str, Any]:
        return {
            "name": group.name,
            "help": group.help,
            "app_label": group.slug,
            "app_url": f"{reverse('admin:index', current_app=self.name)}#{group.slug}",
            "has_module_perms": True,
            "models": rows,
        }

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        extra = {"attention": self._attention(request), "events": self._events(request)}
        return super().index(request, {**extra, **(extra_context or {})})

    def _attention(self, request: HttpRequest) -> list[dict[str, Any]]:
        """What the lists themselves say needs somebody; a list that the person may not see says nothing."""
        found = []
        for model, page in self._registry.items():
            notices = getattr(page, "attention", None)
            if notices is None or not page.has_view_permission(request):
                continue
            meta = model._meta
            url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist", current_app=self.name)
            found += [{"text": one.text, "count": one.count, "url": f"{url}?{one.query}"} for one in notices(request)]
        return found

    def _events(self, request: HttpRequest) -> list[Hackathon]:
        return list(hackathons_visible_to(request.user).order_by("-starts_at")[:RECENT])
