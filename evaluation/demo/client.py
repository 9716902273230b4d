"""The REST API as a team's script would use it: standard library, a bearer token, JSON."""

from __future__ import annotations

import hashlib
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class ApiError(Exception):
    """The site refused, or cannot be reached; `status` is 0 where there was no answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class Client:
    """Calls `url` as whoever owns `token`; "" is nobody."""

    url: str
    token: str = ""

    def get(self, path: str) -> Any:
        """The answer's body. Raises `ApiError`."""
        return self._request("GET", path)

    def submit(self, *, phase: str, config: Mapping[str, Any], name: str) -> Any:
        """Submit a config. `name` and the config make the Idempotency-Key: repeated, it is the same run."""
        digest = hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:16]
        body = {"phase": phase, "config": dict(config), "note": ""}
        return self._request("POST", "/api/submissions/", body, {"Idempotency-Key": f"{name}-{digest}"})

    def _request(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        sent = {"Accept": "application/json", "Content-Type": "application/json", **(headers or {})}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=sent)  # noqa: S310  http
        try:
            with _DIRECT.open(request, timeout=30) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise ApiError(error.code, _explain(error)) from error
        except (OSError, http.client.HTTPException) as error:
            raise ApiError(0, str(error)) from error


_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Never through the proxy of the environment: the site is on this machine."""


def _explain(error: urllib.error.HTTPError) -> str:
    try:
        body = json.loads(error.read())
        fields = "; ".join(f"{field['field']}: {field['message']} {field['allowed']}" for field in body["fields"])
        return f"{error.code} {body['code']}: {body['message']} {body['hint']} {fields}".strip()
    except (ValueError, KeyError, TypeError):
        return f"{error.code} {error.reason}"
