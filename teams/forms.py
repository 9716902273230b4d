"""Forms of the team pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from hackathon.models import Organization
from hackathon.models.mailbox import MailboxInput
from hackathon.models.name import NameInput

from .models import Team


class TeamForm(forms.Form):
    name = NameInput(
        label=_("Name of the team"),
        max_length=Team._meta.get_field("name").max_length,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )


class OrganizationForm(forms.Form):
    """Whom a person stands for in one hackathon. Valid, `name` is the organization's, or "" for who is on their own."""

    stands_for = forms.ChoiceField(
        label=_("You take part"),
        choices=[("organization", _("for an organization")), ("alone", _("on my own"))],
        widget=forms.RadioSelect,
    )
    organization = NameInput(
        label=_("Name of the organization"),
        max_length=Organization._meta.get_field("name").max_length,
        required=False,
        help_text=_("A university, a company, a club."),
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )

    @classmethod
    def of(cls, organization: Organization | None, data: Any, *, is_known: bool) -> OrganizationForm:
        """Filled in with what is known: without an organization one is on one's own, or has yet to say so."""
        stands_for = "organization" if organization else "alone" if is_known else ""
        return cls(data, initial={"stands_for": stands_for, "organization": organization or ""})

    @property
    def name(self) -> str:
        alone = self.cleaned_data["stands_for"] == "alone"
        return "" if alone else self.cleaned_data["organization"]

    def clean(self) -> None:
        if self.cleaned_data.get("stands_for") == "organization" and not self.data.get("organization", "").strip():
            self.add_error("organization", ValidationError(_("Name the organization."), code="required"))


class InvitationForm(forms.Form):
    email = MailboxInput(
        label=_("E-mail address (optional)"),
        help_text=_(
            "The link is e-mailed to this address, and only its account can use it. "
            "Leave it empty for a link that anyone can use."
        ),
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
