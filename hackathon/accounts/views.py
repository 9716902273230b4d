"""Log-in, profile, API tokens and the demo's outbox; the rest of an account is allauth's views with our templates."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.manage_email import add_email
from allauth.account.models import EmailAddress
from allauth.account.views import LoginView, PasswordChangeView, PasswordSetView
from allauth.decorators import rate_limit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from hackathon.clock import db_now
from hackathon.mail import demo_outbox as outbox
from hackathon.models import User
from hackathon.selectors import tokens_of
from hackathon.web.live import has_version, is_poll, render_live, unchanged, version_of
from training_worker.contract.text import isolated

from .forms import EmailForm, ProfileForm, TokenForm
from .services import issue_token, update_profile
from .tokens import revoke_api_token


class LogIn(LoginView):  # type: ignore[misc]  # allauth has no types
    """By e-mail, in any spelling of it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """A live fragment whose reader is no longer logged in is not filled with this page: the whole page reloads."""
        if is_poll(request):
            return HttpResponseClientRefresh()
        return cast(HttpResponseBase, super().dispatch(request, *args, **kwargs))


class _TellOfTokens:
    """Says on the next page what became of the API tokens."""

    request: HttpRequest

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)  # type: ignore[misc]  # that of allauth's view beside it
        if form.revoked:
            told = ngettext("%(count)d API token is revoked.", "%(count)d API tokens are revoked.", form.revoked)
            messages.info(self.request, told % {"count": form.revoked})
        return response


class ChangePassword(_TellOfTokens, PasswordChangeView):  # type: ignore[misc]  # as above
    """By whoever knows the old one."""


class SetPassword(_TellOfTokens, PasswordSetView):  # type: ignore[misc]  # as above
    """For an account that has none yet."""


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    form = ProfileForm.of(user, request.POST or None)
    if form.is_valid():
        update_profile(user=user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("profile")
    return render(request, "hackathon/profile.html", {"form": form})


@login_required
@reauthentication_required(app="allauth.account")  # type: ignore[untyped-decorator]  # allauth has no types
@rate_limit(action="manage_email")  # type: ignore[untyped-decorator]  # as above
@require_http_methods(["GET", "HEAD", "POST"])
def change_email(request: HttpRequest) -> HttpResponse:
    """The new address replaces the old one when the link that is mailed there is opened; the old one is told."""
    user = cast(User, request.user)
    form = EmailForm(user, request.POST or None)
    if form.is_valid():
        add_email(request, form)
        return redirect("account_email")
    return render(request, "hackathon/email.html", {"form": form, "new": EmailAddress.objects.get_new(user)})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("token")
def tokens(request: HttpRequest) -> HttpResponse:
    """A new token is in the answer to its form and nowhere else: no message, session or redirect carries it."""
    user = cast(User, request.user)
    form, token = TokenForm(request.POST or None), ""
    if form.is_valid():
        values = form.cleaned_data
        token = issue_token(user=user, name=values["name"], scope=values["scope"], lifetime=form.lifetime)
        form = TokenForm()
    context = {"form": form, "token": token, "tokens": tokens_of(user, now=db_now())}
    return render(request, "hackathon/tokens.html", context)


@login_required
@require_POST
def revoke_token(request: HttpRequest, token_id: UUID) -> HttpResponse:
    token = get_object_or_404(cast(User, request.user).api_tokens, pk=token_id)
    revoke_api_token(token=token)
    messages.success(request, _("“%(name)s” is revoked.") % {"name": isolated(token.name)})
    return redirect("tokens")


@require_GET
def read_outbox(request: HttpRequest) -> HttpResponse:
    if not outbox.is_open():
        raise Http404
    mails = outbox.read_outbox()
    version = version_of(mails)
    if has_version(request, version):
        return unchanged()
    page, fragment = "hackathon/outbox.html", "hackathon/_outbox.html"
    return render_live(request, page, fragment, {"mails": mails}, version=version, is_final=False)
