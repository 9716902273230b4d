"""One attempt from claim to end: fetch inputs, run the child, report, deliver. Exactly one kind of ending is posted."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable

import structlog

from ..contract import sentences
from ..contract.bounds import paragraph
from ..contract.log_lines import Log, LogMessage
from ..contract.wire import RECIPE, Claim, FailureCode, JobFailure, JobRelease, JobResult, JobSpec, NodeLoad, Stage
from ..run.child import main as child_main
from ..run.messages import ChildCrash, ChildFailure, ChildJob, ChildProgress, ChildResult, Message, read_message
from .cache import Cache, ModelIntegrity
from .client import AttemptClient, IntegrityError, SiteClient, SiteError, SiteUnavailable, StaleAttempt
from .reporter import Cancelled, Reporter
from .settings import NodeFolder
from .template import Child, Template
from .transfer import OutputTooLarge, Transfer
from .watchdog import Watchdog

LOSS_PATIENCE_SECONDS = 30.0
GOODBYE_PATIENCE_SECONDS = 0.5
"""How long a release is tried: on shutdown hardly, as the lease runs out by itself."""
MESSAGE_BYTES = 2**20
log = structlog.get_logger()


class Released(Exception):
    """The job goes back to the site."""

    def __init__(self, reason: str, *, lost: bool) -> None:
        super().__init__(reason)
        self.release = JobRelease(reason=paragraph(reason), lost=lost)


class Failed(Exception):
    """The job ends as FAILED."""

    def __init__(self, failure: JobFailure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class Supervisor:
    """Runs one claimed job at a time in a child of `template`. `run` never raises for anything a job or site can do."""

    def __init__(
        self,
        *,
        site: SiteClient,
        template: Template,
        folder: NodeFolder,
        cache: Cache,
        load: Callable[[], NodeLoad],
        threads: Callable[[], int],
        stopping: threading.Event,
    ) -> None:
        self.site = site
        self.template = template
        self.folder = folder
        self.cache = cache
        self.load = load
        self.threads = threads
        self.stopping = stopping

    def run(self, claim: Claim) -> str:
        """Work on one attempt until it ended. Returns how, for the node's log: result, failure, release, …"""
        work = Attempt(self, self.site.attempt(claim), claim)
        try:
            return work.run()
        except (Cancelled, StaleAttempt) as ending:
            return "cancelled" if isinstance(ending, Cancelled) else "stale"
        except (SiteError, Released) as error:  # the ending itself could not be posted: the lease runs out
            return f"undelivered {error}"
        finally:
            work.clean_up()


class Attempt:
    """State of one attempt."""

    def __init__(self, node: Supervisor, attempt: AttemptClient, claim: Claim) -> None:
        self._node = node
        self._attempt = attempt
        self._spec = claim.spec
        self._reporter = Reporter(attempt, lease_seconds=claim.lease_seconds, load=node.load)
        self._transfer = Transfer(attempt, claim.spec.files, self._tick)
        self._folder = node.folder.jobs / f"{claim.spec.job_id}-{claim.spec.attempt}"
        self._child: Child | None = None

    def run(self) -> str:
        try:
            self._reporter.enter(Stage.PREPARE, LogMessage(Log.ATTEMPT_STARTED, {"attempt": self._spec.attempt}))
            job = self._fetch_inputs()
            self._deliver(self._run_child(job))
            return "result"
        except Failed as ending:
            failure = ending.failure
            self._reporter.flush()
            self._transfer.persist(lambda: self._attempt.failure(failure))
            return f"failure {failure.code}"
        except (Released, IntegrityError, OutputTooLarge, SiteError, OSError) as ending:
            release = ending.release if isinstance(ending, Released) else _loss(ending)
            patience = LOSS_PATIENCE_SECONDS if release.lost else GOODBYE_PATIENCE_SECONDS
            self._attempt.site.persist(lambda: self._attempt.release(release), patience=patience)
            return f"release {release.reason}"

    def clean_up(self) -> None:
        if self._child is not None:
            self._child.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _tick(self) -> None:
        """Called wherever this attempt waits: keeps the lease, hears cancel and shutdown."""
        if self._node.stopping.is_set():
            raise Released(sentences.NODE_STOPS, lost=False)
        self._reporter.tick()

    # --- inputs ----------------------------------------------------------------------------------------------

    def _fetch_inputs(self) -> ChildJob:
        if self._spec.recipe != RECIPE:
            raise Released(sentences.OTHER_RECIPE(have=RECIPE, wanted=self._spec.recipe), lost=True)
        self._tick()
        cache, files = self._node.cache, self._spec.files
        data = {ref.name: str(cache.data_file(ref, self._transfer.fetch)) for ref in files.data}
        try:
            model = cache.model(files.model, self._transfer.fetch)
        except ModelIntegrity as error:
            raise Failed(_integrity_failure(error)) from error
        cache.evict(keep=frozenset([files.model.sha256, *(ref.sha256 for ref in files.data)]))
        output = self._folder / "output"
        output.mkdir(parents=True)
        return ChildJob(
            spec=_without_urls(self._spec),
            data=data,
            model=str(model),
            features=str(cache.features),
            output=str(output),
            threads=self._node.threads(),
        )

    # --- the child -------------------------------------------------------------------------------------------

    def _run_child(self, job: ChildJob) -> ChildResult:
        """Start the child and watch it to its end. Raises `Failed`, `Released`, `Cancelled`, `StaleAttempt`."""
        child = self._child = self._node.template.spawn(child_main, job.model_dump_json())
        watchdog = Watchdog(child, self._spec.budget, self._node.stopping)
        watchdog.start()
        try:
            last = self._listen(child)
        finally:
            watchdog.stop()
            code = child.kill()
        if watchdog.verdict is not None:
            raise Failed(watchdog.verdict)
        return self._judge(last, code, watchdog.seconds())

    def _listen(self, child: Child) -> Message | None:
        """Pass progress on until the child's last message; None if it died without one."""
        while True:
            self._tick()
            try:
                if not child.pipe.poll(0.1):
                    continue
                message = read_message(child.pipe.recv_bytes(MESSAGE_BYTES))
            except (EOFError, OSError, ValueError):
                return None
            if not isinstance(message, ChildProgress):
                return message
            self._reporter.add(message)

    def _judge(self, last: Message | None, code: int | None, seconds: float) -> ChildResult:
        if isinstance(last, ChildResult):
            return last
        if self._node.stopping.is_set():
            raise Released(sentences.NODE_STOPS, lost=False)
        if isinstance(last, ChildFailure):
            message, hint = paragraph(last.message), paragraph(last.hint)
            raise Failed(JobFailure(code=last.code, message=message, hint=hint, compute_seconds=seconds))
        if isinstance(last, ChildCrash):
            raise Released(sentences.RAISED(error=last.reason), lost=True)
        raise Released(sentences.DIED(code=code), lost=True)

    # --- outputs ---------------------------------------------------------------------------------------------

    def _deliver(self, result: ChildResult) -> None:
        self._reporter.enter(Stage.UPLOAD, LogMessage(Log.UPLOADING))
        self._reporter.flush()
        started = time.monotonic()
        offered = [name for name in result.outputs if self._transfer.offers(name)]
        outputs = tuple(self._transfer.upload(self._folder / "output" / name) for name in offered)
        seconds = result.telemetry.seconds | {"upload": round(time.monotonic() - started, 3)}
        final = JobResult(
            outputs=outputs,
            validation=result.validation,
            stopped_by=result.stopped_by,
            steps=result.steps,
            base_method=result.base_method,
            telemetry=result.telemetry.model_copy(update={"seconds": seconds}),
            speed=result.speed,
            longest_example=result.longest_example,
            collapse=result.collapse,
        )
        self._reporter.flush()
        self._transfer.persist(lambda: self._attempt.result(final))


def _loss(error: Exception) -> JobRelease:
    """A site that was away for too long costs the job nothing: neither it nor this node has failed."""
    reason = paragraph(f"{type(error).__name__}: {error}")
    return JobRelease(reason=reason, lost=not isinstance(error, SiteUnavailable))


def _integrity_failure(error: ModelIntegrity) -> JobFailure:
    code = FailureCode.MODEL_INTEGRITY
    return JobFailure(code=code, message=paragraph(str(error)), hint=sentences.HINTS[code], compute_seconds=0.0)


def _without_urls(spec: JobSpec) -> JobSpec:
    """The spec as the child may see it: signed URLs stay with the supervisor."""
    files = spec.files
    blank = tuple(ref.model_copy(update={"url": ""}) for ref in files.data)
    model = files.model.model_copy(
        update={"files": tuple(ref.model_copy(update={"url": ""}) for ref in files.model.files)}
    )
    return spec.model_copy(update={"files": files.model_copy(update={"data": blank, "model": model, "outputs": ()})})
