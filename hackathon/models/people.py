"""People, their organizations and API tokens."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hackathon.accounts import mailbox
from hackathon.enums import OrganizationKind, TokenScope
from training_worker.contract import text

from .base import Row
from .key import KeyField
from .mailbox import MailboxField
from .moment import MomentField
from .name import NameField
from .search import TrigramIndex


class Organization(Row):
    name = NameField(_("name"), max_length=200)
    name_key = KeyField("name", text.name_key, max_length=text.LONGEST_KEY, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=OrganizationKind, default=OrganizationKind.OTHER)

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        ordering: ClassVar = ["name"]
        indexes: ClassVar = [models.Index(fields=["name"]), TrigramIndex("name", name="organization_search")]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Creates users by e-mail."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email_key=mailbox.email_key(username or ""))


class User(AbstractBaseUser, PermissionsMixin, Row):
    """A person; logs in by e-mail in any spelling of it. The key column keeps one account per mailbox."""

    email = MailboxField(_("e-mail"), max_length=mailbox.LONGEST_ADDRESS, unique=True)
    email_key = KeyField("email", mailbox.email_key, max_length=mailbox.LONGEST_ADDRESS, unique=True)
    name = NameField(_("name"), max_length=150)
    organization = models.ForeignKey(
        Organization, verbose_name=_("organization"), null=True, blank=True, on_delete=models.SET_NULL
    )
    is_staff = models.BooleanField(_("may use the admin"), default=False)
    is_active = models.BooleanField(_("active"), default=True)

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering: ClassVar = ["name"]
        indexes: ClassVar = [
            models.Index(fields=["name"]),
            models.Index(fields=["created_at"]),
            models.Index(fields=["name"], condition=Q(is_staff=True), name="staff_by_name"),
            models.Index(fields=["name"], condition=Q(is_superuser=True), name="superusers_by_name"),
            models.Index(fields=["name"], condition=Q(is_active=False), name="inactive_by_name"),
            TrigramIndex("name", "email", name="person_search"),
        ]

    def __str__(self) -> str:
        return self.name or self.email


class ApiToken(Row):
    """A person's key to the REST API; only the sha256 of it is kept."""

    user = models.ForeignKey(User, verbose_name=_("person"), on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(_("prefix"), max_length=12)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scope = models.CharField(_("scope"), max_length=10, choices=TokenScope, default=TokenScope.SUBMIT)
    expires_at = MomentField(_("expires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [
            models.Index(fields=["-created_at"]),
            models.Index(fields=["revoked_at"]),
            TrigramIndex("name", "prefix", name="api_token_search"),
        ]

    def __str__(self) -> str:
        return f"{text.isolated(self.name)} ({self.prefix}…)"
