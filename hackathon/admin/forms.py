"""Forms of what organizers edit in the admin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import available_timezones

from allauth.account.models import EmailAddress
from django import forms
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, UserChangeForm
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hackathon.accounts.mailbox import email_key
from hackathon.accounts.tokens import revoke_all_tokens
from hackathon.bundles.yaml import Path
from hackathon.models import Challenge, Hackathon, Organization, User
from hackathon.models.mailbox import spelled
from hackathon.services.phase_window import phases_left_outside
from training_worker.contract.limits import ChallengeLimits
from training_worker.contract.tasks import TASKS
from training_worker.contract.text import name_key

from .limits_form import PREFIX, chosen_limits, initial_limits, model_choices, problems_of_limits

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
        help_texts: ClassVar = {"time_zone": _("Start and end are on its clock; quota days are its days.")}

    def clean_time_zone(self) -> str:
        name = str(self.cleaned_data["time_zone"])
        if name not in available_timezones():
            raise forms.ValidationError(
                _("There is no such time zone; an example: Europe/Berlin."), code="unknown_zone"
            )
        return name

    def _post_clean(self) -> None:
        """No phase is left outside of a window that changes."""
        super()._post_clean()  # type: ignore[misc]  # the stubs do not know it
        if not self.instance._state.adding and not self.errors and {"starts_at", "ends_at"} & set(self.changed_data):
            for field, message in phases_left_outside(self.instance):
                self.add_error(field, message)


class ChallengeForm(ChallengeModelForm):
    """With the fields of `limit_fields`, which are judged as a bundle is: a broken value never reaches a submit."""

    class Meta:
        model = Challenge
        exclude = ("limits",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self.instance.challenge_limits if self.instance.limits else None
        if isinstance(models := self.fields.get(f"{PREFIX}base_models"), forms.MultipleChoiceField):
            models.choices = model_choices(stored)
        if stored is not None:
            self.initial.update(initial_limits(stored))
        if "primary_metric" in self.fields:
            task = TASKS.get(self.instance.task)
            specs = [task] if task is not None and "task" not in self.fields else TASKS.values()
            names = dict.fromkeys(metric for spec in specs for metric in spec.metrics)
            self.fields["primary_metric"] = forms.ChoiceField(
                label=self.fields["primary_metric"].label, choices=[(name, name) for name in names]
            )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        values = cleaned or {}
        task = values.get("task") or self.instance.task  # with data it is fixed, and no field of the form
        self._clean_limits(values, task)
        metric = values.get("primary_metric")
        if task in TASKS and metric and metric not in TASKS[task].metrics:
            allowed = ", ".join(TASKS[task].metrics)
            self.add_error("primary_metric", _("This task is scored by: %(metrics)s.") % {"metrics": allowed})
        return cleaned

    def _clean_limits(self, values: dict[str, Any], task: str) -> None:
        limits = chosen_limits(values)
        refused = {name for name in self.errors if name.startswith(PREFIX)}
        for path, message in problems_of_limits(limits, task):
            field = self._field_of(path)
            if field not in refused:
                self.add_error(field, message)
        if not any(name.startswith(PREFIX) for name in self.errors):
            self.instance.limits = ChallengeLimits.model_validate_json(json.dumps(limits)).model_dump(mode="json")

    def _field_of(self, path: Path) -> str | None:
        """The field of the innermost part of a path that has one; None where none has."""
        parts = [str(part) for part in path]
        names = (PREFIX + ".".join(parts[:length]) for length in range(len(parts), 0, -1))
        return next((name for name in names if name in self.fields), None)
