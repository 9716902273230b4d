"""Registers this room's admin pages."""

from . import nodes, submissions  # noqa: F401
