"""Recipes: what each promises of its challenge, its model and its configs, whatever its task."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules

import pytest

from evaluation.demo import datasets, people
from evaluation.demo.datasets.film_critics import RECIPE
from evaluation.demo.recipe import Recipe
from evaluation.demo.recipes import NoRecipe, all_recipes, find_recipe
from hackathon.bundles.challenge import ChallengeSpec
from training_worker.contract.config import parse_config
from training_worker.contract.limits import DataSize, Terms, check
from training_worker.contract.tasks import TASKS

EACH = pytest.mark.parametrize("recipe", all_recipes(), ids=lambda recipe: recipe.slug)


def train_examples(recipe: Recipe) -> int:
    module = import_module(recipe.make.__module__)
    return int(module.SIZES.train if hasattr(module, "SIZES") else module.TRAIN)


@EACH
def test_every_config_is_legal_in_its_challenge(recipe: Recipe) -> None:
    challenge = ChallengeSpec.model_validate(recipe.challenge, strict=False)
    size = DataSize(train_examples=train_examples(recipe))
    terms = Terms(task=TASKS[recipe.task], limits=challenge.limits, size=size)
    for config in [recipe.baseline, *recipe.configs]:
        assert check(parse_config(config), terms) == []
        assert config["base_model"] == recipe.model.slug


@EACH
def test_every_challenge_says_where_its_data_is_from(recipe: Recipe) -> None:
    assert recipe.challenge["license"]
    assert len(recipe.challenge["source"]) > 20
    assert bool(recipe.model.source) != bool(recipe.model.build)


@EACH
def test_every_config_is_some_teams_own(recipe: Recipe) -> None:
    assert [entry.config for entry in recipe.entries] == list(recipe.configs)
    teams = [entry.team.name for entry in recipe.entries]
    assert len(set(teams)) == len(teams)


def test_every_challenge_of_the_datasets_has_a_recipe() -> None:
    names = [module.name for module in iter_modules(datasets.__path__) if not module.name.startswith("_")]
    modules = [import_module(f"{datasets.__name__}.{name}") for name in names]
    challenges = [module.CHALLENGE_YAML["slug"] for module in modules if hasattr(module, "CHALLENGE_YAML")]
    assert sorted(challenges) == sorted(recipe.slug for recipe in all_recipes())


def test_slugs_tell_recipes_apart() -> None:
    slugs = [recipe.slug for recipe in all_recipes()]
    assert len(set(slugs)) == len(slugs)
    assert [find_recipe(slug).slug for slug in slugs] == slugs


def test_a_task_finds_one_of_its_recipes() -> None:
    for task in {recipe.task for recipe in all_recipes()}:
        assert find_recipe(task).task == task
    with pytest.raises(NoRecipe, match="no demo of “poetry”"):
        find_recipe("poetry")


def test_a_config_goes_to_the_team_known_for_its_method_or_to_one_that_has_none() -> None:
    head, lora, full = people.TEAMS
    assert [entry.team for entry in RECIPE.entries] == [head, lora, full]
    config = {"base_model": people.MODEL, "method": {"name": "full"}}
    two = replace(RECIPE, configs=(config, config, RECIPE.configs[1]))
    assert [entry.team for entry in two.entries] == [full, head, lora]
    assert [entry.method for entry in two.entries] == ["full", "full", "lora"]
