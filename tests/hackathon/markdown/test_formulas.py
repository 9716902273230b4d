"""Formulas are MathML, or shown exactly as typed; amounts of money are text."""

from __future__ import annotations

import re

import pytest

from hackathon.markdown.render import to_html


def formulas(text: str) -> list[str]:
    """Of each, whether it stands in the line and what is read."""
    found = re.findall(r'<math display="(\w+)">(.*?)</math>', to_html(text))
    return [f"{display} {re.sub('<.*?>', '', inside)}" for display, inside in found]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("$x^2$ is 5", ["inline x2"]),
        (r"\(a<b\)", ["inline a&lt;b"]),
        ("$2x + 1$, $a_1$ and $b_1$.", ["inline 2x+1", "inline a1", "inline b1"]),
        ("so $$a=b$$ holds", ["block a=b"]),
        ("as in\n$$\na\n- b\n= c\n$$\nabove", ["block a−b=c"]),
        ("- item\n  $$\n  a\n  $$", ["block a"]),
        ("|a|\n|-|\n|$x$|", ["inline x"]),
        (r"$$\begin{aligned}a &= b\\ c &= d\end{aligned}$$", ["block a=bc=d"]),
        (r"$\arg\min_x f(x)$", ["inline argminxf(x)"]),
        (r"$\text{if } x < 3$", ["inline if&nbsp;x&lt;3"]),
    ],
)
def test_formulas(text: str, read: list[str]) -> None:
    assert formulas(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "$500 to $900",
        "$1,500, $2k and 300$",
        "a prize of $500 and a 20$ voucher",
        "$5 million (US$)",
        "between US$5 and A$7",
        "$ x $",
        r"\$x\$",
        "`$x$`",
        "$",
        "$$",
        "$$$$",
    ],
)
def test_no_formulas(text: str) -> None:
    html = to_html(text)
    assert "<math" not in html
    assert 'class="formula"' not in html


@pytest.mark.parametrize(
    "latex",
    [
        r"\foo{x}",  # unknown
        r"\frac{1",  # half
        r"a & b",  # columns of no table
        r"\begin{gather}a\\b\end{gather}",  # unknown
        r"}{",
        r"\def\a{b}\a",  # names
        r"\newcommand{\a}{b}\a",
        "x" * 1001,
        r"<b>\foo",
    ],
)
def test_what_is_not_understood_is_shown_as_typed(latex: str) -> None:
    typed = latex.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert to_html(f"a $$x$$\n\n$$\n{latex}\n$$").split("</p>\n")[1] == (
        f'<div class="formula" tabindex="0"><span class="formula">$$\n{typed}\n$$</span></div>\n'
    )


def test_a_matrix_keeps_its_shape() -> None:
    html = to_html(r"$$\begin{pmatrix}a & b\\ c & d\end{pmatrix}$$")
    assert (
        "<mtr><mtd><mi>a</mi></mtd><mtd><mi>b</mi></mtd></mtr><mtr><mtd><mi>c</mi></mtd><mtd><mi>d</mi></mtd></mtr>"
        in html
    )
