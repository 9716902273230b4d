"""Forms of people: sign-up, log-in and reset by mailbox; profile; API tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.internal.flows.signup import prevent_enumeration
from django import forms
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from hackathon.enums import OrganizationKind, TokenScope
from hackathon.models import Organization, User
from hackathon.models.mailbox import spelled
from hackathon.models.name import NameInput
from hackathon.selectors import find_person

from .tokens import live_tokens_of, revoke_all_tokens


def _plain(form: forms.Form) -> None:
    """Labels say what a field is; allauth repeats them as placeholders."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)


class SignUpForm(allauth_forms.SignupForm):  # type: ignore[misc]  # allauth has no types
    """Makes an account only for a mailbox that has none; the answer is the same."""

    name = NameInput(
        label=_("Name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_("Shown to other people."),
    )
    field_order = ("name", "email", "password1")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail")
        _plain(self)

    def validate_unique_email(self, value: str) -> str:
        self.account_already_exists = find_person(value) is not None
        return value

    def try_save(self, request: HttpRequest) -> Any:
        """(user, None), or (None, answer) where the mailbox has an account, also one made in this very moment."""
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])  # takes as long as making an account
            return super().try_save(request)
        try:
            with transaction.atomic():
                return super().try_save(request)
        except IntegrityError:
            return None, prevent_enumeration(request, email=self.cleaned_data["email"])


class LogInForm(allauth_forms.LoginForm):  # type: ignore[misc]  # as above
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail")
        self.fields["login"].widget.attrs |= {"autofocus": True, "autocomplete": "username"}
        _plain(self)

    def clean_login(self) -> str:
        """The address as the account has it, whichever spelling was typed; failures are counted on it too."""
        typed: str = super().clean_login()
        person = find_person(typed)
        return person.email if person else typed


class ResetForm(allauth_forms.ResetPasswordForm):  # type: ignore[misc]  # as above
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail")
        _plain(self)

    def clean_email(self) -> str:
        """The account's own address gets the mail, never another spelling of it."""
        typed = spelled(self.cleaned_data["email"])
        person = find_person(typed)
        self.users = [person] if person and person.is_active else []
        return person.email if person else typed


class ResetKeyForm(allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]  # as above
    """Whoever had to reset a password may have lost the account: no API token outlives it."""

    @transaction.atomic
    def save(self) -> None:
        super().save()
        revoke_all_tokens(user=self.user)


class _NewPassword(forms.Form):
    """A new password by whoever is logged in; `revoked` is the number of API tokens that ended with the old one."""

    user: User
    revoked = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if live_tokens_of(self.user).exists():
            self.fields["revoke_tokens"] = forms.BooleanField(
                label=_("Revoke my API tokens too"),
                required=False,
                initial=True,
                help_text=_("Leave it checked if somebody may have learnt the old password. Scripts need new tokens."),
            )

    @transaction.atomic
    def save(self) -> None:
        super().save()  # type: ignore[misc]  # that of allauth's form, which stands beside this one
        if self.cleaned_data.get("revoke_tokens"):
            self.revoked = revoke_all_tokens(user=self.user)


class ChangePasswordForm(_NewPassword, allauth_forms.ChangePasswordForm):  # type: ignore[misc]  # as above
    """Asks for the old password too."""


class SetPasswordForm(_NewPassword, allauth_forms.SetPasswordForm):  # type: ignore[misc]  # as above
    """For an account that has none yet."""


class EmailForm(allauth_forms.AddEmailForm):  # type: ignore[misc]  # as above
    """The new address of an account. Whether another account has it, only its mailbox is told."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("New e-mail address")
        _plain(self)

    def clean_email(self) -> str:
        typed = spelled(self.cleaned_data["email"])
        if typed == self.user.email:
            raise forms.ValidationError(_("This is already your address."), code="same")
        return typed


class ProfileForm(forms.Form):
    name = NameInput(label=_("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    organization = forms.ModelChoiceField(
        Organization.objects.all(), label=_("Organization"), required=False, empty_label=_("none")
    )
    new_organization = NameInput(
        label=_("Not in the list: name of a new organization"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    kind = forms.ChoiceField(
        label=_("Kind of the new organization"),
        choices=OrganizationKind.choices,
        initial=OrganizationKind.OTHER,
        required=False,
    )

    @classmethod
    def of(cls, user: User, data: Any = None) -> ProfileForm:
        return cls(data, initial={"name": user.name, "organization": user.organization_id})


LIFETIMES = (("7", _("7 days")), ("30", _("30 days")), ("90", _("90 days")), ("", _("no expiry")))


class TokenForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("What the token is for, such as: my notebook."))
    scope = forms.ChoiceField(label=_("Allows"), choices=TokenScope.choices, initial=TokenScope.SUBMIT)
    days = forms.ChoiceField(label=_("Expires after"), choices=LIFETIMES, initial="30", required=False)

    @property
    def lifetime(self) -> timedelta | None:
        days = self.cleaned_data["days"]
        return timedelta(days=int(days)) if days else None
