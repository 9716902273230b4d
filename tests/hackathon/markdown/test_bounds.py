"""No text, however odd, takes long: it is refused by counts that are the same on every machine."""

from __future__ import annotations

import time

import pytest
from django.core.exceptions import ValidationError

from hackathon.markdown import render
from hackathon.markdown.bounds import LONGEST, MOST_LINES, TooComplex
from hackathon.markdown.render import to_html, to_html_or_as_typed, validate_markdown

PATTERNS = [
    *("[", "]", "![", "[](", "[a](", "[a][", "[^", "[^a]: [^a", "*", "*a ", "a*", "**a *b ", "*_", "_a_", "`", "~~a "),
    *(
        ">",
        "- ",
        "- a\n",
        "1. a\n",
        "> a\n",
        "# a\n",
        "---\n",
        "a\n=\n",
        "```\n",
        "    a\n",
        "a|b\n-|-\n",
        "a|b\n",
        "\n",
        "\t",
    ),
    *(
        "$",
        "$a ",
        "$x$ ",
        "$$",
        "$$\n",
        "$$\na\n",
        r"\(",
        r"\(x\) ",
        r"\$",
        r"$\$",
        "&",
        "&a;",
        "<",
        "<a ",
        "<!--",
        "\\",
        "\0",
    ),
    *(
        ":",
        "http:",
        "http://",
        "http:// ",
        "http://a.b(",
        "://",
        "www.",
        "w",
        "@",
        "a@",
        "a@b.",
        "a@b.cc ",
        "中**文**",
        "| ",
    ),
    *(
        "[a]: b\n",
        "[a]: b ",
        "[^a]: b\n\n",
        "- [ ] a\n",
        "[TOC]\n\n",
        r"$\frac{1}{2}$ ",
        "$((((((((((((((((((((((((((((((x$ ",
    ),
]


@pytest.mark.long  # it measures, which a busy machine spoils
@pytest.mark.parametrize("pattern", PATTERNS, ids=repr)
def test_the_longest_text_of_a_pattern_is_short_work(pattern: str) -> None:
    text = pattern * min(LONGEST // len(pattern), (MOST_LINES - 1) // max(pattern.count("\n"), 1))
    began = time.thread_time()
    to_html_or_as_typed(text)
    assert time.thread_time() - began < 2  # 0.25 s where the machine is quiet; a quadratic one takes 5 s and more


@pytest.mark.long  # as above
def test_backticks_of_every_length_are_short_work() -> None:
    began = time.thread_time()
    to_html_or_as_typed(" ".join("`" * length for length in range(1, 310)))
    assert time.thread_time() - began < 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a" * (LONGEST + 1), "This text has more than 50000 characters."),
        ("\n" * MOST_LINES, "This text has more than 5000 lines."),
        ("> " * 20 + "a", "Lists or quotes are nested too deeply."),
        ("|a" * 50 + "\n" + "|-" * 50 + "\n" + "a\n" * 100, "A table has more than 2000 cells."),
        ("[a](b) " * 7000, "This text takes too long to show: make it shorter, or simpler."),
        (
            "[a]: " + "b" * 25_000 + "\n\n" + "[a]" * 100,
            "This text takes too long to show: make it shorter, or simpler.",
        ),
        (("$" + "x" * 900 + "$ ") * 12, "This text takes too long to show: make it shorter, or simpler."),
    ],
)
def test_what_is_refused_says_why_and_is_still_shown(text: str, why: str) -> None:
    with pytest.raises(TooComplex) as refused:
        to_html(text)
    assert str(refused.value) == why
    with pytest.raises(ValidationError, match=why):
        validate_markdown(text)
    assert to_html_or_as_typed(text) == f'<pre tabindex="0">{text}</pre>'.replace("> >", "&gt; &gt;").replace(
        "> a<", "&gt; a<"
    )


def test_what_takes_longer_than_a_fifth_of_a_second_twice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    took = iter([0.3, 0.1, 0.3, 0.21])
    monkeypatch.setattr(render, "_seconds", lambda text: next(took))
    validate_markdown("slow once")
    with pytest.raises(ValidationError, match="takes too long"):
        validate_markdown("slow")


def test_a_long_description_is_taken() -> None:
    paragraph = "The *quick* brown fox jumps over the `lazy` dog, see [this](https://example.org/). " * 6
    table = "| a | b | c |\n|---|---|---|\n" + "| 1 | `2` | $3$ |\n" * 50
    text = "\n\n".join([f"# Part {number}\n\n{paragraph}\n\n- one\n  - two\n" for number in range(80)] + [table])
    assert 48_000 > len(text) > 40_000
    assert to_html(text).count("<h3 ") == 80
