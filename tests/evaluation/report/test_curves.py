"""Precision-recall and calibration curves, and parts of the data, on the page and in the API."""

from __future__ import annotations

from django.utils import translation

from evaluation.report.curves import calibration_chart, precision_chart
from evaluation.report.parts import part_lines
from tests.api import get
from tests.evaluation.report.made_up import class_report, numbers_report
from tests.evaluation.report.validated import validated
from tests.factories import World
from tests.pages import html, page
from training_worker.contract.report import RECALLS, CalibrationBin, PartRow, PrecisionCurve

CURVE = PrecisionCurve(
    label="bird", average_precision=0.75, base=0.5, precisions=tuple(1 - recall / 2 for recall in RECALLS)
)
BIN = CalibrationBin(low=0.8, high=13 / 15, items=3, confidence=0.83, accuracy=2 / 3)
PARTS = (
    PartRow(low=3, high=20, items=4, value=0.75, se=0.25, base=0.5),
    PartRow(slice="<b>old</b>", items=4, value=0.5, se=0.25, base=0.75),
)


def test_every_class_has_a_line_and_the_table_its_points() -> None:
    chart = precision_chart([CURVE])
    assert chart is not None
    assert [key.last for key in chart.keys] == [""]  # its precision at recall 1 says nothing
    assert chart is not None
    assert chart.columns == ["recall", "bird (0.750, base 0.500)"]
    assert (len(chart.rows), chart.rows[0], chart.rows[-1]) == (21, ("0", ["1"]), ("1", ["0.5"]))
    assert precision_chart([]) is None
    alone = precision_chart([CURVE.model_copy(update={"base": None})])
    assert alone is not None
    assert alone.columns[1] == "bird (0.750)"


def test_the_bins_are_marks_and_rows() -> None:
    chart = calibration_chart([BIN])
    assert chart is not None
    assert chart.spec["points"] == [(0.83, 2 / 3)]
    assert chart.rows == [("0.80 … 0.87", ["3", "0.830", "0.667"])]
    assert calibration_chart([]) is None


def test_parts_are_told_by_length_or_slice() -> None:
    lines = part_lines(class_report(parts=PARTS))
    assert [(line.name, line.items, line.value, line.base, line.gain) for line in lines] == [
        ("3 to 20 characters", 4, "0.7500", "0.5000", 0.25),
        ("<b>old</b>", 4, "0.5000", "0.7500", -0.25),
    ]
    error = part_lines(numbers_report().model_copy(update={"parts": PARTS[:1]}))[0]
    assert (error.value, error.gain) == ("0.7500", -0.25)
    with translation.override("zh-hans"):
        assert part_lines(class_report(parts=PARTS))[0].name == "3 至 20 个字符"


def test_the_page_and_the_api_have_them(world: World) -> None:
    submission = validated(world, class_report(curves=(CURVE,), calibration=(BIN,), parts=PARTS))
    text = html(page(world, "captain", f"/s/{submission.pk}/"))
    assert "Precision at each recall" in text
    assert "0.80 … 0.87" in text
    assert "<bdi>&lt;b&gt;old&lt;/b&gt;</bdi>" in text
    found = get(world, "captain", f"submissions/{submission.pk}/report/").json()["validation"]
    assert found["curves"][0]["average_precision"] == 0.75
    assert found["calibration"][0]["items"] == 3
    assert [part["slice"] for part in found["parts"]] == ["", "<b>old</b>"]
