"""`python -m evaluation.demo.datasets TASK FOLDER`: the bundle of a task's recipe, or of a challenge's slug."""

from __future__ import annotations

import sys
from pathlib import Path

from evaluation.demo.recipes import NoRecipe, all_recipes, find_recipe

from .bundle import write_or_say


def main() -> int:
    if len(sys.argv) != 3:
        known = sorted(recipe.slug for recipe in all_recipes())
        print(f"usage: python -m evaluation.demo.datasets TASK FOLDER\nKnown: {', '.join(known)}", file=sys.stderr)
        return 2
    try:
        recipe = find_recipe(sys.argv[1])
    except NoRecipe as error:
        print(error, file=sys.stderr)
        return 2
    return write_or_say(recipe.make, Path(sys.argv[2]))


if __name__ == "__main__":
    sys.exit(main())
