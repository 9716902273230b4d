"""Forms of what organizers edit in the admin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from allauth.account.models import EmailAddress
from django import forms
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, UserChangeForm
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from hackathon.accounts.mailbox import email_key
from hackathon.accounts.tokens import revoke_all_tokens
from hackathon.bundles.challenge import limit_problems
from hackathon.models import Challenge, Hackathon, Organization, User
from hackathon.models.mailbox import spelled
from hackathon.services.limits import enabled_models, limit_misfits
from training_worker.contract.limits import ChallengeLimits
from training_worker.contract.tasks import TASKS
from training_worker.contract.text import name_key

if TYPE_CHECKING:  # generic for the type checker alone
    HackathonModelForm = forms.ModelForm[Hackathon]
    ChallengeModelForm = forms.ModelForm[Challenge]
    PersonModelForm = forms.ModelForm[User]
    OrganizationModelForm = forms.ModelForm[Organization]
    AddressModelForm = forms.ModelForm[EmailAddress]
else:
    HackathonModelForm = ChallengeModelForm = PersonModelForm = forms.ModelForm
    OrganizationModelForm = AddressModelForm = forms.ModelForm


class OrganizationForm(OrganizationModelForm):
    """Refuses a name that another organization has in any spelling."""

    class Meta:
        model = Organization
        fields = ("name", "kind")

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if Organization.objects.filter(name_key=name_key(name)).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("An organization with this name already exists."), code="name_taken")
        return name


class OneMailbox(PersonModelForm):
    """Refuses an address that belongs to another account in any spelling."""

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"])
        if User.objects.filter(email_key=email_key(email)).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("An account with this e-mail address already exists."), code="duplicate")
        return email


class AddressForm(AddressModelForm):
    class Meta:
        model = EmailAddress
        fields = "__all__"

    def clean_email(self) -> str:
        return spelled(self.cleaned_data["email"])


class PersonForm(OneMailbox, UserChangeForm):  # type: ignore[type-arg]  # generic for the type checker alone
    class Meta:
        model = User
        fields = "__all__"


class PersonAddForm(OneMailbox, AdminUserCreationForm):  # type: ignore[type-arg]  # as above
    class Meta:
        model = User
        fields = ("email", "name", "organization")


class PersonPasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]  # as above
    """An operator sets a password where its owner lost it: as after a reset, no API token outlives the old one."""

    @transaction.atomic
    def save(self, commit: bool = True) -> User:
        user: User = super().save(commit)
        revoke_all_tokens(user=user)
        return user


class HackathonForm(HackathonModelForm):
    class Meta:
        model = Hackathon
        fields = "__all__"

    def clean_time_zone(self) -> str:
        name = str(self.cleaned_data["time_zone"])
        if name not in available_timezones():
            raise forms.ValidationError(
                _("There is no such time zone; an example: Europe/Berlin."), code="unknown_zone"
            )
        return name


class ChallengeForm(ChallengeModelForm):
    """Limits and metric are checked as the contract reads them: a broken value never reaches a submit."""

    class Meta:
        model = Challenge
        fields = "__all__"

    def clean_limits(self) -> Any:
        try:
            limits = ChallengeLimits.model_validate_json(json.dumps(self.cleaned_data["limits"]))
        except ValidationError as error:
            raise forms.ValidationError(
                [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False)]
            ) from None
        if found := limit_problems(limits):
            raise forms.ValidationError(found)
        return limits.model_dump(mode="json")

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        values = cleaned or {}
        task = values.get("task") or self.instance.task  # with data it is fixed, and no field of the form
        if task in TASKS and "limits" in values:
            limits = ChallengeLimits.model_validate_json(json.dumps(values["limits"]))
            for path, message in limit_misfits(TASKS[task], limits, enabled_models()):
                self.add_error("limits", f"{path[0]}: {message}")
        metric = values.get("primary_metric")
        if task in TASKS and metric and metric not in TASKS[task].metrics:
            allowed = ", ".join(TASKS[task].metrics)
            self.add_error("primary_metric", _("This task is scored by: %(metrics)s.") % {"metrics": allowed})
        return cleaned
