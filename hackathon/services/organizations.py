"""Organizations by the names that people give them."""

from __future__ import annotations

from hackathon.enums import OrganizationKind
from hackathon.models import Organization
from training_worker.contract.text import name_key


def organization_named(name: str, kind: str = "") -> Organization:
    """The one that people read as having this name, taken as it is; else a new one."""
    found = Organization.objects.filter(name_key=name_key(name)).first()
    return found or Organization.objects.create(name=name, kind=kind or OrganizationKind.OTHER)
