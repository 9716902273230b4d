"""What the person at the terminal chose, by environment (`make demo TASK=… PORT=… DATA=… ONCE=1 RESET=1`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .recipe import Recipe
from .recipes import DEFAULT_TASK, NoRecipe, find_recipe

HOST = "127.0.0.1"
REPOSITORY = Path(__file__).resolve().parent.parent.parent


class OptionsInvalid(Exception):
    """The environment cannot be used; the text says what to do."""


@dataclass(frozen=True)
class Options:
    """`is_once`: end after the teams' scores; `is_reset`: begin anew. `task` names the recipe that is run."""

    port: int
    data: Path
    is_once: bool
    is_reset: bool
    task: str = DEFAULT_TASK

    @property
    def recipe(self) -> Recipe:
        return find_recipe(self.task)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"


def read_options(environment: Mapping[str, str]) -> Options:
    """Raises `OptionsInvalid`. A relative DATA is below the repository, where `make` runs, too; without one, each
    challenge has a folder of its own."""
    port = environment.get("PORT", "") or "8000"
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise OptionsInvalid(f"PORT must be a number from 1 to 65535, not {port!r}.")
    task = environment.get("TASK", "") or DEFAULT_TASK
    try:
        recipe = find_recipe(task)
    except NoRecipe as error:
        raise OptionsInvalid(str(error)) from None
    return Options(
        port=int(port),
        data=(REPOSITORY / (environment.get("DATA", "") or _usual_folder(recipe))).resolve(),
        task=task,
        is_once=_is_set(environment, "ONCE"),
        is_reset=_is_set(environment, "RESET"),
    )


def _usual_folder(recipe: Recipe) -> str:
    return ".data/demo" if recipe is find_recipe(DEFAULT_TASK) else f".data/demo-{recipe.slug}"


def _is_set(environment: Mapping[str, str], name: str) -> bool:
    return environment.get(name, "").strip().lower() not in {"", "0", "no", "false"}
