"""`python -m bench.claims [--queued 20000] [--nodes 20]`: what a claim costs with a long queue, and how many nodes at
once get a job. On a PostgreSQL of its own, at the level of the service.

Printed: milliseconds of a claim by itself (median), and for so many claims at the same moment, in each of five rounds
by nodes of their own, how many got a job and their median. Targets: every node gets one, median of the rounds at most
100 ms on two cores.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import threading
import time

from tests.servers import postgres_server

TEAMS = 200
PROCESSES = 2
"""That serve the nodes, each with a thread for every claim."""
ROUNDS = 5


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--queued", type=int, default=20_000)
    parser.add_argument("--nodes", type=int, default=20)
    parser.add_argument("--inner", action="store_true", help=argparse.SUPPRESS)
    asked, _others = parser.parse_known_args()
    if asked.inner:
        measure(asked.queued, asked.nodes)
        return 0
    with postgres_server() as url:
        env = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        return subprocess.call([sys.executable, "-m", "bench.claims", "--inner", *sys.argv[1:]], env=env)


def measure(queued: int, nodes: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, connections, transaction

    from submissions.models import Job, Node, Quota
    from submissions.services.dispatch import claim_job
    from submissions.services.jobs import new_job
    from tests.factories import TeamFactory, make_node, make_world, node_report
    from training_worker.contract.wire import Claim, ClaimRequest, JobKind

    call_command("migrate", verbosity=0)
    world = make_world()
    teams = [TeamFactory(hackathon=world.hackathon) for _ in range(TEAMS)]
    now = world.phase.opens_at
    Quota.objects.bulk_create(Quota(team=team, phase=world.phase, queued=queued // TEAMS) for team in teams)
    jobs = []
    for number in range(queued):
        job = new_job(phase=world.phase, model=world.model, kind=JobKind.RUN, key=str(number), now=now)
        job.team = teams[number % TEAMS]
        jobs.append(job)
    Job.objects.bulk_create(jobs, batch_size=1000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    crowd = [[make_node(f"node-{number}-{turn}")[0] for turn in range(ROUNDS)] for number in range(nodes)]
    request = ClaimRequest(number=1, node=node_report(kinds=(JobKind.RUN,)))

    def claim(node: Node, number: int) -> tuple[float, bool]:
        began = time.perf_counter()
        answer = claim_job(node=node, request=request.model_copy(update={"number": number}))
        return 1000 * (time.perf_counter() - began), isinstance(answer, Claim)

    alone = [claim(make_node(f"alone-{number}")[0], 1)[0] for number in range(7)]
    print(f"{queued} queued, one claim by itself: {statistics.median(alone):.0f} ms")
    connections.close_all()
    forked = multiprocessing.get_context("fork")
    gate, answers = forked.Barrier(nodes), forked.Queue()

    def one(turns: list[Node]) -> None:
        with transaction.atomic():  # the site keeps its connections: this one has claimed before
            claim_job(node=turns[0], request=request)
            transaction.set_rollback(True)
        for turn, node in enumerate(turns):
            gate.wait()
            answers.put((turn, *claim(node, 1)))
        connections.close_all()

    def process(mine: list[list[Node]]) -> None:
        threads = [threading.Thread(target=one, args=(turns,)) for turns in mine]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    processes = [forked.Process(target=process, args=(crowd[number::PROCESSES],)) for number in range(PROCESSES)]
    for started in processes:
        started.start()
    given = [answers.get(timeout=120) for _claim in range(nodes * ROUNDS)]
    rounds = [[(ms, is_job) for turn, ms, is_job in given if turn == number] for number in range(ROUNDS)]
    got = [sum(is_job for _ms, is_job in one) for one in rounds]
    medians = [statistics.median(ms for ms, _is in one) for one in rounds]
    print(
        f"{nodes} claims at once, {ROUNDS} rounds: {min(got)} got a job in the worst, medians "
        + ", ".join(f"{ms:.0f}" for ms in medians)
        + f" ms: {statistics.median(medians):.0f} ms"
    )


if __name__ == "__main__":
    sys.exit(main())
