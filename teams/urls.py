"""Addresses of joining a hackathon, founding a team, its page and its invitations."""

from django.urls import path

from . import views

app_name = "teams"
urlpatterns = [
    path("h/<slug:slug>/join/", views.hackathon_join, name="join"),
    path("h/<slug:slug>/organization/", views.organization_change, name="organization"),
    path("h/<slug:slug>/new-team/", views.team_create, name="create"),
    path("t/<uuid:team_id>/", views.team_detail, name="detail"),
    path("t/<uuid:team_id>/leave/", views.team_leave, name="leave"),
    path("t/<uuid:team_id>/invitations/<uuid:invitation_id>/revoke/", views.invitation_revoke, name="revoke"),
    path("t/<uuid:team_id>/members/<uuid:membership_id>/remove/", views.member_remove, name="remove"),
    path("t/<uuid:team_id>/members/<uuid:membership_id>/captain/", views.member_captain, name="captain"),
    path("i/<str:token>/", views.invitation_accept, name="invitation"),
]
