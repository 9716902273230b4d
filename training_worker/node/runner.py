"""The node's loop: wait for the doorbell or for a while, then claim until the site has nothing for us."""

from __future__ import annotations

import random
import threading

import structlog

from ..contract.bounds import paragraph
from ..contract.sentences import DISK_FULL
from ..contract.wire import MOST_CACHED_MODELS, RECIPE, ClaimRequest, JobKind, NodeLoad, NodeReport
from ..run.messages import DeviceInfo
from .cache import Cache
from .client import Nothing, SiteClient, SiteError, SiteUnavailable, StaleAttempt
from .host import HostNodes
from .memory import memory_used_mb
from .settings import MEGABYTE, VERSION, Identity, NodeFolder, Settings
from .supervise import Supervisor
from .template import Template

KINDS = (JobKind.RUN, JobKind.BASELINE, JobKind.BASE_SCORE)
"""What this node can run; a claim names them, the site chooses among them."""

SOON_SECONDS = 0.2
"""The least pause between two claims that got nothing."""

log = structlog.get_logger()


class Runner(threading.Thread):
    """One thread, one job at a time. `ring` is the doorbell, `stop` the end; both are safe from any thread."""

    def __init__(
        self, settings: Settings, folder: NodeFolder, identity: Identity, template: Template, host: HostNodes
    ) -> None:
        super().__init__(name="runner", daemon=True)
        self._settings = settings
        self._identity = identity
        self._folder = folder
        self._stopping = threading.Event()
        self._bell = threading.Event()
        self._device: DeviceInfo | None = None
        self._last_error = ""
        self._claim_number: int | None = None
        self._site = SiteClient(settings.site_url, stopping=self._stopping)
        self._cache = Cache(folder.cache, settings.cache_mb)
        self._supervisor = Supervisor(
            site=self._site,
            template=template,
            folder=folder,
            cache=self._cache,
            load=self._load,
            threads=lambda: settings.threads or host.threads(),
            stopping=self._stopping,
        )

    def begin(self, device: DeviceInfo) -> None:
        """Start the thread once the template is up."""
        self._device = device
        self.start()

    def ring(self) -> None:
        self._bell.set()

    def stop(self) -> None:
        """Give the running job back and end; `join` afterwards."""
        self._stopping.set()
        self._bell.set()

    def run(self) -> None:
        while not self._stopping.is_set():
            self._bell.clear()
            idle = self._work_once()
            if idle > 0:
                self._bell.wait(idle * random.uniform(0.8, 1.2))

    def _work_once(self) -> float:
        """Claim and run one job. Returns how many seconds to wait for the bell before the next claim."""
        idle = self._settings.idle_poll_seconds
        try:
            claim = self._site.claim(self._identity.worker_token, self._claim_request())
            self._claim_number = None
            if isinstance(claim, Nothing):
                return idle if claim.ask_again is None else min(idle, max(claim.ask_again, SOON_SECONDS))
            job = log.bind(job=claim.spec.job_id, kind=claim.spec.kind.value, attempt=claim.spec.attempt)
            job.info("job_started")
            job.info("job_ended", ending=self._supervisor.run(claim))
            return 0.0
        except StaleAttempt as error:
            self._claim_number = None
            log.info("claim_stale", reason=str(error))
        except SiteUnavailable as error:
            log.warning("site_unavailable", error=str(error))
        except SiteError as error:
            self._claim_number = None
            log.error("claim_refused", error=str(error), hint="401: was this node's token revoked? Enrol it again.")
        except Exception as error:
            self._claim_number, self._last_error = None, paragraph(f"{type(error).__name__}: {error}")
            log.exception("job_error")
        return idle

    def _claim_request(self) -> ClaimRequest:
        """A new claim, or the old one as long as its answer has not arrived. Without room on its disk the node names no
        kind of job: the site hears why and gives it none."""
        if self._claim_number is None:
            self._claim_number = self._folder.next_claim()
        device = self._device
        assert device is not None
        full = self._disk_is_full()
        load = self._load()
        report = NodeReport(
            version=VERSION,
            recipe=RECIPE,
            kinds=() if full else KINDS,
            precisions=device.precisions,
            device=device.device,
            memory_mb=device.memory_mb,
            can_load_in_4bit=device.can_load_in_4bit,
            memory_used_mb=load.memory_used_mb,
            disk_free_mb=load.disk_free_mb,
            cached_models=self._cache.models()[:MOST_CACHED_MODELS],
            last_error=full or self._last_error,
        )
        return ClaimRequest(number=self._claim_number, node=report)

    def _disk_is_full(self) -> str:
        """Why this node takes no job; "" where there is room, or the cache could make some."""
        least = self._settings.least_disk_mb
        missing = least - self._folder.disk_free_mb()
        if missing > 0:
            self._cache.free(missing * MEGABYTE)
        free = self._folder.disk_free_mb()
        if free >= least:
            return ""
        log.error("disk_full", free_mb=free, least_mb=least)
        return DISK_FULL(free=free, least=least)

    def _load(self) -> NodeLoad:
        device = self._device
        assert device is not None
        return NodeLoad(memory_used_mb=memory_used_mb(device.device), disk_free_mb=self._folder.disk_free_mb())
