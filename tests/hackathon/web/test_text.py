"""Numbers, moments and curves as text and markup; user text is rendered once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import override
from redis.exceptions import ConnectionError as CacheGone

from hackathon.markdown.render import to_html_or_as_typed
from hackathon.templatetags.display import breakable, compact, duration, like, moment, signed, window
from hackathon.web.allowed_fields import allowed_groups
from hackathon.web.charts import Bars, Series, bar_chart, line_chart, thin
from hackathon.web.text import render_markdown
from training_worker.contract.limits import ChallengeLimits
from training_worker.contract.tasks import TASKS

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)


def test_a_text_is_rendered_once_and_again_for_another_language_or_renderer() -> None:
    text = "[TOC]\n\n# Once"
    with patch("hackathon.web.text.to_html_or_as_typed", wraps=to_html_or_as_typed) as rendering:
        shown = render_markdown(text)
        assert render_markdown(text) == shown
        assert rendering.call_count == 1
        assert '<h3 id="user-content-once">Once</h3>' in shown
        with override("zh-hans"):
            render_markdown(text)
        assert rendering.call_count == 2
        with patch("hackathon.web.text.renderer_version", return_value="another"):
            render_markdown(text)
        assert rendering.call_count == 3


def test_what_is_kept_is_still_markup_and_not_text() -> None:
    first, second = (
        Template("{% load display %}{{ text|markdown }}").render(Context({"text": "*a*"})) for _ in range(2)
    )
    assert first == second == "<p><em>a</em></p>\n"


def test_a_cache_that_is_away_costs_a_rendering_and_nothing_else() -> None:
    with patch("hackathon.web.kept.cache.get", side_effect=CacheGone), patch("hackathon.web.kept.cache.set") as put:
        put.side_effect = CacheGone
        assert render_markdown("*away*") == "<p><em>away</em></p>\n"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, "–"), (0.0, "0 s"), (0.42, "0.4 s"), (34.4, "34 s"), (125, "2 min 05 s"), (12_000, "3 h 20 min")],
)
def test_durations(seconds: float | None, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [(None, "–"), (935, "935"), (12_400, "12.4k"), (22_713_216, "22.7M"), (1.1e9, "1.1B")]
)
def test_compact_numbers(number: float | None, shown: str) -> None:
    assert compact(number) == shown


def test_a_name_may_break_after_its_underscores_and_stays_text() -> None:
    assert breakable("max_grad_norm") == "max_<wbr>grad_<wbr>norm"
    assert breakable("a_<b>") == "a_<wbr>&lt;b&gt;"


@pytest.mark.parametrize(
    ("gain", "score", "shown"),
    [
        (None, "0.83 ± 0.02", "–"),
        (0.07, "0.825 ± 0.015", "+0.070"),
        (-0.1, "0.5 ± 0.1", "−0.1"),
        (0.0, "0.83 ± 0.02", "±0.00"),
    ],
)
def test_gains_have_the_decimals_of_their_score(gain: float | None, score: str, shown: str) -> None:
    assert signed(gain, score) == shown


def test_a_number_may_borrow_the_decimals_of_a_score() -> None:
    assert like(0.8, "0.825 ± 0.015") == "0.800"


def test_a_moment_is_shown_in_the_zone_of_the_page() -> None:
    with timezone.override("Asia/Shanghai"):
        assert moment(NOW) == '<time datetime="2030-01-01T20:00:00+08:00">2030-01-01 20:00</time>'


@pytest.mark.parametrize(
    ("opens", "closes", "words"),
    [(1, 2, "starts in 1\xa0hour"), (-1, 2, "ends in 2\xa0hours"), (-2, -1, "over"), (-2, 0, "over")],
)
def test_a_window_in_words(opens: int, closes: int, words: str) -> None:
    assert window(NOW + timedelta(hours=opens), NOW + timedelta(hours=closes), NOW) == words


def test_a_line_chart_says_the_same_as_its_table() -> None:
    lines = [Series("train", [(0, 0.9), (10, 0.5)]), Series("none", []), Series("validation", [(10, 0.61234)])]
    chart = line_chart("Loss", lines, x_name="step", x_max=20)
    assert chart is not None
    assert chart.columns == ["step", "train", "validation"]
    assert chart.rows == [("0", ["0.9", ""]), ("10", ["0.5", "0.6123"])]
    assert chart.summary == "Loss: train 0.5, validation 0.6123"
    assert chart.spec["x_max"] == 20
    assert [(line["points"], line["dashed"]) for line in chart.spec["series"]] == [
        ([(0, 0.9), (10, 0.5)], False),
        ([(10, 0.61234)], True),
    ]


def test_a_line_of_a_bounded_metric_keeps_its_axis_within_the_bounds() -> None:
    lines = [Series("validation", [(10, 0.98)])]
    bounded = line_chart("Accuracy", lines, x_name="step", bounds=(0.0, 1.0))
    free = line_chart("Loss", lines, x_name="step")
    assert bounded is not None
    assert free is not None
    assert bounded.spec["y_axis"] == {"min": 0.95, "max": 1.0, "interval": 0.01}
    assert free.spec["y_axis"] == {}


def test_a_bar_chart_says_the_same_as_its_table() -> None:
    bars = [Bars("scored", [3, 0], tone="good"), Bars("failed", [1, 2])]
    chart = bar_chart("Submissions", ["10:00", "11:00"], bars, category_name="hour", stacked=True)
    assert chart is not None
    assert chart.columns == ["hour", "scored", "failed"]
    assert chart.rows == [("10:00", ["3", "1"]), ("11:00", ["0", "2"])]
    assert [(key.name, key.tone) for key in chart.keys] == [("scored", "good"), ("failed", "series-2")]
    assert chart.spec["stacked"] is True
    assert chart.summary == "Submissions: scored at most 3 (10:00); failed at most 2 (11:00)"


def test_nothing_to_draw_no_chart() -> None:
    assert line_chart("Loss", [Series("train", [])], x_name="step") is None
    assert bar_chart("Failures", ["oom"], [Bars("failed", [0])], category_name="class") is None


def test_a_chart_is_its_table_where_echarts_is_not_installed(settings: Any, tmp_path: Path) -> None:
    chart = line_chart("</script><b>", [Series("train", [(0, 0.9)])], x_name="step")
    shown = render_to_string("hackathon/_chart.html", {"chart": chart, "id": "curve"})
    assert "data-echarts=" in shown
    assert "</script><b>" not in shown
    settings.ECHARTS_DIR = tmp_path / "none"
    without = render_to_string("hackathon/_chart.html", {"chart": chart, "id": "curve"})
    assert "data-echarts=" not in without
    assert '<details id="curve-table" open>' in without
    assert '<td class="num">0.9</td>' in without


def test_thinning_keeps_both_ends_and_drops_what_is_not_a_number() -> None:
    points = [(float(x), float(x)) for x in range(1001)]
    kept = thin([*points, (2000.0, float("nan"))], limit=100)
    assert kept[0] == points[0]
    assert kept[-1] == points[-1]
    assert len(kept) <= 102


def test_allowed_fields_are_narrowed_to_the_challenge() -> None:
    limits = ChallengeLimits.model_validate(
        {"base_models": ("a",), "methods": ("lora",), "ranges": {"training.max_length": {"min": 8.0, "max": 64.0}}}
    )
    lora, training = allowed_groups(limits, TASKS["text-classification"], {"method.lora.r": "4"})
    names = ["r", "lora_alpha", "lora_dropout", "target_modules", "use_dora", "use_rslora"]
    assert [field.name for field in lora.fields] == names
    assert [field.default for field in lora.fields] == ["4", "", "", "", "", ""]
    writer, _training = allowed_groups(limits, TASKS["text-generation"], {})
    assert [field.name for field in writer.fields][6:] == ["dtype", "load_in_4bit"]
    allowed = {field.name: field.allowed for field in training.fields}
    assert allowed["max_length"] == "8 … 64"
    assert allowed["num_train_epochs"] == "1 … 100"


def test_techniques_are_listed_and_unused_fields_are_not() -> None:
    ranges = {"techniques.fgm.epsilon": {"min": 0.5, "max": 2.0}}
    limits = ChallengeLimits.model_validate(
        {"base_models": ("a",), "methods": ("full",), "techniques": ("fgm", "noise_injection"), "ranges": ranges}
    )
    _full, training, noise, fgm = allowed_groups(limits, TASKS["text-regression"], {"techniques.fgm.epsilon": "0.5"})
    assert (noise.name, fgm.name) == ("technique: noise_injection", "technique: fgm")
    assert [(field.name, field.allowed, field.default) for field in fgm.fields] == [("epsilon", "0.5 … 2", "0.5")]
    assert fgm.description.startswith("Adversarial training by the fast gradient method: each step also learns from")
    assert [field.name for field in noise.fields] == ["copies", "probability"]
    assert "label_smoothing_factor" not in [field.name for field in training.fields]
