"""Labels, lengths and true values of train beside those of validation: shares, as the splits differ in size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from django.utils.translation import gettext as _

from hackathon.answers import answers_of
from hackathon.web.charts import Bars, Chart, bar_chart
from training_worker.contract.tasks.spec import OutputKind

from .facts import DataFacts, Distribution

MOST_BARS = 30
"""Of labels, the most frequent in train first where there are more."""


def data_charts(facts: DataFacts, *, labels: Sequence[str], output: OutputKind) -> list[Chart]:
    """`labels` are what the data is counted by, in order."""
    made = (
        _label_chart(facts, labels, output),
        _distribution_chart(
            _("Share of examples by length (%)"),
            _("tokens (estimated)"),
            facts.train.lengths,
            facts.validation.lengths,
            whole=True,
        ),
        _distribution_chart(
            _("Share of examples by how long they last (%)"),
            _("seconds"),
            facts.train.seconds,
            facts.validation.seconds,
            whole=False,
        ),
        _distribution_chart(
            _("Share of examples by true value (%)"),
            _("true value"),
            facts.train.values,
            facts.validation.values,
            whole=False,
        ),
    )
    return [chart for chart in made if chart is not None]


def _label_chart(facts: DataFacts, labels: Sequence[str], output: OutputKind) -> Chart | None:
    words = answers_of(output).label_words
    title = words.title
    if len(labels) > MOST_BARS:
        title = _("%(title)s, the %(count)d most frequent of %(all)d") % {
            "title": title,
            "count": MOST_BARS,
            "all": len(labels),
        }
        labels = sorted(labels, key=lambda label: -facts.train.labels[label])[:MOST_BARS]
    train, validation = facts.train.labels, facts.validation.labels
    return bar_chart(
        title,
        list(labels),
        _bars(
            _shares([train[label] for label in labels], sum(train.values())),
            _shares([validation[label] for label in labels], sum(validation.values())),
        ),
        category_name=words.axis,
    )


def _distribution_chart(
    title: str, name: str, train: Distribution | None, validation: Distribution | None, *, whole: bool
) -> Chart | None:
    if train is None or validation is None:
        return None
    bars = _bars(*(_shares(split.counts, sum(split.counts)) for split in (train, validation)))
    return bar_chart(title, list(_bins(train.edges, whole=whole)), bars, category_name=name)


def _bins(edges: Sequence[float], *, whole: bool) -> Iterator[str]:
    """Names of the bins: of whole numbers by their first and last, else by both edges; the last one is open."""
    for start, end in pairwise(edges):
        if not whole:
            yield f"{start:g} – {end:g}"
        else:
            yield f"{start:g}–{end - 1:g}" if end - 1 > start else f"{start:g}"
    yield f"≥ {edges[-1]:g}"


def _bars(train: Sequence[float], validation: Sequence[float]) -> list[Bars]:
    return [Bars(_("training"), train, tone="series-1"), Bars(_("validation"), validation, tone="series-2")]


def _shares(counts: Sequence[int], total: int) -> list[float]:
    return [round(100 * count / total, 2) if total else 0.0 for count in counts]
