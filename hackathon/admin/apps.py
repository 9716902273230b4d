"""The admin with our own site in it: grouped by the organizer's job."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class GroupedAdminConfig(AdminConfig):
    default_site = "hackathon.admin.site.GroupedSite"
    default = False

    def ready(self) -> None:
        """Register this room's pages: by name, as the package that holds the site cannot do so while the site is made.

        Allauth's page of second factors shows their secrets: ours can only take a factor away. Every list is one of
        ours, with what ours refuse.
        """
        super().ready()
        from allauth.account.models import EmailAddress
        from allauth.mfa.models import Authenticator
        from django.contrib import admin
        from django.contrib.auth.models import Group

        from . import challenges, event, heartbeats, mail, people  # noqa: F401

        people.name_second_factors()
        admin.site.unregister([Authenticator, EmailAddress, Group])
        admin.site.register(Authenticator, people.SecondFactorAdmin)
        admin.site.register(EmailAddress, people.AddressAdmin)
        admin.site.register(Group, people.GroupAdmin)
