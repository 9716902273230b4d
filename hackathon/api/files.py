"""Files as answers of the API."""

from __future__ import annotations

from rest_framework.renderers import BaseRenderer, JSONRenderer


class OctetStream(JSONRenderer):
    """Lets a client ask for a file by its type; an error still comes as JSON."""

    media_type = "application/octet-stream"
    format = "bin"


FILE_RENDERERS: tuple[type[BaseRenderer], ...] = (JSONRenderer, OctetStream)
