"""Nodes join with a one-time token and get a token of their own."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from hackathon.accounts.tokens import digest_of, new_token
from hackathon.clock import db_now
from hackathon.errors import Conflict, NotAllowed
from submissions.models import EnrolmentToken, Node


def create_enrolment_token(*, hours: float = 24.0) -> str:
    """A new one-time token; this is its only readable copy."""
    token = new_token("hte")
    EnrolmentToken.objects.create(digest=digest_of(token), expires_at=db_now() + timedelta(hours=hours))
    return token


def enrol_node(*, token: str, name: str, worker_token: str) -> Node:
    """Use the token up and return the node, which from now on calls with `worker_token`.

    The same call again gets the same node. Raises `NotAllowed` or `Conflict` (name taken).
    """
    now = db_now()
    with transaction.atomic():
        used = EnrolmentToken.objects.filter(digest=digest_of(token), used_at__isnull=True, expires_at__gt=now)
        if not used.update(used_at=now):
            if repeated := _enrolled_so(token, name, worker_token):
                return repeated
            raise NotAllowed(
                _("This enrolment token is unknown, used or expired."),
                hint=_("Ask the operator for a new one."),
                code="enrolment_refused",
            )
        if Node.objects.filter(name=name).exists():
            raise Conflict(_("There is a node of this name."), hint=_("Choose another name."), code="name_taken")
        node = Node.objects.create(name=name, digest=digest_of(worker_token), seen_at=now)
        EnrolmentToken.objects.filter(digest=digest_of(token)).update(node=node)
    return node


def _enrolled_so(token: str, name: str, worker_token: str) -> Node | None:
    """The node that this very call has enrolled before, its answer having been lost."""
    node = find_node(worker_token)
    is_same = node is not None and node.name == name
    if is_same and EnrolmentToken.objects.filter(digest=digest_of(token), node=node).exists():
        return node
    return None


def find_node(worker_token: str) -> Node | None:
    return Node.objects.filter(digest=digest_of(worker_token), revoked_at__isnull=True).first()


def return_node(*, node: Node) -> None:
    """Put a node that was set aside back to work; what it lost is forgotten. Safe to run twice."""
    Node.objects.filter(pk=node.pk).update(proved_at=db_now(), aside_until=None, aside_reason="")


def revoke_node(*, node: Node) -> None:
    """The node's token is refused from now on; what it runs is swept when its lease ends. Safe to run twice."""
    Node.objects.filter(pk=node.pk, revoked_at__isnull=True).update(revoked_at=db_now())
