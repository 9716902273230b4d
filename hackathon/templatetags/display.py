"""How times, durations and numbers look in a page. Language-neutral where a table has to stay narrow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _

from hackathon.web.sparkline import sparkline as sparkline_of
from hackathon.web.text import render_markdown
from hackathon.web.translation import translated
from training_worker.contract.metrics import METRICS

register = template.Library()
register.filter("markdown", render_markdown)
register.filter("said", translated)


@register.simple_tag
def echarts_source() -> str:
    """Address of ECharts on this site; "" where it was not installed: then a chart is its table."""
    return static(settings.ECHARTS) if settings.ECHARTS_DIR.is_dir() else ""


@register.filter
def moment(at: datetime | None) -> SafeString:
    """`2026-11-22 14:05` in the zone of the page, as a <time> element; an en dash for None."""
    if at is None:
        return format_html("{}", "–")
    local = timezone.localtime(at)
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), f"{local:%Y-%m-%d %H:%M}")


def _in_words(at: datetime, text: str) -> SafeString:
    """A <time> element with that text, whose title is the exact moment."""
    local = timezone.localtime(at)
    iso, exact = local.isoformat(timespec="seconds"), f"{local:%Y-%m-%d %H:%M}"
    return format_html('<time datetime="{}" title="{}">{}</time>', iso, exact, text)


def ago_text(at: datetime, now: datetime) -> str:
    """How long ago in one unit: "just now", "5 minutes ago"."""
    if now - at < timedelta(minutes=1):
        return _("just now")
    return _("%(time)s ago") % {"time": timesince(at, now, depth=1)}


@register.simple_tag
def ago(at: datetime | None, now: datetime) -> SafeString:
    """`ago_text` with the exact moment; an en dash for None."""
    return format_html("{}", "–") if at is None else _in_words(at, ago_text(at, now))


@register.inclusion_tag("hackathon/_sparkline.html")
def sparkline(values: Sequence[float], step: float, score: str, metric: str) -> dict[str, Any]:
    """A team's running best as a small line that goes up as it improves, and in words with as many decimals as `score`
    has.

    Less than five steps do not fill its height.
    """
    if not values:
        return {"line": None, "text": ""}
    words = _("%(count)d scored submissions, from %(first)s to %(last)s")
    if len(values) == 1:
        words = _("1 scored submission: %(last)s")
    span = {"count": len(values), "first": like(values[0], score), "last": like(values[-1], score)}
    line = sparkline_of([METRICS[metric].sign * value for value in values], least_range=5 * step)
    return {"line": line, "text": words % span}


@register.simple_tag
def age(at: datetime, now: datetime) -> SafeString:
    """As `ago`, for a narrow column of a table: `now`, `12 min ago`, `3 h ago`, `2 d ago`."""
    minutes = max(0, int((now - at).total_seconds() // 60))
    for length, name in ((1440, _("%(count)d d ago")), (60, _("%(count)d h ago")), (1, _("%(count)d min ago"))):
        if minutes >= length:
            return _in_words(at, name % {"count": minutes // length})
    return _in_words(at, _("now"))


@register.simple_tag
def window(opens_at: datetime, closes_at: datetime, now: datetime) -> str:
    """Where `now` lies in a window, in words: "starts in 2 days", "ends in 1 day, 3 hours", "over"."""
    if now < opens_at:
        return _("starts in %(time)s") % {"time": timeuntil(opens_at, now)}
    if now < closes_at:
        return _("ends in %(time)s") % {"time": timeuntil(closes_at, now)}
    return _("over")


@register.filter
def breakable(name: str) -> SafeString:
    """A name with underscores, which may go on in the next line after each of them."""
    return format_html_join(SafeString("_<wbr>"), "{}", ([part] for part in name.split("_")))


@register.filter
def duration(seconds: float | None) -> str:
    """`0.4 s`, `34 s`, `2 min 05 s`, `3 h 20 min`; an en dash for None."""
    if seconds is None:
        return "–"
    if seconds < 10:
        return _("%(seconds)s s") % {"seconds": f"{seconds:.1f}".removesuffix(".0")}
    whole = round(seconds)
    if whole < 60:
        return _("%(seconds)s s") % {"seconds": whole}
    if whole < 3600:
        return _("%(minutes)d min %(seconds)02d s") % {"minutes": whole // 60, "seconds": whole % 60}
    return _("%(hours)d h %(minutes)02d min") % {"hours": whole // 3600, "minutes": whole % 3600 // 60}


@register.filter
def compact(number: float | None) -> str:
    """`935`, `12.4k`, `22.7M`, `1.1B`; an en dash for None."""
    if number is None:
        return "–"
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.1f}".removesuffix(".0") + letter
    return f"{number:g}"


@register.filter
def signed(number: float | None, text: str) -> str:
    """A difference with its sign, with as many decimals as the score `text` has; an en dash for None."""
    if number is None:
        return "–"
    decimals = _decimals(text)
    shown = f"{abs(number):.{decimals}f}"
    if not float(shown):
        return f"±{shown}"
    return ("+" if number > 0 else "−") + shown


@register.filter
def tone(gain: float | None) -> str:
    """Class of a gain: "up" where something became better, "down" where it became worse, else ""."""
    return "up" if gain and gain > 0 else "down" if gain and gain < 0 else ""


@register.filter
def fixed(number: float | None, decimals: int = 3) -> str:
    return "–" if number is None else f"{number:.{decimals}f}"


@register.filter
def percent(part: float, whole: float) -> str:
    """`100 %`, `37 %`, `2.4 %`, `0.013 %`; an en dash of nothing."""
    if not whole:
        return "–"
    share = 100 * part / whole
    return f"{share:.0f} %" if share >= 9.95 else f"{share:.2g} %"


@register.filter
def plain(number: float) -> str:
    """A step or another short number in digits alone: `20`, `0.005`, `0.00002`."""
    return f"{Decimal(repr(float(number))).normalize():f}"


@register.filter
def metric_text(name: str) -> str:
    """A metric's name, and where that is so, that lower is better: `accuracy`, `mse (lower is better)`."""
    return _("%(metric)s (lower is better)") % {"metric": name} if METRICS[name].sign < 0 else name


@register.simple_tag
def metric_name(name: str) -> SafeString:
    """As `metric_text`, the direction in small grey letters."""
    if METRICS[name].sign > 0:
        return format_html("{}", name)
    return format_html('{} <span class="muted small">{}</span>', name, _("lower is better"))


@register.filter
def like(number: float, text: str) -> str:
    """A number with as many decimals as the score `text` has."""
    return f"{number:.{_decimals(text)}f}"


def _decimals(text: str) -> int:
    return len(text.split()[0].partition(".")[2])
