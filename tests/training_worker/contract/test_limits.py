"""A challenge's limits: `check` and `schema_for` accept and refuse the same configs."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training_worker.contract.challenge import LIMITS, make, refused, terms
from training_worker.contract.base import Range
from training_worker.contract.canonical import canonical
from training_worker.contract.config import parse_config
from training_worker.contract.limits import check, read_config
from training_worker.contract.schema import schema_for
from training_worker.contract.techniques import TECHNIQUES

VALIDATOR = jsonschema.Draft202012Validator(schema_for(LIMITS))


def test_schema_is_itself_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(schema_for(LIMITS))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (make(), {}),
        (make("n", {"name": "lora", "r": 16}), {}),
        (make("../../etc/passwd"), {"base_model": "model_not_allowed"}),
        (make("m" * 300), {"base_model": "model_not_allowed"}),
        (make("ｍ"), {"base_model": "model_not_allowed"}),
        (make(method={"name": "head"}), {"method.name": "method_not_allowed"}),
        (make(method={"name": "lora", "r": 17}), {"method.r": "out_of_range"}),
        (make(learning_rate=0.02), {"training.learning_rate": "out_of_range"}),
        (make(learning_rate=1e-6), {"training.learning_rate": "out_of_range"}),
        (make(max_length=65), {"training.max_length": "out_of_range"}),
        (
            make("x", {"name": "lora", "r": 17}, learning_rate=0.5),
            {"base_model": "model_not_allowed", "method.r": "out_of_range", "training.learning_rate": "out_of_range"},
        ),
        (make(method={"name": "lora", "r": "8"}), {"method.r": "invalid_type"}),
        (make(drop=0.1), {"training.drop": "unknown_field"}),
    ],
)
def test_check_and_schema_agree(data: dict[str, Any], expected: dict[str, str]) -> None:
    assert refused(data) == expected
    assert VALIDATOR.is_valid(data) is not bool(expected)


@settings(max_examples=200)
@given(
    st.sampled_from(["m", "n", "o"]),
    st.sampled_from([{"name": "full"}, {"name": "head"}, {"name": "lora", "r": 4}, {"name": "lora", "r": 64}]),
    st.sampled_from([1e-6, 1e-5, 2e-4, 1e-2, 5e-2]),
    st.integers(1, 100),
    st.sampled_from([4, 8, 32, 64, 65, 513]),
)
def test_check_and_schema_agree_everywhere(
    model: str, method: dict[str, Any], rate: float, epochs: int, length: int
) -> None:
    data = make(model, method, learning_rate=rate, num_train_epochs=epochs, max_length=length)
    assert VALIDATOR.is_valid(data) is not bool(refused(data))


CONFIGS = [
    ([], {}),
    ([{"name": "noise_injection", "copies": 4}, {"name": "fgm", "epsilon": 2.0}], {}),
    ([{"name": "fgm", "epsilon": 2.5}], {"techniques.0.epsilon": "out_of_range"}),
    ([{"name": "noise_injection"}, {"name": "fgm", "epsilon": 0.1}], {"techniques.1.epsilon": "out_of_range"}),
    ([{"name": "noise_injection", "copies": 9}], {"techniques.0.copies": "out_of_range"}),
    ([{"name": "mixup"}], {"techniques.0.name": "invalid_choice"}),
    ([{"name": "fgm"}] * (len(TECHNIQUES) + 1), {"techniques": "out_of_range"}),
]


@pytest.mark.parametrize(("techniques", "expected"), CONFIGS)
def test_check_and_schema_agree_on_techniques(techniques: list[dict[str, Any]], expected: dict[str, str]) -> None:
    data = make() | {"techniques": techniques}
    assert refused(data) == expected
    assert VALIDATOR.is_valid(data) is not bool(expected)


@settings(max_examples=200)
@given(
    st.lists(
        st.one_of(
            st.fixed_dictionaries(
                {"name": st.just("fgm"), "epsilon": st.sampled_from([0.01, 0.5, 1.5, 2.0, 3.0, 11.0])}
            ),
            st.fixed_dictionaries(
                {"name": st.just("noise_injection"), "probability": st.sampled_from([0.0, 0.01, 0.5, 0.6])},
                optional={"copies": st.sampled_from([0, 1, 4, 5])},
            ),
            st.just({"name": "mixup"}),
        ),
        max_size=2,
        unique_by=lambda one: one["name"],
    ),
    st.sampled_from([("fgm", "noise_injection"), ("fgm",), ()]),
)
def test_check_and_schema_agree_on_techniques_everywhere(
    techniques: list[dict[str, Any]], allowed: tuple[str, ...]
) -> None:
    limits = LIMITS.model_copy(update={"techniques": allowed})
    data = make() | {"techniques": techniques}
    validator = jsonschema.Draft202012Validator(schema_for(limits))
    assert validator.is_valid(data) is not bool(refused(data, limits))


def test_a_technique_twice_is_refused_where_the_schema_cannot_say_so() -> None:
    data = make() | {"techniques": [{"name": "fgm", "epsilon": 1.0}, {"name": "fgm", "epsilon": 2.0}]}
    assert refused(data) == {"techniques": "doubled"}


def test_a_technique_that_is_not_allowed_is_refused_with_those_that_are() -> None:
    limits = LIMITS.model_copy(update={"techniques": ("noise_injection",)})
    config = parse_config(make() | {"techniques": [{"name": "noise_injection"}, {"name": "fgm", "epsilon": 1.0}]})
    (error,) = check(config, terms(limits))
    assert (error.code, error.field, error.allowed) == ("technique_not_allowed", "techniques.1.name", "noise_injection")


def test_a_value_is_judged_where_it_snaps_to() -> None:
    assert refused(make() | {"techniques": [{"name": "fgm", "epsilon": 2.04}]}) == {}
    assert refused(make() | {"techniques": [{"name": "fgm", "epsilon": 2.3}]}) == {
        "techniques.0.epsilon": "out_of_range"
    }


def test_a_wrong_type_does_not_hide_a_model_that_is_not_allowed() -> None:
    assert refused(make("x", learning_rate="fast")).keys() == {"base_model", "training.learning_rate"}


def test_what_is_read_is_canonical() -> None:
    config = read_config(make(learning_rate=2.04e-4), terms())
    assert config == canonical(config)
    assert config.training.learning_rate == 2e-4


def test_a_range_that_begins_at_an_open_bound_leaves_it_open() -> None:
    limits = LIMITS.model_copy(update={"ranges": {"training.learning_rate": Range(min=0.0, max=0.1)}})
    field = schema_for(limits)["$defs"]["TrainingArguments"]["properties"]["learning_rate"]
    assert (field["exclusiveMinimum"], field["maximum"], "minimum" in field) == (0.0, 0.1, False)
