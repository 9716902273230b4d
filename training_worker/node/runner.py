"""The node's loop: wait for the doorbell or for a while, then claim until the site has nothing for us."""

from __future__ import annotations

import random
import threading
import uuid

import structlog

from ..contract.bounds import paragraph
from ..contract.wire import MOST_CACHED_MODELS, RECIPE, ClaimRequest, JobKind, NodeLoad, NodeReport
from ..run.messages import DeviceInfo
from .cache import Cache
from .client import SiteClient, SiteError, SiteUnavailable
from .memory import memory_used_mb
from .settings import VERSION, Identity, NodeFolder, Settings
from .supervise import Supervisor
from .template import Template

KINDS = (JobKind.RUN, JobKind.BASELINE, JobKind.BASE_SCORE)
"""What this node can run; a claim names them, the site chooses among them."""

log = structlog.get_logger()


class Runner(threading.Thread):
    """One thread, one job at a time. `ring` is the doorbell, `stop` the end; both are safe from any thread."""

    def __init__(self, settings: Settings, folder: NodeFolder, identity: Identity, template: Template) -> None:
        super().__init__(name="runner", daemon=True)
        self._settings = settings
        self._identity = identity
        self._folder = folder
        self._stopping = threading.Event()
        self._bell = threading.Event()
        self._device: DeviceInfo | None = None
        self._last_error = ""
        self._claim_id = ""
        self._site = SiteClient(settings.site_url, stopping=self._stopping)
        self._cache = Cache(folder.cache, settings.cache_mb)
        self._supervisor = Supervisor(
            site=self._site,
            template=template,
            folder=folder,
            cache=self._cache,
            load=self._load,
            threads=settings.threads,
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
            if not self._work_once():
                self._bell.wait(self._settings.idle_poll_seconds * random.uniform(0.8, 1.2))

    def _work_once(self) -> bool:
        """Claim and run one job. False when there is nothing to do for now."""
        try:
            claim = self._site.claim(self._identity.worker_token, self._claim_request())
            self._claim_id = ""
            if claim is None:
                return False
            job = log.bind(job=claim.spec.job_id, kind=claim.spec.kind.value, attempt=claim.spec.attempt)
            job.info("job_started")
            job.info("job_ended", ending=self._supervisor.run(claim))
            return True
        except SiteUnavailable as error:
            log.warning("site_unavailable", error=str(error))
        except SiteError as error:
            self._claim_id = ""
            log.error("claim_refused", error=str(error), hint="Was this node's token revoked? Enrol it again.")
        except Exception as error:
            self._claim_id, self._last_error = "", paragraph(f"{type(error).__name__}: {error}")
            log.exception("job_error")
        return False

    def _claim_request(self) -> ClaimRequest:
        """A new claim id, or the old one as long as its answer has not arrived."""
        self._claim_id = self._claim_id or uuid.uuid4().hex
        device = self._device
        assert device is not None
        load = self._load()
        report = NodeReport(
            version=VERSION,
            recipe=RECIPE,
            kinds=KINDS,
            precisions=device.precisions,
            device=device.device,
            memory_mb=device.memory_mb,
            memory_used_mb=load.memory_used_mb,
            disk_free_mb=load.disk_free_mb,
            cached_models=self._cache.models()[:MOST_CACHED_MODELS],
            last_error=self._last_error,
        )
        return ClaimRequest(claim_id=self._claim_id, node=report)

    def _load(self) -> NodeLoad:
        device = self._device
        assert device is not None
        return NodeLoad(memory_used_mb=memory_used_mb(device.device), disk_free_mb=self._folder.disk_free_mb())
