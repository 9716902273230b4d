"""The column of an e-mail address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, validate_email
from django.db import models

from hackathon.accounts.mailbox import normal_email

if TYPE_CHECKING:  # generic for the type checker alone
    EmailColumn = models.EmailField[str, str]
else:
    EmailColumn = models.EmailField


def spelled(email: str) -> str:
    """The spelling in which an address is kept. Raises Django's `ValidationError` where no mail can be sent to it."""
    try:
        return normal_email(email)
    except ValueError:
        raise ValidationError(EmailValidator.message, code="invalid") from None


def validate_spelling(email: str) -> None:
    """Raises as `spelled`."""
    spelled(email)


class MailboxInput(forms.EmailField):
    """In the spelling in which it is kept."""

    def clean(self, value: Any) -> str:
        return spelled(super().clean(value))


class MailboxField(EmailColumn):
    """A new row has an address in its one spelling, and a form gives it in that; in migrations it is its base.

    Rows of before there was one spelling may differ from it, where another account has it.
    """

    default_validators: ClassVar = [validate_email, validate_spelling]  # type: ignore[misc]  # of the class, as in Django itself

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": MailboxInput, **kwargs})

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        email: str = getattr(model_instance, self.attname)
        if add:
            email = normal_email(email)
            setattr(model_instance, self.attname, email)
        return email

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.EmailField", args, kwargs
