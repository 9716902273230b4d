"""Joining a hackathon, founding a team, its page, inviting and being invited, leaving; what a captain decides."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from hackathon.errors import Conflict
from hackathon.models import User
from hackathon.services.participation import change_organization, join_hackathon, require_registration_open
from hackathon.visibility import hackathons_visible_to, role_in
from hackathon.web.zones import use_event_zone
from training_worker.contract.text import isolated

from .forms import InvitationForm, OrganizationForm, TeamForm
from .selectors import find_invitation, members_of, read_team, team_in, team_pages_of, teams_of
from .services.invitations import (
    accept_invitation,
    create_invitation,
    require_acceptable,
    require_may_accept,
    revoke_invitation,
)
from .services.membership import create_team, hand_over, leave_team, remove_member, require_free

form_page = require_http_methods(["GET", "HEAD", "POST"])


def _person(request: HttpRequest) -> User:
    """Who is logged in: these pages are for nobody else."""
    assert isinstance(request.user, User)
    return request.user


@form_page
@login_required
def hackathon_join(request: HttpRequest, slug: str) -> HttpResponse:
    hackathon = get_object_or_404(hackathons_visible_to(request.user), slug=slug)
    if role_in(request.user, hackathon) is not None:
        return redirect("hackathons:detail", slug=slug)
    user = _person(request)
    require_registration_open(user, hackathon)
    form = OrganizationForm.of(user.organization, request.POST or None, is_known=False)
    if not form.is_valid():
        use_event_zone(request, hackathon)
        return render(request, "teams/hackathon_join.html", {"hackathon": hackathon, "form": form})
    join_hackathon(user=user, hackathon=hackathon, organization=form.name)
    messages.success(request, _("You have joined %(hackathon)s.") % {"hackathon": isolated(hackathon)})
    return redirect("hackathons:detail", slug=slug)


@form_page
@login_required
def organization_change(request: HttpRequest, slug: str) -> HttpResponse:
    """Whom one stands for in this hackathon; the profile has what the next one starts with."""
    hackathon = get_object_or_404(hackathons_visible_to(request.user), slug=slug)
    user = _person(request)
    part = get_object_or_404(hackathon.participations.select_related("organization"), user=user)
    form = OrganizationForm.of(part.organization, request.POST or None, is_known=True)
    if form.is_valid():
        change_organization(user=user, hackathon=hackathon, organization=form.name)
        messages.success(request, _("Saved."))
        team = team_in(user, hackathon)
        return redirect("teams:detail", team_id=team.pk) if team else redirect("hackathons:detail", slug=slug)
    return render(request, "teams/organization_change.html", {"hackathon": hackathon, "form": form})


@form_page
@login_required
def team_create(request: HttpRequest, slug: str) -> HttpResponse:
    hackathon = get_object_or_404(hackathons_visible_to(request.user), slug=slug)
    own = team_in(request.user, hackathon)
    if own is not None:
        return redirect("teams:detail", team_id=own.pk)
    require_free(_person(request), hackathon)
    form = TeamForm(request.POST or None)
    if form.is_valid():
        try:
            team = create_team(user=_person(request), hackathon=hackathon, name=form.cleaned_data["name"])
            return redirect("teams:detail", team_id=team.pk)
        except Conflict as error:
            form.add_error("name", ValidationError(f"{error.message} {error.hint}", code=error.code))
    return render(request, "teams/team_create.html", {"hackathon": hackathon, "form": form})


@never_cache
@form_page
@login_required
def team_detail(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """POST makes an invitation. Its link is in this answer and nowhere else: what is kept of it is a hash."""
    team = get_object_or_404(team_pages_of(request.user), pk=team_id)
    use_event_zone(request, team.hackathon)
    user, link = _person(request), ""
    form = InvitationForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        _row, link = create_invitation(team=team, user=user, email=form.cleaned_data["email"])
        form = InvitationForm()
    return render(request, "teams/team_detail.html", {"page": read_team(user, team), "form": form, "link": link})


@require_POST
@login_required
def invitation_revoke(request: HttpRequest, team_id: UUID, invitation_id: UUID) -> HttpResponse:
    team = get_object_or_404(team_pages_of(request.user), pk=team_id)
    invitation = get_object_or_404(team.invitations, pk=invitation_id)
    revoke_invitation(invitation=invitation, user=_person(request))
    messages.success(request, _("The invitation is revoked."))
    return redirect("teams:detail", team_id=team.pk)


@never_cache
@form_page
def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever has the link may read what it is for, and logs in or signs up to accept it."""
    if not request.user.is_authenticated:
        return _invitation_to_whom(request, token)
    user = _person(request)
    invitation = find_invitation(user, token)
    require_may_accept(user=user, invitation=invitation)
    is_new = role_in(user, invitation.team.hackathon) is None
    form = OrganizationForm.of(user.organization, request.POST or None, is_known=False) if is_new else None
    if request.method == "POST" and (form is None or form.is_valid()):
        team = accept_invitation(user=user, token=token, organization=form.name if form else "")
        messages.success(request, _("You are in the team %(team)s.") % {"team": isolated(team)})
        return redirect("teams:detail", team_id=team.pk)
    use_event_zone(request, invitation.team.hackathon)
    return render(request, "teams/invitation_accept.html", {"invitation": invitation, "form": form})


def _invitation_to_whom(request: HttpRequest, token: str) -> HttpResponse:
    if request.method == "POST":
        return redirect_to_login(request.path)
    invitation = find_invitation(request.user, token)
    require_acceptable(invitation=invitation)
    use_event_zone(request, invitation.team.hackathon)
    return render(request, "teams/invitation_accept.html", {"invitation": invitation})


@require_POST
@login_required
def team_leave(request: HttpRequest, team_id: UUID) -> HttpResponse:
    team = get_object_or_404(teams_of(request.user).select_related("hackathon"), pk=team_id)
    leave_team(team=team, user=_person(request))
    messages.success(request, _("You have left the team %(team)s.") % {"team": isolated(team)})
    return redirect("hackathons:detail", slug=team.hackathon.slug)


@require_POST
@login_required
def member_remove(request: HttpRequest, team_id: UUID, membership_id: UUID) -> HttpResponse:
    team = get_object_or_404(team_pages_of(request.user), pk=team_id)
    membership = get_object_or_404(members_of(team), pk=membership_id)
    remove_member(membership=membership, user=_person(request))
    messages.success(request, _("%(person)s is not in the team any more.") % {"person": isolated(membership.user)})
    return redirect("teams:detail", team_id=team.pk)


@require_POST
@login_required
def member_captain(request: HttpRequest, team_id: UUID, membership_id: UUID) -> HttpResponse:
    team = get_object_or_404(team_pages_of(request.user), pk=team_id)
    membership = get_object_or_404(members_of(team), pk=membership_id)
    hand_over(membership=membership, user=_person(request))
    messages.success(request, _("%(person)s is the captain now.") % {"person": isolated(membership.user)})
    return redirect("teams:detail", team_id=team.pk)
