"""What people write in Markdown is shown as they meant it, and nothing of it runs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils.translation import override

from hackathon.markdown.render import to_html
from hackathon.web.middleware import CSP
from tests.pages import HOSTILE, live_markup

REL = 'rel="nofollow noopener noreferrer"'


def shown(text: str) -> str:
    """Without the line breaks between elements."""
    return re.sub(r">\n+<", "><", to_html(text)).strip()


def test_hostile_markdown_is_inert() -> None:
    html = to_html(
        HOSTILE
        + "\n\n```\n<script>alert(7)</script>\n```\n\n![x](javascript:alert(8)) <javascript:alert(9)>\n\n"
        + r"$\href{javascript:alert(10)}{x}$ $\style{color:red}{x}$ $\text{<img src=x onerror=alert(11)>}$"
        + '\n\n[a](https://x.org"onclick="alert(12)) [b][c]\n\n[c]: data:text/html,<script>alert(13)</script>'
    )
    assert live_markup(html) == []
    assert not re.search(r"<(script|svg|img|b|style|iframe)\b|<[^>]* style=|=\"(data|javascript):", html)
    assert "alert(1)" in html  # as typed


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<label> and a<b && x>y", "<p>&lt;label&gt; and a&lt;b &amp;&amp; x&gt;y</p>"),
        (
            "<b>bold</b>\n\n<div>\n*a*\n</div>",
            "<p>&lt;b&gt;bold&lt;/b&gt;</p><p>&lt;div&gt;\n<em>a</em>\n&lt;/div&gt;</p>",
        ),
        ("<!-- no -->", "<p>&lt;!-- no --&gt;</p>"),
        ("Rules:\n- a\n- b", "<p>Rules:</p><ul><li>a</li><li>b</li></ul>"),
        ("Rules:\n1. a\n2. b", "<p>Rules:</p><ol><li>a</li><li>b</li></ol>"),
        ("- a\n  - b\n    - c", "<ul><li>a\n<ul><li>b\n<ul><li>c</li></ul></li></ul></li></ul>"),
        (
            "- a\n  ```python\n  if a < b:\n      c\n  ```",
            '<ul><li>a<pre tabindex="0"><code>if a &lt; b:\n    c\n</code></pre></li></ul>',
        ),
        ("~~x~~ and 5~10, 20~30", "<p><s>x</s> and 5~10, 20~30</p>"),
        (
            "- [ ] a\n- [x] b",
            '<ul><li class="task-list-item"><input type="checkbox" disabled="" aria-label="not done"> a</li>'
            '<li class="task-list-item"><input type="checkbox" disabled="" checked="" aria-label="done"> b</li></ul>',
        ),
        ("# A\n\n###### B", '<h3 id="user-content-a">A</h3><h6 id="user-content-b">B</h6>'),
        ("a  \nb\nc", "<p>a<br>\nb\nc</p>"),
        ("**重要**：`a`", "<p><strong>重要</strong>：<code>a</code></p>"),
    ],
)
def test_it_keeps_what_people_write(text: str, html: str) -> None:
    assert shown(text) == html


def test_a_table_may_follow_a_sentence_and_is_scrolled_by_keyboard() -> None:
    html = shown("As follows:\n| a | b |\n|:-:|--:|\n| 1 | `x` |")
    assert html.startswith('<p>As follows:</p><div class="scroll" role="group" tabindex="0" aria-label="Table"><table>')
    assert '<th class="center">a</th><th class="end">b</th>' in html
    assert '<td class="center">1</td><td class="end"><code>x</code></td>' in html


def test_footnotes_lead_there_and_back_by_ids_that_are_not_the_pages() -> None:
    html = shown("One[^a] and again[^a].\n\n[^a]: The *note*.")
    assert f'<a href="#fn-user-content-1" id="fnref-user-content-1" {REL}>[1]</a>' in html
    assert f'<a href="#fn-user-content-1" id="fnref-user-content-1:1" {REL}>[1]</a>' in html
    assert (
        '<section class="footnotes"><ol><li id="fn-user-content-1" class="footnote-item"><p>The <em>note</em>.' in html
    )
    assert f'<a href="#fnref-user-content-1" aria-label="Back to the text" {REL}>' in html


def test_headings_have_ids_of_their_own_and_links_find_them() -> None:
    html = shown(
        "# Data & rules\n\n## 数据\n\n# Data & rules\n\n# submit\n\n# !\n\n[a](#data--rules) [b](#数据) [c](#elsewhere)"
    )
    ids = ["data--rules", "数据", "data--rules-1", "submit", "section"]
    assert re.findall(r'id="(.*?)"', html) == [f"user-content-{one}" for one in ids]
    assert re.findall(r'href="(.*?)"', html) == [
        "#user-content-data--rules",
        "#user-content-%E6%95%B0%E6%8D%AE",
        "#elsewhere",
    ]


def test_contents_are_nested_as_the_headings_and_stand_once() -> None:
    html = shown("[TOC]\n\n# A `x`\n\n### B\n\n## C\n\n# D <i>\n\n[TOC]")
    lines = [
        '<nav class="toc" aria-label="Contents"><ul>',
        f'<li><a href="#user-content-a-x" {REL}>A x</a>',
        f'<ul><li><a href="#user-content-b" {REL}>B</a></li></ul>',
        f'<ul><li><a href="#user-content-c" {REL}>C</a></li></ul></li>',
        f'<li><a href="#user-content-d-i" {REL}>D &lt;i&gt;</a></li></ul></nav>',
    ]
    assert html.startswith("".join(lines))
    assert html.endswith("<p>[TOC]</p>")


@pytest.mark.parametrize(
    "source", ["/static/a.png", "a.png", "https://hack.example.org/a.png", "data:image/png;base64,AA=="]
)
def test_images_that_the_page_may_load_are_shown(source: str, settings: Any) -> None:
    settings.SITE_URL = "https://hack.example.org"
    assert shown(f"![a *cat*]({source})") == f'<p><img src="{source}" alt="a cat" loading="lazy"></p>'


@pytest.mark.parametrize(
    "source", ["https://elsewhere.org/a.png", "http://hack.example.org/a.png", "//elsewhere.org/a.png"]
)
def test_other_images_are_links_with_their_text(source: str, settings: Any) -> None:
    settings.SITE_URL = "https://hack.example.org"
    assert shown(f"![a cat]({source})") == f'<p><a href="{source}" {REL}>a cat</a></p>'
    assert shown(f"![]({source})") == f'<p><a href="{source}" {REL}>{source}</a></p>'
    assert shown(f"[![a cat]({source})](/there/)") == f'<p><a href="/there/" {REL}>a cat</a></p>'


def test_what_images_may_be_loaded_is_what_the_policy_says() -> None:
    assert "img-src 'self' data:;" in CSP


def test_labels_are_in_the_readers_language() -> None:
    with override("zh-hans"):
        html = to_html("[TOC]\n\n- [x] a\n\n|a|\n|-|\n\nb[^c]\n\n[^c]: d\n\n# e")
    assert re.findall(r'aria-label="(.*?)"', html) == ["目录", "已完成", "表格", "返回正文"]
