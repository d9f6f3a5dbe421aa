"""Every route against whatever its OpenAPI document allows, and against what it does not."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from tests.web import small_pipeline
from web.app import create
from web.content.catalogue import Catalogue
from web.door.queue import FairQueue
from web.routes import data, generate, overview, photos, training, try_photo


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The app with the pages in its OpenAPI document too."""
    monkeypatch.setattr("web.content.library.Extractor", small_pipeline.Extractor)
    for module in (overview, data, photos, training, generate, try_photo):
        monkeypatch.setattr(module.router, "include_in_schema", True)
        for route in module.router.routes:
            monkeypatch.setattr(route, "include_in_schema", True)
    place = small_pipeline.make(tmp_path, count=12)
    app = create(place.data, "demo")
    (run,) = place.runs.iterdir()
    sha256 = Catalogue.load(place.dataset).sha256s[0]
    app.state.real = {"pipeline": "demo", "sha256": sha256, "run": run.name, "stage": "dataset"}
    object.__setattr__(app.state.services, "queue", FairQueue(10_000, 10_000))
    return app


def test_no_request_makes_the_server_fail(app: FastAPI) -> None:
    document = schemathesis.openapi.from_asgi("/api/openapi.json", app)
    answered = Counter[int]()
    operations = [found.ok() for found in document.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) > 20
    for operation in operations:

        @settings(max_examples=20, suppress_health_check=list(HealthCheck), database=None)
        @given(case=operation.as_strategy() | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
        def ask(case: Any) -> None:
            for name, value in case.path_parameters.items():
                if len(str(value)) % 2:  # else the request would hardly ever get past its path
                    case.path_parameters[name] = app.state.real[name]
            answer = case.call()
            answered[answer.status_code] += 1
            assert answer.status_code < 500, f"{case.as_curl_command()}: {answer.text}"

        ask()
    assert answered[200] > 50
    assert answered[404] > 50
    assert answered[422] > 20
