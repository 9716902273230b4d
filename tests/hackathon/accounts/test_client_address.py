"""Whom rate limits count. Whatever a header says, the answer is never an error of ours."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.test import Client, RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from hackathon.accounts.adapter import AccountAdapter

ODD = [
    "",
    ",",
    "unknown",
    "1.2.3",
    "1.2.3.4.5",
    "[",
    "[]",
    "[]:80",
    "[::1",
    "::1]:1",
    "x" * 10_000,
    "\x00",
    "\xe9",
    "%",
    ":",
]


def counted(forwarded: str, remote: str = "10.0.0.1") -> str:
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR=remote)
    return AccountAdapter(request).get_client_ip(request)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "1.1.1.1", "10.0.0.1"),
        (1, "1.1.1.1", "1.1.1.1"),
        (1, "9.9.9.9, 1.1.1.1", "1.1.1.1"),
        (2, "9.9.9.9, 1.1.1.1, 2.2.2.2", "1.1.1.1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "1.1.1.1:4711", "1.1.1.1"),
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
        (2, "1.1.1.1", "10.0.0.1"),  # less than was promised
        (1, "", "10.0.0.1"),
        (1, "garbage", "10.0.0.1"),
        (1, "1.1.1.1, garbage", "10.0.0.1"),
    ],
)
def test_the_proxies_word_where_it_is_as_promised_else_our_peer(
    settings: LazySettings, proxies: int, forwarded: str, expected: str
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    assert counted(forwarded) == expected


@given(st.text(st.characters(max_codepoint=255), max_size=200), st.sampled_from(["10.0.0.1", "", "unix", "::1"]))
def test_no_header_is_an_error(forwarded: str, remote: str) -> None:
    for proxies in (1, 2):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("django.conf.settings.ALLAUTH_TRUSTED_PROXY_COUNT", proxies, raising=False)
            assert counted(forwarded, remote)


@pytest.mark.django_db
@pytest.mark.parametrize("proxies", [0, 1, 2])
@pytest.mark.parametrize("forwarded", ODD)
def test_a_login_and_a_sign_up_survive_it(settings: LazySettings, proxies: int, forwarded: str) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    headers = {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": forwarded, "X-Forwarded-Host": forwarded}
    for path in ("/login/", "/signup/", "/password/reset/"):
        response = Client().post(path, {"login": "a@example.org", "password": "x", "email": "a"}, headers=headers)
        assert response.status_code in {200, 404}, path
