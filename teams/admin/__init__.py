"""Registers this room's admin pages."""

from . import teams  # noqa: F401
