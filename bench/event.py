"""A large event for `bench.pages`, made fast: one row of each kind as the services would make it, then copies by SQL.

Every team has three people, 20 submissions and what they leave: a job each with its events, files, progress and (78 %)
a result. What waits or runs is the same for any number of teams: that much depends on the nodes. A second, small event,
older than the large one, stands for all others.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import AutoField, Model

from evaluation.models import LeaderboardEntry, Result
from hackathon.clock import db_now
from hackathon.models import ApiToken, Hackathon, Participation, Phase, User
from hackathon.models.mail import OutgoingMail
from submissions.models import (
    Artifact,
    IdempotencyKey,
    Job,
    JobEvent,
    ProgressChunk,
    Quota,
    Submission,
    Tag,
    Withdrawal,
)
from teams.models import Invitation, Membership, Team
from tests.evaluation.scored import make_result
from tests.factories import ChallengeFactory, PhaseFactory, TeamFactory, World, make_node, make_world, store_data

PEOPLE, RUNS = 3, 20
"""Of a team."""
SIDE_TEAMS = 12
DAYS = 14
WAITING, RUNNING, SCORING, QUARANTINED = 200, 8, 3, 3


def fill(teams: int) -> dict[str, Any]:
    """Fill a migrated, empty database; what the pages are asked with there."""
    began = db_now() - timedelta(days=DAYS)
    side = make_world()
    big = make_world(model=side.model)
    Hackathon.objects.filter(pk=big.hackathon.pk).update(starts_at=began)
    phases = [big.phase, *(_another_phase(big, began) for _ in range(2))]
    side_phase = [side.phase]
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # the foreign keys below are right by construction
    node, _token = make_node("node-1")
    _fill_event(side, side_phase, "side", SIDE_TEAMS, at=began - timedelta(days=60), first=1)
    _fill_event(big, phases, "big", teams, at=began, first=10_000)
    _put_in_the_queue(teams, node.pk)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")
    return _facts(big, side, node.pk)


def _another_phase(world: World, began: datetime) -> Phase:
    challenge = ChallengeFactory(hackathon=world.hackathon)
    phase: Phase = PhaseFactory(challenge=challenge, data=store_data(challenge), opens_at=began)
    return phase


def uid(kind: str, number: str) -> str:
    """SQL: the id of the row of that kind with that number."""
    return f"md5('{kind}' || ({number}))::uuid"


def copies(row: Model, count: int, **columns: str) -> None:
    """`count` copies of `row`; `columns` are SQL expressions of `i`, which counts from 1, for what differs. Each is
    made at another time."""
    names = [field.column for field in row._meta.concrete_fields if not isinstance(field, AutoField)]
    unknown = columns.keys() - set(names)
    if unknown:
        raise ValueError(f"{row._meta.label} has no {sorted(unknown)}")
    key = row._meta.pk
    assert key is not None
    spread = {"created_at": _spread("i", count)}
    values = [(spread | columns).get(name, f'row."{name}"') for name in names]
    table, listed = row._meta.db_table, ", ".join(f'"{name}"' for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{table}" ({listed}) SELECT {", ".join(values)} '  # noqa: S608  # all made here
            f'FROM "{table}" row, generate_series(1, {count}) i WHERE row."{key.column}" = \'{row.pk}\''
        )


def _fill_event(world: World, phases: list[Phase], kind: str, teams: int, *, at: datetime, first: int) -> None:
    _fill_people(world, kind, teams)
    _fill_teams(world, phases, kind, teams)
    _fill_runs(world, phases, kind, teams, at=at, first=first)


def _fill_people(world: World, kind: str, teams: int) -> None:
    """Person i is in team (i - 1) / 3 + 1; the first of each team is its captain."""
    people, user, team = teams * PEOPLE, uid(f"{kind}-user", "i"), uid(f"{kind}-team", f"(i - 1) / {PEOPLE} + 1")
    mailbox = f"'{kind}-' || i || '@example.org'"
    copies(world.captain, people, id=user, email=mailbox, email_key=mailbox, name=f"'{kind} person ' || i")
    copies(EmailAddress.objects.get(user=world.captain), people, user_id=user, email=mailbox)
    part = Participation.objects.get(user=world.captain)
    copies(part, people, id=uid(f"{kind}-part", "i"), user_id=user)
    role = f"CASE WHEN i % {PEOPLE} = 1 THEN 'captain' ELSE 'member' END"
    member = Membership.objects.get(user=world.captain)
    copies(member, people, id=uid(f"{kind}-member", "i"), user_id=user, team_id=team, role=role)
    token = ApiToken.objects.get(user=world.captain)
    copies(token, people // 2, id=uid(f"{kind}-token", "i"), user_id=user, digest=f"md5('{kind}-token' || i)")
    mail = OutgoingMail.objects.create(sender="a@example.org", to="b@example.org", subject="Welcome", sent_at=db_now())
    copies(mail, people * 2, to=mailbox)


def _spread(number: str, count: int) -> str:
    return f"now() - interval '{DAYS} days' * (1 - ({number})::float / {count})"


def _fill_teams(world: World, phases: list[Phase], kind: str, teams: int) -> None:
    team = uid(f"{kind}-team", "i")
    name, key = (f"'{text} team ' || i" for text in (kind.title(), kind))
    copies(world.team, teams, id=team, name=name, name_key=key)
    TeamFactory(hackathon=world.hackathon, name="Organizers", is_reserved=True)
    invited = Invitation.objects.create(
        team=world.team,
        digest=f"{kind} none",
        email="x@example.org",
        created_by=world.captain,
        expires_at=db_now() + timedelta(days=2),
    )
    mailbox = f"'{kind}-guest-' || i || '@example.org'"
    copies(
        invited, teams, id=uid(f"{kind}-invited", "i"), team_id=team, digest=f"md5('{kind}-invited' || i)",
        email=mailbox, email_key=mailbox, created_by_id=uid(f"{kind}-user", f"(i - 1) * {PEOPLE} + 1"),
    )  # fmt: skip
    for place, phase in enumerate(phases):
        quota = Quota.objects.create(
            team=world.team, phase=phase, cap_day=9, cap_total=99, cap_at_once=9, cap_compute=9000, compute_used=700.0
        )
        copies(quota, teams, id=uid(f"{kind}-quota{place}", "i"), team_id=team, compute_used="700 + i % 100")


def _fill_runs(world: World, phases: list[Phase], kind: str, teams: int, *, at: datetime, first: int) -> None:
    """Run i is of team (i - 1) % teams + 1 and of one phase after the other."""
    count = teams * RUNS
    result = make_result(world, team=world.team, public=0.7, received_at=at)
    submission, job = result.submission, result.job
    team, ref, run = uid(f"{kind}-team", f"(i - 1) % {teams} + 1"), uid(f"{kind}-run", "i"), uid(f"{kind}-job", "i")
    phase = _one_of([str(phase.pk) for phase in phases])
    data = _one_of([str(phase.data_id) for phase in phases])
    received = f"'{at.isoformat()}'::timestamptz + interval '{DAYS} days' * (i::float / {count})"
    number = f"({first} + i)"
    Submission.objects.filter(pk=submission.pk).update(number=first)
    copies(
        submission, count, id=ref, team_id=team, phase_id=phase, received_at=received, created_at=received,
        number=number, run_key=f"md5('{kind}-run' || i)", author_id=uid(f"{kind}-user", f"(i - 1) % {teams} * 3 + 1"),
    )  # fmt: skip
    luck = _luck("i", teams)
    state = f"CASE WHEN {luck} < 78 THEN 'succeeded' WHEN {luck} < 90 THEN 'failed' ELSE 'cancelled' END"
    failed = f"{luck} BETWEEN 78 AND 89"
    copies(
        job, count, id=run, submission_id=ref, team_id=team, phase_id=phase, data_id=data, state=state,
        queued_at=received, created_at=received, started_at=f"{received} + interval '20 s'",
        finished_at=f"{received} + interval '60 s'", key=f"md5('{kind}-job' || i)",
        fault=f"CASE WHEN {failed} THEN 'own' ELSE '' END",
        failure_code=f"CASE WHEN {failed} THEN 'diverged' ELSE '' END",
    )  # fmt: skip
    _fill_traces(kind, job, count, luck, received)
    _fill_scores(kind, result, count, data, received)
    _fill_entries(world, phases, kind, teams)
    _fill_notes(world, kind, submission, count)


def _luck(number: str, teams: int) -> str:
    """SQL: 0 … 99 of that run; the runs of one team differ. Below 78: it is scored; below 90: it fails."""
    return f"(({number}) + ({number}) / {teams} * 37) % 100"


def _one_of(ids: list[str]) -> str:
    """SQL: one after the other of them."""
    return f"(ARRAY[{', '.join(map(repr, ids))}]::uuid[])[i % {len(ids)} + 1]"


def _fill_traces(kind: str, job: Job, count: int, luck: str, received: str) -> None:
    """Four events, three files and three progress posts of each job."""
    run = uid(f"{kind}-job", "i")
    steps = [("", "queued"), ("queued", "running"), ("running", "scoring"), ("scoring", "succeeded")]
    for place, (before, after) in enumerate(steps):
        event = JobEvent.objects.create(
            job=job, at=job.queued_at, from_state=before, to_state=after, attempt=1, actor="node-1"
        )
        at = f"{received} + interval '{20 * place} s'"
        ended = f"CASE WHEN {luck} < 78 THEN '{after}' ELSE 'failed' END" if after == "succeeded" else f"'{after}'"
        copies(event, count, id=uid(f"{kind}-event{place}", "i"), job_id=run, at=at, created_at=at, to_state=ended)
    for name in ("predictions.jsonl", "adapter.safetensors", "model.safetensors"):
        file = Artifact.objects.create(job=job, name=name, key=f"{kind} {name}", sha256="0" * 64, size=10**6)
        key = f"'attempts/{kind}/' || i || '/{name}'"
        copies(file, count, id=uid(f"{kind}-{name}", "i"), job_id=run, key=key, created_at=received)
    points = [{"step": step, "name": "train_loss", "value": 0.5} for step in range(5)]
    for seq in range(1, 4):
        chunk = ProgressChunk.objects.create(job=job, attempt=0, seq=seq, points=points)
        copies(chunk, count, job_id=run)


def _fill_scores(kind: str, result: Result, count: int, data: str, received: str) -> None:
    """Of the 78 of 100 runs that succeeded."""
    copies(
        result, count, id=uid(f"{kind}-result", "i"), job_id=uid(f"{kind}-job", "i"), data_id=data,
        created_at=received, public_score="0.5 + (i % 4001) / 10000.0", private_score="0.5 + (i % 3989) / 10000.0",
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM evaluation_result r USING submissions_job j WHERE j.id = r.job_id AND j.state <> 'succeeded'"
        )


def _fill_entries(world: World, phases: list[Phase], kind: str, teams: int) -> None:
    entry = LeaderboardEntry.objects.get(phase=world.phase, team=world.team)
    for place, phase in enumerate(phases):
        # the team's first run of the phase that has a result: runs of a team lie `teams` apart
        run = (
            f"(SELECT k FROM generate_series(i, {teams} * {RUNS}, {teams}) k "  # noqa: S608  # all made here
            f"WHERE {_luck('k', teams)} < 78 AND k % {len(phases)} = {place} LIMIT 1)"
        )
        ids = {"submission_id": uid(f"{kind}-run", run), "result_id": uid(f"{kind}-result", run)}
        score = "0.5 + (i % 4001) / 10000.0"
        copies(
            entry, teams, id=uid(f"{kind}-entry{place}", "i"), team_id=uid(f"{kind}-team", "i"),
            phase_id=f"'{phase.pk}'::uuid", score=score, sort_key=score, received_at=_spread("i", teams),
            **{name: f"COALESCE({value}, row.{name})" for name, value in ids.items()},
        )  # fmt: skip


def _fill_notes(world: World, kind: str, submission: Submission, count: int) -> None:
    """A tag on one run in three and a rare one, a withdrawal of one in 200, an idempotency key of one in two."""
    tag = Tag.objects.create(submission=submission, name="sweep", position=0)
    copies(tag, count // 3, id=uid(f"{kind}-tag", "i"), submission_id=uid(f"{kind}-run", "i * 3"))
    rare = Tag.objects.create(submission=submission, name="rare", position=1)
    copies(rare, 12, id=uid(f"{kind}-rare", "i"), submission_id=uid(f"{kind}-run", f"i * {count // 13}"))
    gone = Withdrawal.objects.create(submission=submission, withdrawn_at=db_now(), withdrawn_by=world.captain)
    ids = {"id": uid(f"{kind}-gone", "i"), "submission_id": uid(f"{kind}-run", "i * 200")}
    copies(gone, count // 200, withdrawn_at=_spread("i", count // 200), **ids)
    key = IdempotencyKey.objects.create(
        user=world.captain, key=f"{kind} key", body_sha256="0" * 64, submission=submission, was_created=True
    )
    ids = {"id": uid(f"{kind}-key", "i"), "submission_id": uid(f"{kind}-run", "i * 2")}
    copies(key, count // 2, key=f"'{kind}-' || i", user_id=uid(f"{kind}-user", "i"), **ids)


def _put_in_the_queue(teams: int, node: object) -> None:
    """The last runs of the large event wait, run, are being scored or in quarantine."""
    last = teams * RUNS
    counts = {"queued": WAITING, "running": RUNNING, "scoring": SCORING, "quarantined": QUARANTINED}
    for state, count in counts.items():
        numbers = range(last - count + 1, last + 1)
        last -= count
        with connection.cursor() as cursor:
            cursor.execute("SELECT md5('big-job' || k)::uuid FROM unnest(%s) k", [list(numbers)])
            ids = [row[0] for row in cursor.fetchall()]
        Result.objects.filter(job__in=ids).exclude(pk__in=LeaderboardEntry.objects.values("result")).delete()
        changes = {"node_id": node} if state == "running" else {}
        Job.objects.filter(pk__in=ids).update(state=state, finished_at=None, fault="", failure_code="", **changes)


def _facts(big: World, side: World, node: object) -> dict[str, Any]:
    """`people` by role, and the `names` that addresses are made of; a last page is the last full one."""

    def first(kind: str) -> User:
        return User.objects.get(email=f"{kind}-1@example.org")

    admin = User.objects.create_superuser("admin@example.org", "x", name="Admin")
    team = Team.objects.get(hackathon=big.hackathon, name="Big team 1")
    submission = team.submissions.filter(jobs__state="succeeded").latest("received_at")
    runs = Submission.objects.filter(phase__challenge__hackathon=big.hackathon).count()
    teams = big.hackathon.teams.filter(is_reserved=False).count()
    names = {
        "h": big.hackathon.slug, "h_id": big.hackathon.pk, "c": big.challenge.slug, "phase": big.phase.pk,
        "team": team.pk, "s": submission.pk, "job": submission.jobs.get().pk, "side": side.hackathon.slug,
        "model": big.model.pk, "node": node, "year": f"{submission.received_at:%Y}",
        "month": f"{submission.received_at.month}", "day": f"{submission.received_at.day}", "user": first("big").pk,
        "last": runs // 25, "last_50": runs // 50, "last_team": teams // 25,
    }  # fmt: skip
    for kind in ContentType.objects.all():
        model = kind.model_class()
        if model is not None and model._meta.managed:
            names[f"{model._meta.model_name}_late"] = min(100, max(1, model._default_manager.count() // 100))
    return {
        "people": {
            "member": first("big"),
            "organizer": big.organizer,
            "bystander": first("side"),
            "host": side.organizer,
            "admin": admin,
        },
        "names": names,
    }
