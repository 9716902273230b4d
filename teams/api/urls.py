from django.urls import path

from . import views

urlpatterns = [
    path("me/", views.MeView.as_view(), name="me"),
    path("hackathons/<slug:slug>/teams/", views.TeamsView.as_view(), name="teams"),
    path("teams/<uuid:team_id>/", views.TeamView.as_view(), name="team"),
    path("teams/<uuid:team_id>/leave/", views.LeaveTeamView.as_view(), name="team-leave"),
    path(
        "teams/<uuid:team_id>/members/<uuid:membership_id>/remove/",
        views.RemoveMemberView.as_view(),
        name="member-remove",
    ),
    path(
        "teams/<uuid:team_id>/members/<uuid:membership_id>/captain/",
        views.CaptainView.as_view(),
        name="member-captain",
    ),
]
