"""What pydantic finds wrong is said in sentences of ours, in the reader's language."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils.translation import override
from pydantic import ValidationError

from hackathon.bundles.challenge import ChallengeSpec
from hackathon.bundles.validation import validation_messages


def said_of(language: str, **values: Any) -> dict[str, str]:
    with override(language):
        try:
            ChallengeSpec.model_validate_json(json.dumps(values))
        except ValidationError as error:
            return {".".join(map(str, path)): message for path, message in validation_messages(error)}
    raise AssertionError("nothing is wrong")


PHASE = {"quota": {"per_day": 0, "total": 2_000_000, "at_once": "2"}, "precision": "fp8", "opens_at": "soon"}
WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "phases.0.quota.per_day": ({"phases": [PHASE]}, "Must be at least 1.", "必须至少为 1。"),
    "phases.0.quota.total": ({"phases": [PHASE]}, "Must be at most 1000000.", "不能超过 1000000。"),
    "phases.0.quota.at_once": ({"phases": [PHASE]}, "This is not a whole number.", "不是整数。"),
    "phases.0.precision": ({"phases": [PHASE]}, "Must be one of: fp32, bf16.", "必须是以下之一：fp32, bf16。"),
    "phases.0.opens_at": (
        {"phases": [PHASE]},
        "This is not a time. An example: 2026-11-27T18:00:00+01:00.",
        "不是有效的时间。示例：2026-11-27T18:00:00+01:00。",
    ),
    "phases.0.name": ({"phases": [PHASE]}, "This key is missing.", "缺少此键。"),
    "phases.0": ({"phases": [1]}, "These are not keys with values.", "不是键值对。"),
    "phases": ({"phases": {}}, "This is not a list.", "不是列表。"),
    "labels": ({"labels": ["a"]}, "Length must be at least 2.", "长度至少为 2。"),
    "limits.budget.max_seconds": ({"limits": {"budget": {"max_seconds": 0}}}, "Must be above 0.", "必须大于 0。"),
    "limits.ranges.method.r.min": (
        {"limits": {"ranges": {"method.r": {"min": "x"}}}},
        "This is not a number.",
        "不是数字。",
    ),
    "slug": (
        {"slug": "A b"},
        "Must match the pattern ^[a-z0-9][a-z0-9_-]{0,63}$.",
        "必须符合模式 ^[a-z0-9][a-z0-9_-]{0,63}$。",
    ),
    "title": ({"title": ""}, "Length must be at least 1.", "长度至少为 1。"),
    "summary": ({"summary": "x" * 301}, "Length must be at most 300.", "长度不能超过 300。"),
    "source": ({"source": 7}, "This is not text.", "不是文本。"),
    "shows_data": ({"shows_data": "yes"}, "This is neither true nor false.", "既不是 true 也不是 false。"),
    "licence": ({"licence": "MIT"}, "There is no such key.", "没有这个键。"),
}  # fmt: skip


@pytest.mark.parametrize("path", WRONG)
def test_each_mistake_is_said_in_the_readers_language(path: str) -> None:
    values, english, chinese = WRONG[path]
    assert (said_of("en", **values)[path], said_of("zh-hans", **values)[path]) == (english, chinese)
