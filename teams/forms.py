"""Forms of the team pages."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from hackathon.models.mailbox import MailboxInput
from hackathon.models.name import NameInput

from .models import Team


class TeamForm(forms.Form):
    name = NameInput(
        label=_("Name of the team"),
        max_length=Team._meta.get_field("name").max_length,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )


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
