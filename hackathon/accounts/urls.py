"""Addresses of people's accounts. The names `account_…` and `mfa_…` are those that allauth asks for."""

from allauth.account import views as allauth_views
from django.urls import include, path, register_converter

from . import views


class UserId:
    """A person's id as allauth writes it into a link: no dash, the key has one. It makes the link from `UID`."""

    regex = "[0-9a-f]+|UID"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(UserId, "user_id")

log_out = allauth_views.LogoutView.as_view(http_method_names=["post"])

urlpatterns = [
    path("login/", views.LogIn.as_view(), name="account_login"),
    path("login/", views.LogIn.as_view(), name="login"),
    path("logout/", log_out, name="account_logout"),
    path("logout/", log_out, name="logout"),
    path("signup/", allauth_views.signup, name="account_signup"),
    path("account/", views.profile, name="profile"),
    path("account/tokens/", views.tokens, name="tokens"),
    path("account/tokens/<uuid:token_id>/revoke/", views.revoke_token, name="revoke_token"),
    path("account/email/", views.change_email, name="account_email"),
    path("account/inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("account/reauthenticate/", allauth_views.reauthenticate, name="account_reauthenticate"),
    path("account/confirm/", allauth_views.email_verification_sent, name="account_email_verification_sent"),
    path("account/confirm/<str:key>/", allauth_views.confirm_email, name="account_confirm_email"),
    path("account/password/", views.ChangePassword.as_view(), name="account_change_password"),
    path("account/password/set/", views.SetPassword.as_view(), name="account_set_password"),
    path("account/reset/", allauth_views.password_reset, name="account_reset_password"),
    path("account/reset/sent/", allauth_views.password_reset_done, name="account_reset_password_done"),
    path(
        "account/reset/done/",
        allauth_views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path(
        "account/reset/<user_id:uidb36>-<str:key>/",
        allauth_views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("account/second-factor/", include("allauth.mfa.urls")),
    path("outbox/", views.read_outbox, name="outbox"),
]
