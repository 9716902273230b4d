"""Importing a bundle again: every change is said, teams' terms change only on a yes, what has begun stays."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from hackathon.bundles.problems import ProblemsFound
from hackathon.enums import ScoreVisibility
from hackathon.models import Challenge, ChallengeData, Hackathon, Phase
from hackathon.services.import_challenge import ImportedChallenge, NeedsConsent, import_challenge
from submissions.models import Job
from submissions.services.dispatch import job_spec
from tests.api import client_of, config
from tests.factories import BaseModelFactory, World
from tests.hackathon.bundles.test_import import bundle, hackathon

__all__ = ["bundle", "hackathon"]
pytestmark = pytest.mark.django_db
PRECISION, QUOTA = "precision: fp32", "per_day: 20"

TOKYO = ZoneInfo("Asia/Tokyo")


def edit(bundle: Path, *changes: tuple[str, str]) -> None:
    path = bundle / "challenge.yaml"
    for old, new in changes:
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))


def when(**delta: float) -> str:
    return (timezone.now().replace(microsecond=0) + timedelta(**delta)).isoformat()


def times(**times: str) -> tuple[str, str]:
    """An edit that gives the phase these times."""
    return PRECISION, "\n    ".join([PRECISION, *(f"{name}: {time}" for name, time in times.items())])


def problems_of(folder: Path, hackathon: Hackathon, *, agreed: bool = True) -> list[str]:
    before = list(Phase.objects.order_by("pk").values()), list(Challenge.objects.values())
    with pytest.raises(ProblemsFound) as caught:
        import_challenge(folder=folder, hackathon=hackathon, agreed=agreed)
    assert (list(Phase.objects.order_by("pk").values()), list(Challenge.objects.values())) == before
    return [str(problem) for problem in caught.value.problems]


def asked(folder: Path, hackathon: Hackathon) -> list[str]:
    """What an import says that it would change. It has changed nothing."""
    before = list(Phase.objects.order_by("pk").values()), list(Challenge.objects.values())
    with pytest.raises(NeedsConsent) as caught:
        import_challenge(folder=folder, hackathon=hackathon)
    assert (list(Phase.objects.order_by("pk").values()), list(Challenge.objects.values())) == before
    return [str(change).partition(": ")[2] for change in caught.value.changes]


def again(folder: Path, hackathon: Hackathon) -> ImportedChallenge:
    return import_challenge(folder=folder, hackathon=hackathon, agreed=True)


def test_the_deadline_of_an_open_phase_moves_only_on_a_yes(bundle: Path, hackathon: Hackathon) -> None:
    hackathon.time_zone = "Asia/Tokyo"
    hackathon.save()
    first, second = when(hours=20), when(hours=40)
    edit(bundle, times(closes_at=first))
    import_challenge(folder=bundle, hackathon=hackathon)
    edit(bundle, (first, second))
    (change,) = asked(bundle, hackathon)
    shown = [
        f"{datetime.fromisoformat(end).astimezone(TOKYO):%Y-%m-%d %H:%M:%S} (Asia/Tokyo)" for end in (first, second)
    ]
    assert change == f"Main: closes_at changes: {shown[0]} → {shown[1]}."
    done = again(bundle, hackathon)
    assert [one.partition(": ")[2] for one in done.changes] == [change]
    assert Phase.objects.get().closes_at.isoformat() == second
    assert again(bundle, hackathon).changes == []


def test_an_end_that_is_not_given_stays_that_of_an_open_phase(bundle: Path, hackathon: Hackathon) -> None:
    import_challenge(folder=bundle, hackathon=hackathon)
    moved = timezone.now() + timedelta(days=9)
    Phase.objects.update(closes_at=moved)
    done = import_challenge(folder=bundle, hackathon=hackathon)
    assert (done.changes, Phase.objects.get().closes_at) == ([], moved)


def test_limits_and_quota_of_an_open_phase_change_only_on_a_yes(bundle: Path, hackathon: Hackathon) -> None:
    BaseModelFactory(slug="other")
    import_challenge(folder=bundle, hackathon=hackathon)
    edit(bundle, ("max_seconds: 120", "max_seconds: 60"), ("[all-minilm-l6-v2]", "[all-minilm-l6-v2, other]"))
    edit(bundle, (QUOTA, "per_day: 5"), ("max: 32", "max: 16"), ("title: What did", "title: How did"))
    expected = [
        "title changes: “What did the critic think? (example)” → “How did the critic think? (example)”.",
        "limits.base_models changes: all-minilm-l6-v2 → all-minilm-l6-v2, other.",
        "limits.ranges.method.r.max changes: 32 → 16.",
        "limits.budget.max_seconds changes: 120 → 60.",
        "Main: per_day changes: 20 → 5.",
    ]
    assert asked(bundle, hackathon) == expected
    done = again(bundle, hackathon)
    assert [change.partition(": ")[2] for change in done.changes] == expected
    assert (Phase.objects.get().per_day, Challenge.objects.get().title[:3]) == (5, "How")


def test_each_change_has_its_line(bundle: Path, hackathon: Hackathon) -> None:
    import_challenge(folder=bundle, hackathon=hackathon)
    edit(bundle, ("max_seconds: 120", "max_seconds: 60"), (QUOTA, "per_day: 5"))
    with pytest.raises(NeedsConsent) as caught:
        import_challenge(folder=bundle, hackathon=hackathon)
    assert [change.line for change in caught.value.changes] == [20, 24]


def test_before_a_phase_opens_nobody_is_asked_and_all_is_said(bundle: Path, hackathon: Hackathon) -> None:
    edit(bundle, times(opens_at=when(hours=3)))
    import_challenge(folder=bundle, hackathon=hackathon)
    path = bundle / "train.jsonl"
    path.write_text(path.read_text().replace("A warm and funny film", "A cold but funny film"))
    edit(bundle, ("precision: fp32", "precision: bf16\n    display_step: 0.05"), ("max_steps: 500", "max_steps: 50"))
    edit(bundle, ("primary_metric: accuracy", "primary_metric: f1_macro"), ("at_once: 2", "at_once: 1"))
    done = import_challenge(folder=bundle, hackathon=hackathon)
    said = [change.partition(": ")[2] for change in done.changes]
    assert [one for one in said if "display_step" not in one] == [
        "primary_metric changes: “accuracy” → “f1_macro”.",
        "limits.budget.max_steps changes: 500 → 50.",
        "The phase “Main” moves from data version 1 to 2.",
        "Main: at_once changes: 2 → 1.",
        "Main: precision changes: fp32 → bf16.",
    ]
    phase = Phase.objects.get()
    assert (phase.precision, phase.display_step, phase.data.version, phase.at_once) == ("bf16", 0.05, 2, 1)


def test_what_has_begun_is_kept_and_that_is_said(bundle: Path, hackathon: Hackathon) -> None:
    import_challenge(folder=bundle, hackathon=hackathon)
    before = Phase.objects.values("opens_at", "precision", "display_step", "data").get()
    edit(bundle, ("precision: fp32", f"precision: bf16\n    opens_at: {when(hours=5)}\n    display_step: 0.5"))
    done = import_challenge(folder=bundle, hackathon=hackathon)
    assert Phase.objects.values("opens_at", "precision", "display_step", "data").get() == before
    kept = [note for note in done.notes if "has opened: it keeps" in note]
    assert [name for name in ("opens_at", "precision fp32", "display_step") if any(name in note for note in kept)] == [
        "opens_at",
        "precision fp32",
        "display_step",
    ]
    assert done.changes == []


def test_the_metric_stays_once_a_phase_has_opened(bundle: Path, hackathon: Hackathon) -> None:
    import_challenge(folder=bundle, hackathon=hackathon)
    edit(bundle, ("primary_metric: accuracy", "primary_metric: f1_macro"))
    (found,) = problems_of(bundle, hackathon)
    assert found.startswith("challenge.yaml:11: A phase has opened: the metric stays accuracy")


@pytest.mark.parametrize("released", [False, True])
def test_a_closed_phase_stays_closed_and_as_it_was(bundle: Path, hackathon: Hackathon, released: bool) -> None:
    import_challenge(folder=bundle, hackathon=hackathon)
    ended = timezone.now() + timedelta(hours=1 if released else -1)
    visibility = ScoreVisibility.RELEASED if released else ScoreVisibility.LIVE
    Phase.objects.update(closes_at=ended, score_visibility=visibility)
    before = list(Phase.objects.values())
    edit(bundle, times(closes_at=when(days=20)), (QUOTA, "per_day: 500"))
    done = again(bundle, hackathon)
    assert list(Phase.objects.values()) == before
    assert sum("“Main” has ended and stays as it was" in note for note in done.notes) == 2
    assert done.changes == []


def test_an_open_phase_cannot_end_in_the_past(bundle: Path, hackathon: Hackathon) -> None:
    import_challenge(folder=bundle, hackathon=hackathon)
    edit(bundle, times(closes_at=when(minutes=-5)))
    (found,) = problems_of(bundle, hackathon)
    assert found.startswith("challenge.yaml:26: The phase is open: it cannot end in the past")


def test_an_end_before_the_kept_opening_is_a_problem_with_its_line(bundle: Path, hackathon: Hackathon) -> None:
    import_challenge(folder=bundle, hackathon=hackathon)
    edit(bundle, times(opens_at=when(days=-9), closes_at=when(days=-8)))
    assert problems_of(bundle, hackathon)[0] == "challenge.yaml:23: The phase would close before it opens."


def test_a_renamed_phase_never_leaves_two_open_ones(bundle: Path, hackathon: Hackathon) -> None:
    import_challenge(folder=bundle, hackathon=hackathon)
    edit(bundle, ("name: Main", "name: Main round"))
    (found,) = problems_of(bundle, hackathon)
    assert found.startswith("challenge.yaml:23: “Main round” would be open at the same time as “Main”, which is not in")
    Phase.objects.update(closes_at=(opens_at := when(hours=30)))
    edit(bundle, times(opens_at=opens_at))
    done = import_challenge(folder=bundle, hackathon=hackathon)
    assert "The phase “Main” is not in this file: it stays as it is." in done.notes[0]
    assert set(Phase.objects.values_list("name", flat=True)) == {"Main", "Main round"}


def test_a_phase_lies_within_the_hackathon(bundle: Path, hackathon: Hackathon) -> None:
    hackathon.time_zone = "Asia/Tokyo"
    edit(bundle, times(opens_at=when(hours=-3), closes_at=when(hours=47)))
    ends_at = hackathon.ends_at.astimezone(ZoneInfo("Asia/Tokyo"))
    assert problems_of(bundle, hackathon)[1] == (
        f"challenge.yaml:27: The phase would end after the hackathon, {ends_at:%Y-%m-%d %H:%M} (Asia/Tokyo): end it "
        "earlier, or end the hackathon later."
    )
    assert problems_of(bundle, hackathon)[0].startswith(
        "challenge.yaml:26: The phase would open before the hackathon starts, "
    )


def test_a_phase_that_was_outside_before_may_stay(bundle: Path, hackathon: Hackathon) -> None:
    import_challenge(folder=bundle, hackathon=hackathon)
    hackathon.ends_at -= timedelta(hours=1)
    assert import_challenge(folder=bundle, hackathon=hackathon).changes == []


def test_a_phase_to_come_that_is_renamed_is_told_too(bundle: Path, hackathon: Hackathon) -> None:
    edit(bundle, times(opens_at=when(hours=2)))
    import_challenge(folder=bundle, hackathon=hackathon)
    edit(bundle, ("name: Main", "name: Other"))
    (found,) = problems_of(bundle, hackathon)
    assert "give it that name again" in found


@pytest.mark.parametrize(
    "date",
    ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00",
     "1999-12-31T23:59:59Z", "2101-01-01T00:00:00Z", "2100-12-31T23:00:00-12:00"],
)  # fmt: skip
@pytest.mark.parametrize("field", ["opens_at", "closes_at"])
def test_dates_that_no_page_could_show_are_problems(bundle: Path, hackathon: Hackathon, field: str, date: str) -> None:
    import_challenge(folder=bundle, hackathon=hackathon)
    edit(bundle, times(**{field: date}))
    (found,) = problems_of(bundle, hackathon)
    assert found == f"challenge.yaml:26: phases.0.{field}: Choose a time between the years 2000 and 2100."


def test_odd_offsets_are_times_like_others(bundle: Path, hackathon: Hackathon) -> None:
    Hackathon.objects.update(starts_at="2026-01-01T00:00:00Z", ends_at="2100-01-01T00:00:00Z")
    hackathon.refresh_from_db()
    edit(bundle, times(opens_at="2026-01-01T00:00:00-12:00", closes_at="2100-01-01T00:00:00+14:00"))
    import_challenge(folder=bundle, hackathon=hackathon)
    phase = Phase.objects.get()
    assert phase.opens_at == datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert phase.closes_at == datetime(2099, 12, 31, 10, tzinfo=UTC)


def test_the_command_lists_what_it_would_change_and_does_it_on_yes(
    bundle: Path, hackathon: Hackathon, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("import_challenge", str(bundle), "--hackathon", hackathon.slug)
    call_command(*command)
    edit(bundle, (QUOTA, "per_day: 5"))
    with pytest.raises(CommandError) as caught:
        call_command(*command)
    assert str(caught.value).split("\n") == [
        "Nothing was imported yet: teams are at work, and this changes what they go by.",
        "challenge.yaml:24: Main: per_day changes: 20 → 5.",
        "To have it so, import again with --yes.",
    ]
    assert Phase.objects.get().per_day == 20
    call_command(*command, "--yes")
    assert "Main: per_day changes: 20 → 5." in capsys.readouterr().out
    assert Phase.objects.get().per_day == 5


def test_nothing_is_left_of_an_import_that_was_not_agreed_to(bundle: Path, hackathon: Hackathon) -> None:
    import_challenge(folder=bundle, hackathon=hackathon)
    path = bundle / "train.jsonl"
    path.write_text(path.read_text().replace("A warm and funny film", "A cold but funny film"))
    edit(bundle, (QUOTA, "per_day: 5"))
    asked(bundle, hackathon)
    assert ChallengeData.objects.count() == 1


def test_queued_runs_keep_the_terms_of_their_submit(world: World, bundle: Path) -> None:
    """Budget and precision are the job's, whatever the challenge says by the time a node takes it."""
    BaseModelFactory(slug="all-minilm-l6-v2")
    import_challenge(folder=bundle, hackathon=world.hackathon, publish=True)
    phase = Phase.objects.get(challenge__slug="film-critics-example")
    body = {"phase": str(phase.pk), "config": config(max_length=32) | {"base_model": "all-minilm-l6-v2"}}
    assert client_of(world, "captain").post("/api/submissions/", body).status_code == 201
    Job.objects.filter(phase=phase).update(attempt=1, attempt_folder=uuid.uuid4())
    job = Job.objects.get(kind="run", phase=phase)
    before = job_spec(job)
    edit(
        bundle,
        ("max_steps: 500, max_seconds: 120, max_memory_mb: 4096", "max_steps: 9, max_seconds: 7, max_memory_mb: 99"),
    )
    edit(bundle, ("methods: [head, lora, full]", "methods: [full]"), (PRECISION, "precision: bf16"))
    import_challenge(folder=bundle, hackathon=world.hackathon, agreed=True)
    after = job_spec(Job.objects.get(pk=job.pk))
    assert after.model_dump(exclude={"files"}) == before.model_dump(exclude={"files"})
    assert (after.budget.max_steps, after.budget.max_seconds, after.precision) == (500, 120, "fp32")
    assert Job.objects.get(pk=job.pk).memory_mb == 4096


def test_the_data_is_shown_unless_the_file_or_an_organizer_says_no(bundle: Path, hackathon: Hackathon) -> None:
    def imported() -> tuple[bool, list[str]]:
        done = import_challenge(folder=bundle, hackathon=hackathon, agreed=True)
        done.challenge.refresh_from_db()
        return done.challenge.shows_data, [change.partition(": ")[2] for change in done.changes]

    assert imported() == (True, [])
    Challenge.objects.update(shows_data=False)
    assert imported() == (False, [])
    edit(bundle, ("license:", "shows_data: true\nlicense:"))
    assert imported() == (True, ["shows_data changes: “False” → “True”."])
    edit(bundle, ("shows_data: true", "shows_data: false"))
    assert imported() == (False, ["shows_data changes: “True” → “False”."])
