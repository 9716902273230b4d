"""The admin with our own site in it: grouped by the organizer's job."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class GroupedAdminConfig(AdminConfig):
    default_site = "hackathon.admin_site.GroupedSite"
    default = False

    def ready(self) -> None:
        """Allauth's page of second factors shows their secrets: ours can only take a factor away."""
        super().ready()
        from allauth.mfa.models import Authenticator
        from django.contrib import admin

        from .admin_people import SecondFactorAdmin

        admin.site.unregister(Authenticator)
        admin.site.register(Authenticator, SecondFactorAdmin)
