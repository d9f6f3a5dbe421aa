"""Asks for pages whose content is made in the background until they are there."""

import time

from fastapi.testclient import TestClient
from httpx2 import Response

PATIENCE = 60.0
"""Seconds: a busy machine takes long to begin."""


def ready(client: TestClient, path: str) -> Response:
    """Return the answer to a path once it is no "not yet"."""
    end = time.monotonic() + PATIENCE
    while (answer := client.get(path)).status_code == 503 and "retry-after" in answer.headers:
        assert time.monotonic() < end, answer.text
        time.sleep(0.1)
    return answer
