"""Registers this room's admin pages."""

from . import phases, scores  # noqa: F401
