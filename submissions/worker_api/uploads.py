"""Which request may carry a large body: a PUT to an address that was signed for an output, and no other."""

from __future__ import annotations

from hackathon.errors import NotFound
from submissions.services.files import files_path, read_signature
from training_worker.contract.wire import OUTPUTS


def longest_body(method: str, path: str) -> int:
    """The most bytes that this upload may have; 0 where it is none, or its signature is not valid now."""
    prefix, _, signed = path.rpartition("/")
    if method != "PUT" or prefix + "/" != files_path():
        return 0
    try:
        return OUTPUTS.get(str(read_signature(signed).get("put")), 0)
    except NotFound:
        return 0
