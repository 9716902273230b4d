"""Registers this room's admin pages."""

from . import jobs, nodes, quota, submissions  # noqa: F401
