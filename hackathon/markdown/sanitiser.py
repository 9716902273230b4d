"""The short list of elements, attributes and addresses that HTML made from what people write may hold."""

from __future__ import annotations

import nh3

from .document import PREFIX

_MATH = {
    "math": {"display"},
    "mfrac": {"linethickness"},
    "mi": {"mathvariant"},
    "mn": {"mathvariant"},
    "mo": {"accent", "fence", "form", "largeop", "maxsize", "minsize", "movablelimits", "separator", "stretchy"},
    "mover": {"accent"},
    "mpadded": {"depth", "height", "lspace", "voffset", "width"},
    "mphantom": set(),
    "mroot": set(),
    "mrow": set(),
    "mspace": {"width"},
    "msqrt": set(),
    "mstyle": {"displaystyle", "scriptlevel"},
    "msub": set(),
    "msubsup": set(),
    "msup": set(),
    "mtable": {"displaystyle"},
    "mtd": {"columnalign"},
    "mtext": {"mathvariant"},
    "mtr": set(),
    "munder": {"accentunder"},
    "munderover": {"accent", "accentunder"},
}
_HTML: dict[str, set[str]] = {
    **{name: {"id"} for name in ("h3", "h4", "h5", "h6", "li")},
    **{
        name: set()
        for name in ("p", "br", "hr", "ul", "blockquote", "code", "em", "strong", "s", "sup", "span", "section")
    },
    **{name: set() for name in ("table", "thead", "tbody", "tr", "th", "td")},
    "a": {"href", "title", "id", "aria-label"},
    "div": {"role", "tabindex", "aria-label"},
    "img": {"src", "alt", "title"},
    "input": {"checked", "disabled", "aria-label"},
    "nav": {"aria-label"},
    "ol": {"start"},
    "pre": set(),
}
_CLASSES = {
    "div": {"scroll", "formula"},
    "li": {"task-list-item", "footnote-item"},
    "nav": {"toc"},
    "section": {"footnotes"},
    "span": {"formula"},
    "td": {"start", "center", "end"},
    "th": {"start", "center", "end"},
}


def _only_ours(tag: str, name: str, value: str) -> str | None:
    """Ids that cannot be the page's; `data:` as an image alone."""
    if name == "id" and PREFIX not in value:
        return None
    return None if name == "href" and value.strip().lower().startswith("data:") else value


CLEANER = nh3.Cleaner(
    tags={*_HTML, *_MATH},
    attributes={**_HTML, **_MATH},
    attribute_filter=_only_ours,
    allowed_classes=_CLASSES,
    tag_attribute_values={"input": {"type": {"checkbox"}}},
    set_tag_attribute_values={"pre": {"tabindex": "0"}, "img": {"loading": "lazy"}},
    url_schemes={"http", "https", "mailto", "data"},
    link_rel="nofollow noopener noreferrer",
)
