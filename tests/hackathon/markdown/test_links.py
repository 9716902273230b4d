"""Bare addresses are links that end where the address does, in Chinese sentences too."""

from __future__ import annotations

import re

import pytest

from hackathon.markdown.render import to_html


def links(text: str) -> list[tuple[str, str]]:
    return re.findall(r'<a href="(.*?)" rel="nofollow noopener noreferrer">(.*?)</a>', to_html(text))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("See https://example.org/a_b_c, then.", "https://example.org/a_b_c"),
        ("(https://en.wikipedia.org/wiki/A_(b))", "https://en.wikipedia.org/wiki/A_(b)"),
        ("见https://example.org/a，后面", "https://example.org/a"),
        ("访问https://example.org了解更多", "https://example.org"),
        ("**https://example.org/**", "https://example.org/"),
        ("http://localhost:8000/x?", "http://localhost:8000/x"),
        ("| a |\n|-|\n| https://example.org/x |", "https://example.org/x"),
        ("<https://example.org/y>", "https://example.org/y"),
    ],
)
def test_an_address(text: str, address: str) -> None:
    assert links(text) == [(address, address)]


def test_an_address_without_its_scheme_and_one_of_mail() -> None:
    assert links("www.example.org and a.b@example.org.") == [
        ("http://www.example.org", "www.example.org"),
        ("mailto:a.b@example.org", "a.b@example.org"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "train.py, README.md",
        "https:// x",
        "xhttps://example.org",
        "`https://example.org`",
        "a@b",
        "www.",
        "@example.org",
    ],
)
def test_no_address(text: str) -> None:
    assert links(text) == []


def test_an_address_in_a_link_is_no_second_link() -> None:
    assert links("[https://a.org and more](https://b.org)") == [("https://b.org", "https://a.org and more")]
