"""A challenge's limits as a person writes them: names that the contract knows, each once, and ranges within its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from hackathon.web.translation import translated
from training_worker.contract.base import JSON, Range
from training_worker.contract.bounds import Name
from training_worker.contract.config import describe_allowed, models_with, number_bounds
from training_worker.contract.limits import Budget, ChallengeLimits
from training_worker.contract.methods import METHODS
from training_worker.contract.techniques import TECHNIQUES

from .problems import Said
from .validation import validation_messages

LISTS = ("base_models", "methods", "techniques")


def wrong(message: str) -> PydanticCustomError:
    return PydanticCustomError("bundle", "{message}", {"message": message})


def _known(is_known: Callable[[str], object], message: Callable[[], str]) -> AfterValidator:
    """`message` is translated when it is needed."""

    def check(name: str) -> str:
        if not is_known(name):
            raise wrong(message() % {"name": name})
        return name

    return AfterValidator(check)


_Method = Annotated[Name, _known(METHODS.get, lambda: _("There is no method “%(name)s”."))]
_Technique = Annotated[Name, _known(TECHNIQUES.get, lambda: _("There is no technique “%(name)s”."))]
_Field = Annotated[Name, _known(models_with, lambda: _("There is no field “%(name)s”."))]


class LimitsSpec(ChallengeLimits):
    """With every name known: a typo would silently forbid or allow everything."""

    methods: Annotated[tuple[_Method, ...], Field(min_length=1)]
    techniques: tuple[_Technique, ...] = ()
    ranges: dict[_Field, Range] = {}


def limit_problems(data: JSON) -> Iterator[Said]:
    """Everything that is wrong with limits as `json.loads` returned them, by their path. Pure."""
    try:
        LimitsSpec.model_validate_json(json.dumps(data))
    except ValidationError as error:
        yield from validation_messages(error)
    yield from crossed_limits(data)


def crossed_limits(data: JSON) -> Iterator[Said]:
    """What `LimitsSpec` cannot say of limits of which some are wrong: it judges each value alone."""
    if not isinstance(data, dict):
        return
    for group in LISTS:
        for index, name in doubled(data.get(group)):
            yield (group, index), _("“%(name)s” is there twice.") % {"name": name}
    for name, allowed in sound_ranges(data.get("ranges")).items():
        if message := range_problem(name, allowed):
            yield ("ranges", name), message


def doubled(values: Any) -> Iterator[tuple[int, str]]:
    """(index, text) of each text in a list that is there before. Pure."""
    seen = set()
    for index, value in enumerate(values if isinstance(values, list) else ()):
        if isinstance(value, str):
            if value in seen:
                yield index, value
            seen.add(value)


def range_problem(name: str, allowed: Range) -> str:
    """What is wrong with the range of a field of a config; "" where nothing is, or there is no such field."""
    owners = models_with(name)
    if not owners:
        return ""
    if allowed.min > allowed.max:
        return _("The range of “%(name)s” is empty.") % {"name": name}
    bounds = number_bounds(name)
    if bounds is None:
        return _("“%(name)s” is no number: it has no range.") % {"name": name}
    if allowed.min not in bounds or allowed.max not in bounds:
        described = translated(describe_allowed(owners[0], name.rpartition(".")[2]))
        message = _("The range of “%(name)s” goes beyond the field's own: %(allowed)s.")
        return message % {"name": name, "allowed": described}
    if bounds.is_whole and not (allowed.min.is_integer() and allowed.max.is_integer()):
        return _("The range of “%(name)s” must be of whole numbers.") % {"name": name}
    return ""


def sound_ranges(data: Any) -> dict[str, Range]:
    """Those that are ranges, whatever their names."""
    return dict(_sound(Range, data.items() if isinstance(data, dict) else ()))


def _sound(kind: Any, items: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    for name, value in items:
        if (found := sound(kind, value)) is not None:
            yield name, found


def sound(kind: Any, value: JSON) -> Any:
    """The value as that type; None where it is none."""
    try:
        return TypeAdapter(kind).validate_json(json.dumps(value))
    except ValidationError:
        return None


def named_limits(data: JSON) -> ChallengeLimits:
    """What can be read of limits of which some are wrong: names in their places, "" for what is none, whether known or
    not; ranges that are some; and for the rest what a challenge has that says nothing of it."""
    if (whole := sound(LimitsSpec, data)) is not None:
        return LimitsSpec.model_validate(whole)
    values = data if isinstance(data, dict) else {}
    return ChallengeLimits.model_construct(
        base_models=_names(values, "base_models"),
        methods=_names(values, "methods"),
        techniques=_names(values, "techniques"),
        ranges=sound_ranges(values.get("ranges")),
        budget=sound(Budget, values.get("budget", {})) or Budget(),
    )


def _names(values: dict[str, JSON], group: str) -> tuple[str, ...]:
    found = values.get(group)
    return tuple(each if isinstance(each, str) else "" for each in found) if isinstance(found, list) else ()
