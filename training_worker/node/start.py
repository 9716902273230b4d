"""`python -m training_worker --site URL --broker URL [--enrol TOKEN]`: one command makes this machine a GPU node."""

from __future__ import annotations

import logging
import os
import secrets
import sys

import structlog

from ..contract.wire import EnrolRequest
from .app import serve
from .client import SiteClient, SiteError
from .host import HostNodes
from .runner import Runner
from .settings import Identity, NodeFolder, Settings, SettingsError, child_environment, read_settings
from .template import Template

ENROL_PATIENCE_SECONDS = 60.0


def main() -> int:
    _configure_logs()
    try:
        settings = read_settings(sys.argv[1:], os.environ)
        folder = NodeFolder(settings.data)
        folder.open()
        host = HostNodes()
        host.join()
        identity = folder.load_identity(settings.site_url)
        if identity is None or not identity.node_id:
            identity = _enrol(settings, folder, identity)
    except (SettingsError, SiteError) as error:
        print(f"training_worker: {error}", file=sys.stderr)
        return 2
    clean = child_environment(os.environ, settings)
    os.environ.clear()
    os.environ.update(clean)
    template = Template()
    try:
        return serve(settings, Runner(settings, folder, identity, template, host), template)
    finally:
        host.leave()
        folder.close()


def _enrol(settings: Settings, folder: NodeFolder, begun: Identity | None) -> Identity:
    """Join the site, or go on with an enrolment whose answer was lost."""
    if not settings.enrolment_token:
        raise SettingsError(
            "This node is not enrolled: start it once with --enrol TOKEN (an operator makes the token)."
        )
    new = Identity(site_url=settings.site_url, node_id="", worker_token=f"htw_{secrets.token_urlsafe(32)}")
    identity = begun or new
    folder.save_identity(identity)
    request = EnrolRequest(token=settings.enrolment_token, name=settings.name, worker_token=identity.worker_token)
    answer = SiteClient(settings.site_url).enrol(request, patience=ENROL_PATIENCE_SECONDS)
    identity = identity.model_copy(update={"node_id": answer.node_id})
    folder.save_identity(identity)
    return identity


def _configure_logs() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
