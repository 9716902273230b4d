"""How allauth makes and greets an account of ours."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.account.utils import get_next_redirect_url
from allauth.core.internal.httpkit import clean_client_ip
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from hackathon.models import User
from hackathon.models.mailbox import spelled
from hackathon.web.public_url import public_host, public_url

from .mailbox import email_key
from .tokens import live_tokens_of

QUIET = frozenset({"logged_in", "logged_out", "email_confirmation_sent"})
"""Messages that the next page says anyway. The last would also tell a known mailbox from a new one."""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        user.name = form.cleaned_data["name"]
        saved: User = super().save_user(request, user, form, commit)
        return saved

    def clean_email(self, email: str) -> str:
        return spelled(email)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """False, and told to whoever opened the mail, where the mailbox has another account by now, in any spelling."""
        user = email_address.user
        try:
            with transaction.atomic():
                User.objects.filter(pk=user.pk).update(email_key=email_key(email_address.email))
                return bool(super().confirm_email(request, email_address))
        except IntegrityError:
            template = "account/messages/email_confirmation_failed.txt"
            self.add_message(request, messages.ERROR, template, {"email": email_address.email})
            return False

    def add_message(
        self, request: HttpRequest, level: int, message_template: str = "", *rest: Any, **more: Any
    ) -> None:
        if message_template.rpartition("/")[2].removesuffix(".txt") not in QUIET:
            super().add_message(request, level, message_template, *rest, **more)

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """Leads on to where the person was going, such as an invitation, in whichever browser the mail is opened."""
        url = str(super().get_email_confirmation_url(request, emailconfirmation))
        target = get_next_redirect_url(request)
        return f"{url}?{urlencode({REDIRECT_FIELD_NAME: target})}" if target else url

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Whoever asks for a mail may send any Host; its links and its signature are the site's own."""
        links = {key: public_url(value) for key, value in context.items() if key.endswith("_url")}
        site = {"name": public_host(), "domain": public_host()}
        super().send_mail(template_prefix, email, context | links | {"current_site": site})

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Each says too how many API tokens still open the account."""
        facts = {"live_tokens": live_tokens_of(user).count(), "tokens_url": reverse("tokens")}
        super().send_notification_mail(template_prefix, user, facts | (context or {}), email)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """One count of failed log-ins an account, not one for every Host it is tried under."""
        return f"{public_host()}:{credentials.get('email', '').lower()}"

    def is_safe_url(self, url: str) -> bool:
        """Only this very host: `ALLOWED_HOSTS` may name others."""
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure()
        )

    def get_client_ip(self, request: HttpRequest) -> str:
        """Whom a rate limit counts: the proxies' word where it is as HACKTUNE_PROXIES promises, else our peer."""
        proxies = settings.ALLAUTH_TRUSTED_PROXY_COUNT
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        told = forwarded[-proxies] if 0 < proxies <= len(forwarded) else ""
        return clean_client_ip(told) or clean_client_ip(request.META.get("REMOTE_ADDR", "")) or "unknown"

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("profile")
