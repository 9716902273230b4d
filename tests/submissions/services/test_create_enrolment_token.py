"""The operator's command that lets one node join."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from hackathon.accounts.tokens import new_token
from hackathon.errors import NotAllowed
from submissions.models import EnrolmentToken
from submissions.services.nodes import enrol_node

pytestmark = pytest.mark.django_db


def test_the_printed_token_lets_one_node_join_and_is_not_kept(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_enrolment_token")
    token = capsys.readouterr().out.strip()
    assert token.startswith("hte_")
    assert token not in str(EnrolmentToken.objects.values().get())
    node = enrol_node(token=token, name="gpu-1", worker_token=new_token("htw"))
    assert EnrolmentToken.objects.get().node == node
    with pytest.raises(NotAllowed):
        enrol_node(token=token, name="gpu-2", worker_token=new_token("htw"))


@pytest.mark.parametrize("hours", ["0", "-1", "721", "nan"])
def test_odd_lifetimes_are_refused(hours: str) -> None:
    with pytest.raises(CommandError, match="--hours"):
        call_command("create_enrolment_token", "--hours", hours)
    assert not EnrolmentToken.objects.exists()
