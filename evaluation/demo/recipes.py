"""Every `Recipe` of `datasets/`, found by its task or its challenge's slug."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from . import datasets
from .recipe import Recipe

DEFAULT_TASK = "text-classification"


class NoRecipe(Exception):
    """There is none of that name; the text lists those that there are."""


@cache
def all_recipes() -> tuple[Recipe, ...]:
    """In the order of their modules' names."""
    names = [module.name for module in iter_modules(datasets.__path__) if not module.name.startswith("_")]
    modules = [import_module(f"{datasets.__name__}.{name}") for name in names]
    return tuple(module.RECIPE for module in modules if hasattr(module, "RECIPE"))


def find_recipe(name: str) -> Recipe:
    """The first of a task, or the one of a challenge's slug. Raises `NoRecipe`."""
    for recipe in all_recipes():
        if name == recipe.slug:
            return recipe
    for recipe in all_recipes():
        if name == recipe.task:
            return recipe
    known = ", ".join(sorted({recipe.task for recipe in all_recipes()}))
    slugs = ", ".join(sorted(recipe.slug for recipe in all_recipes()))
    raise NoRecipe(f"There is no demo of “{name}”. Tasks: {known}. Challenges: {slugs}.")
