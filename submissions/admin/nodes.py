"""GPU nodes in the admin, and the tokens by which they join."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from hackathon.admin.base import Attention, ReadOnlyAdmin, is_allowed
from hackathon.admin.confirm import MOST, Question, ReasonForm, apply_each, confirm
from hackathon.clock import db_now
from submissions.enums import ACTIVE_STATES
from submissions.models import EnrolmentToken, Job, Node
from submissions.selectors import live_nodes, nodes_set_aside
from submissions.services.nodes import return_node, revoke_node


def _offline(nodes: QuerySet[Node]) -> QuerySet[Node]:
    return nodes.filter(revoked_at__isnull=True).exclude(pk__in=live_nodes(now=db_now()).values("pk"))


class HeardOf(admin.SimpleListFilter):
    """Nodes by whether they answer, as the queue's estimate and the metrics count them."""

    title = _("answers")
    parameter_name = "heard"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("live", _("seen in the last minute")),
            ("offline", _("offline")),
            ("aside", _("suspended")),
            ("revoked", _("revoked")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Node]) -> QuerySet[Node]:
        if self.value() == "revoked":
            return queryset.filter(revoked_at__isnull=False)
        if self.value() == "aside":
            return queryset.filter(pk__in=nodes_set_aside(now=db_now()).values("pk"))
        if self.value() == "live":
            return queryset.filter(pk__in=live_nodes(now=db_now()).values("pk"))
        return _offline(queryset) if self.value() == "offline" else queryset


@admin.register(Node)
class NodeAdmin(ReadOnlyAdmin):
    list_display = ("name", "seen_at", "device", "memory", "aside_until", "revoked_at")
    list_filter = (HeardOf,)
    date_hierarchy = "seen_at"
    search_fields = ("name",)
    fields = ("name", "seen_at", "aside_until", "aside_reason", "revoked_at", "report", "created_at")
    actions = ("put_back", "revoke")

    def attention(self, request: HttpRequest) -> list[Attention]:
        offline, aside = _offline(Node.objects.all()).count(), nodes_set_aside(now=db_now()).count()
        found = [
            Attention(offline, ngettext("node is offline", "nodes are offline", offline), "heard=offline"),
            Attention(aside, ngettext("node is suspended", "nodes are suspended", aside), "heard=aside"),
        ]
        return [one for one in found if one.count]

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return is_allowed(request, self)

    @admin.display(description=_("device"))
    def device(self, obj: Node) -> str:
        return str(obj.report.get("device", ""))

    @admin.display(description=_("memory, MB"))
    def memory(self, obj: Node) -> str:
        return str(obj.report.get("memory_mb", ""))

    @admin.action(description=_("Resume"), permissions=["operate"])
    def put_back(self, request: HttpRequest, queryset: QuerySet[Node]) -> None:
        ask = Question(
            _("Resume"),
            "",
            ngettext_lazy("%(count)d node may claim again.", "%(count)d nodes may claim again.", "count"),
        )
        apply_each(self, request, list(queryset[:MOST]), lambda node: return_node(node=node), ask=ask, values={})

    @admin.action(description=_("Revoke"), permissions=["operate"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Node]) -> HttpResponse | None:
        running = Job.objects.filter(node__in=queryset, state__in=ACTIVE_STATES).count()
        ask = Question(
            _("Revoke"),
            _(
                "The node's token is refused for ever; to come back it must join anew under another name. Jobs that "
                "it runs now (%(count)d) start again elsewhere when their lease ends, at no cost to their teams."
            )
            % {"count": running},
            ngettext_lazy("%(count)d node revoked.", "%(count)d nodes revoked.", "count"),
            ReasonForm,
        )
        return confirm(self, request, queryset, ask, lambda node, _values: revoke_node(node=node))


@admin.register(EnrolmentToken)
class EnrolmentTokenAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "expires_at", "used_at", "node")
    list_filter = (("used_at", admin.EmptyFieldListFilter),)
    list_select_related = ("node",)
    date_hierarchy = "created_at"
    fields = ("created_at", "expires_at", "used_at", "node")
