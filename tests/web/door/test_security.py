"""Whom the app answers, and what every answer carries. Source: RFC 9110, RFC 6454, W3C Fetch Metadata."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from store.place import Place
from web.app import create
from web.door.security import HEADERS


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create(tmp_path, "demo", hosts=("Bokeru.example.org", "127.0.0.1", "localhost", "::1"))


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("bokeru.example.org", 200),
        ("BOKERU.Example.ORG:8000", 200),  # names know no case: RFC 9110, 4.2.3
        ("bokeru.example.org.", 200),
        ("LOCALHOST:8000", 200),
        ("[::1]:8000", 200),
        ("evil.example", 403),
        ("bokeru.example.org.evil.example", 403),
        ("evil.example:80@localhost", 403),
        ("", 403),
        ("[::2]", 403),
        ("[", 403),
    ],
)
def test_names_that_are_answered_to(app: FastAPI, host: str, status: int) -> None:
    answer = TestClient(app).get("/", headers={"host": host})
    assert answer.status_code == status
    assert ("--allow-host" in answer.text) == (status == 403)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://localhost:8000"}, 405),  # it came in: "/" takes no POST
        ({"origin": "HTTP://LocalHost:8000"}, 405),
        ({"host": "LOCALHOST:8000", "origin": "http://localhost:8000"}, 405),
        # A browser leaves the scheme's own port out, a proxy may write it: RFC 6454, 6.2.
        ({"host": "localhost:443", "origin": "https://localhost"}, 405),
        ({"host": "localhost", "origin": "http://localhost:80"}, 405),
        ({"origin": "http://localhost"}, 403),
        ({"origin": "http://localhost:9000"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "same-origin"}, 405),
    ],
)
def test_only_the_apps_own_pages_send_forms(app: FastAPI, headers: Mapping[str, str], status: int) -> None:
    answer = TestClient(app).post("/", headers={"host": "localhost:8000", **headers})
    assert answer.status_code == status


def test_a_link_of_another_site_leads_here_and_its_pages_hold_nothing_of_ours(app: FastAPI) -> None:
    client = TestClient(app, headers={"host": "localhost", "sec-fetch-site": "cross-site"})
    assert client.get("/", headers={"sec-fetch-mode": "navigate"}).status_code == 200
    for mode in ("no-cors", "cors", "websocket"):
        assert client.get("/static/style.css", headers={"sec-fetch-mode": mode}).status_code == 403


def test_where_another_site_leads_no_model_works(whole: Place) -> None:
    with TestClient(create(whole.data, "demo"), headers={"sec-fetch-site": "cross-site"}) as client:
        answer = client.get("/pipelines/demo/generate?n=10&beam_width=20&strategy=beam")
        assert answer.status_code == 403
        assert "<form" in answer.text, "it shows the form"
        assert "Another site led here" in answer.text
        assert 'class="captions model"' not in answer.text
        services = client.app.state.services  # type: ignore[attr-defined]
        photo = services.library.catalogue(whole).sha256s[0]
        for path in (f"photos/{photo}/neighbours",):
            assert client.get(f"/pipelines/demo/{path}").status_code == 403
        for path in (f"photos/{photo}/captions", f"photos/{photo}/neighbours"):
            told = client.get(f"/api/pipelines/demo/{path}")
            assert told.status_code == 403
            assert "Another site led here" in told.json()["detail"]
        own = client.get("/pipelines/demo/generate", headers={"sec-fetch-site": "same-origin"})
        assert own.status_code == 200
        assert 'class="captions model"' in own.text


def test_a_failure_carries_the_security_headers(app: FastAPI) -> None:
    @app.get("/fails")
    def fails() -> None:
        raise ZeroDivisionError

    client = TestClient(app, headers={"host": "localhost"}, raise_server_exceptions=False)
    answer = client.get("/fails")
    assert answer.status_code == 500
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    with pytest.raises(ZeroDivisionError):  # the log has it
        TestClient(app, headers={"host": "localhost"}).get("/fails")
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/pipelines/demo/try", "/api/pipelines", "/static/style.css", "/nowhere"]
)
def test_head_is_get_without_what_is_behind_the_headers(app: FastAPI, path: str) -> None:
    client = TestClient(app, headers={"host": "localhost"})
    got, head = client.get(path), client.head(path)
    assert head.status_code == got.status_code
    assert head.content == b""
    assert head.headers["content-length"] == got.headers["content-length"] == str(len(got.content))
    assert head.headers["content-type"] == got.headers["content-type"]
