"""Forms of people's places in teams and hackathons, as organizers fill them in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.utils.translation import gettext_lazy as _

from hackathon.admin.confirm import ReasonForm
from hackathon.enums import Role
from hackathon.errors import DomainError
from hackathon.models import Participation
from teams.models import Membership, Team
from teams.selectors import teams_named
from teams.services.roster import require_may_join, require_role

if TYPE_CHECKING:  # generic for the type checker alone
    TeamModelForm = forms.ModelForm[Team]
    MembershipModelForm = forms.ModelForm[Membership]
    ParticipationModelForm = forms.ModelForm[Participation]
else:
    TeamModelForm = MembershipModelForm = ParticipationModelForm = forms.ModelForm

OVERRIDE = _("Even if the team is full or locked, the hackathon is over, or the person has left a team before")


def _refuse(error: DomainError) -> forms.ValidationError:
    return forms.ValidationError(f"{error.message} {error.hint}".strip(), code=error.code)


class MoveMemberForm(ReasonForm):
    """Where to, and why."""

    team = forms.ModelChoiceField(
        label=_("To the team"),
        queryset=Team.objects.filter(is_reserved=False).select_related("hackathon"),
        widget=AutocompleteSelect(Membership._meta.get_field("team"), admin.site),
    )
    override = forms.BooleanField(label=_("Even if the team is full or locked"), required=False)
    field_order = ("team", "override", "reason")


class MembershipForm(MembershipModelForm):
    """A person for a team. The rules are checked here, and again by the service under its locks."""

    override = forms.BooleanField(label=OVERRIDE, required=False)
    reason = forms.CharField(label=_("Reason"), max_length=300, help_text=_("Kept in the history of each row."))

    class Meta:
        model = Membership
        fields = ("team", "user")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("team") and values.get("user"):
            try:
                require_may_join(values["team"], values["user"], override=bool(values.get("override")))
            except DomainError as error:
                raise _refuse(error) from None
        return values


class ParticipationForm(ParticipationModelForm):
    """A role; nobody leaves a team unnoticed by it."""

    class Meta:
        model = Participation
        fields = ("user", "hackathon", "role", "organization")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        row = self.instance
        stored = {} if row._state.adding else {"user": row.user, "hackathon": row.hackathon}
        who = {name: values.get(name) or stored.get(name) for name in ("user", "hackathon")}
        if values.get("role") and all(who.values()):
            part = Participation(**who)
            try:
                require_role(part, Role(values["role"]))
            except DomainError as error:
                raise _refuse(error) from None
        return values


class TeamAdminForm(TeamModelForm):
    class Meta:
        model = Team
        fields = ("hackathon", "name", "is_reserved", "is_locked")

    def clean(self) -> dict[str, Any]:
        """One name in any spelling, as `create_team` has it."""
        values = super().clean() or {}
        hackathon = values.get("hackathon") or getattr(self.instance, "hackathon", None)
        name = values.get("name")
        if name and hackathon and teams_named(name, hackathon).exclude(pk=self.instance.pk).exists():
            self.add_error("name", forms.ValidationError(_("A team with this name already exists."), code="name_taken"))
        return values
