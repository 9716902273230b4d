"""Claims of nodes: numbered, one job each, the fairest first, and all of several at once get one."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from hackathon.clock import db_now
from hackathon.models import Phase
from submissions.enums import JobState
from submissions.models import Job, Node, Quota
from submissions.selectors import first_job
from submissions.services.attempts import accept_result
from submissions.services.dispatch import Nothing, StaleClaim, claim_job
from submissions.services.jobs import cancel_job
from submissions.services.queue import lock_fairest
from submissions.services.submit import submit_config
from tests.factories import CONFIG, World, make_node, node_report
from tests.submissions.play import claim, job_result, predictions, upload
from training_worker.contract.wire import PREDICTIONS, Claim, ClaimRequest, JobKind

RUNS = {"kinds": (JobKind.RUN,)}
METHODS = ("head", "full", "lora")
SELECTS = 11


@pytest.fixture(autouse=True)
def _many_at_once(world: World) -> None:
    world.phase.at_once = 100
    world.phase.save()


def submit(world: World, method: str = "head", *, is_rival: bool = False) -> Job:
    author, team = (world.rival, world.rivals) if is_rival else (world.captain, world.team)
    config = CONFIG | {"method": {"name": method}}
    return first_job(submit_config(author=author, team=team, phase=world.phase, config=config).submission)


def run_of(answer: Claim | None) -> str:
    assert answer is not None
    return answer.spec.job_id


@pytest.mark.django_db
def test_a_claim_that_was_late_on_its_way_takes_nothing_and_kills_nothing(world: World) -> None:
    for method in METHODS:
        submit(world, method)
    node, _token = make_node()
    first, second = claim(node, 5, **RUNS), claim(node, 6, **RUNS)
    assert first is not None
    assert second is not None
    with pytest.raises(StaleClaim):
        claim(node, 5, **RUNS)
    running = Job.objects.get(state=JobState.RUNNING)
    assert (str(running.pk), running.claim_number) == (second.spec.job_id, 6)


@pytest.mark.django_db
def test_a_repeat_after_the_job_has_ended_starts_no_other(world: World) -> None:
    for method in METHODS:
        submit(world, method)
    node, _token = make_node()
    assert claim(node, 5, **RUNS) is not None
    Job.objects.filter(state=JobState.RUNNING).update(state=JobState.CANCELLED)
    assert claim(node, 5, **RUNS) is None
    assert not Job.objects.filter(state=JobState.RUNNING).exists()


@pytest.mark.django_db
def test_a_claim_that_got_nothing_gets_nothing_when_it_is_repeated(world: World) -> None:
    """Its second copy on the way may come when nobody waits for the answer any more."""
    node, _token = make_node()
    assert claim(node, 5) is None
    submit(world)
    assert claim(node, 5) is None
    assert claim(node, 6) is not None


@pytest.mark.django_db
def test_who_got_nothing_is_told_when_there_will_be_something(world: World) -> None:
    node, _token = make_node()
    request = ClaimRequest(number=1, node=node_report(**RUNS))
    assert claim_job(node=node, request=request) == Nothing(ask_again=None)
    job = submit(world)
    Job.objects.filter(pk=job.pk).update(not_before=db_now() + timedelta(seconds=8))
    told = claim_job(node=node, request=request.model_copy(update={"number": 2}))
    assert isinstance(told, Nothing)
    assert told.ask_again in {7, 8}
    assert claim_job(node=node, request=request.model_copy(update={"number": 2})) == Nothing(ask_again=0)


@pytest.mark.parametrize("queued", [1, 9])
def test_a_claim_asks_as_much_whatever_is_queued(world: World, queued: int) -> None:
    """And no column of what it tells is fetched by itself."""
    for number in range(queued):
        config = CONFIG | {"training": CONFIG["training"] | {"num_train_epochs": 1 + number}}
        submit_config(author=world.captain, team=world.team, phase=world.phase, config=config)
    node, _token = make_node()
    with CaptureQueriesContext(connection) as asked:
        assert claim(node) is not None
    selected = [query["sql"] for query in asked if query["sql"].startswith("SELECT")]
    assert len(selected) == SELECTS


@pytest.mark.django_db
def test_the_team_whose_last_start_is_longest_ago_goes_first(world: World) -> None:
    mine, theirs = submit(world), submit(world, is_rival=True)
    Quota.objects.filter(team=world.team).update(last_start=db_now())
    node, _token = make_node()
    first = claim(node, **RUNS)
    assert first is not None
    assert first.spec.job_id == str(theirs.pk)
    started = Quota.objects.get(team=world.rivals).last_start
    assert started is not None
    Job.objects.filter(pk=theirs.pk).update(state=JobState.CANCELLED)
    submit(world, "full", is_rival=True)
    Quota.objects.filter(team=world.team).update(last_start=started - timedelta(seconds=1))
    second = claim(node, **RUNS)
    assert second is not None
    assert second.spec.job_id == str(mine.pk)


def together(nodes: list[Node], numbers: list[int]) -> list[Claim | Nothing | Exception]:
    """The claims of those nodes, each from a thread of its own, at the same moment."""
    gate = threading.Barrier(len(nodes))
    answers: list[Claim | Nothing | Exception] = []

    def one(node: Node, number: int) -> None:
        gate.wait()
        try:
            answers.append(claim_job(node=node, request=ClaimRequest(number=number, node=node_report(**RUNS))))
        except Exception as error:
            answers.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=pair) for pair in zip(nodes, numbers, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db
def test_a_run_waits_until_its_team_has_fewer_running_and_others_go_first(world: World) -> None:
    Phase.objects.update(at_once=1)
    mine, waiting = submit(world, "full"), submit(world, "head")
    theirs = submit(world, is_rival=True)
    nodes = [make_node(f"node-{number}")[0] for number in range(3)]
    assert [run_of(claim(nodes[0], **RUNS)), run_of(claim(nodes[1], **RUNS))] == [str(mine.pk), str(theirs.pk)]
    nothing = claim_job(node=nodes[2], request=ClaimRequest(number=1, node=node_report(**RUNS)))
    assert nothing == Nothing(ask_again=None)
    mine.refresh_from_db()
    cancel_job(job=mine, actor="captain")
    assert run_of(claim(nodes[2], **RUNS)) == str(waiting.pk)


@pytest.mark.django_db(transaction=True)
def test_six_nodes_at_once_get_six_jobs(world: World) -> None:
    for is_rival in (False, True):
        for method in METHODS:
            submit(world, method, is_rival=is_rival)
    nodes = [make_node(f"node-{number}")[0] for number in range(6)]
    answers = together(nodes, [1] * 6)
    jobs = {answer.spec.job_id for answer in answers if isinstance(answer, Claim)}
    assert len(jobs) == 6, answers


@pytest.mark.django_db(transaction=True)
def test_of_six_nodes_at_once_two_get_a_job_of_a_team_that_may_run_two(world: World) -> None:
    Phase.objects.update(at_once=2)
    for method in METHODS:
        submit(world, method)
    answers = together([make_node(f"node-{number}")[0] for number in range(6)], [1] * 6)
    assert sum(isinstance(answer, Claim) for answer in answers) == Quota.objects.get().running == 2


@pytest.mark.django_db(transaction=True)
def test_the_same_claim_twice_at_once_gets_one_job_twice(world: World) -> None:
    for method in METHODS:
        submit(world, method)
    node, _token = make_node()
    answers = together([node] * 4, [1] * 4)
    tokens = {answer.attempt_token for answer in answers if isinstance(answer, Claim)}
    assert (len(answers), len(tokens)) == (4, 1)
    assert all(isinstance(answer, Claim) for answer in answers)
    assert Job.objects.filter(state=JobState.RUNNING).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_claim_locks_one_job_and_no_more(world: World) -> None:
    """Where the database can lock rows: what one claim holds is no obstacle to the next."""
    if not connection.features.has_select_for_update_skip_locked:
        submit(world)  # one writer at a time: there is nothing to hold
        assert claim(make_node()[0], **RUNS) is not None
        return
    for method in METHODS:
        submit(world, method)
    node, *rest = (make_node(f"node-{number}")[0] for number in range(3))
    with transaction.atomic():
        fairest = lock_fairest(node, node_report(**RUNS), now=db_now())
        transaction.set_rollback(True)
    assert fairest is not None
    with transaction.atomic():
        locked = Job.objects.select_for_update().get(pk=fairest.pk)
        others = together(rest, [1, 1])
        assert all(isinstance(answer, Claim) and answer.spec.job_id != str(locked.pk) for answer in others), others


@pytest.mark.django_db(transaction=True)
def test_the_same_result_from_all_sides_at_once_has_one_answer(world: World) -> None:
    """A node whose answers are slow repeats: each copy is the same hand-in, and none of them is stale."""
    job = submit(world)
    assert claim(make_node()[0], **RUNS) is not None
    job.refresh_from_db()
    result = job_result(upload(job, PREDICTIONS, predictions(["item-0"])))
    gate = threading.Barrier(8)
    answers: list[Job | Exception] = []

    def post() -> None:
        gate.wait()
        try:
            answers.append(accept_result(job_id=str(job.pk), attempt=1, result=result))
        except Exception as error:
            answers.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=post) for _time in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [job] * 8
    assert job.events.filter(to_state=JobState.SCORING).count() == 1
