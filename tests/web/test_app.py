"""The app as a whole: what it answers where nothing is there, and whom it answers."""

import json
import socket
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from store.errors import UserError
from web.app import create, serve


@pytest.fixture
def empty(tmp_path: Path) -> TestClient:
    return TestClient(create(tmp_path / "data", "demo"))


def test_where_nothing_is_the_first_page_says_what_to_run(empty: TestClient) -> None:
    page = empty.get("/")
    assert page.status_code == 200
    assert page.text.count("not there yet") == 5
    assert "bokeru crawl --pipeline demo" in page.text


def test_a_port_in_use_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"Port {port} of 127.0.0.1 is in use. Choose another: --port"):
            serve(tmp_path, "demo", "127.0.0.1", port)
    with pytest.raises(UserError, match="Choose another --host"):
        serve(tmp_path, "demo", "192.0.2.1", 0, names=("bokeru.example.org",))


def test_no_answer_to_other_names_and_other_origins(tmp_path: Path) -> None:
    client = TestClient(create(tmp_path, "demo", hosts=("127.0.0.1", "localhost", "::1")))
    assert client.get("/", headers={"host": "evil.example"}).status_code == 403
    for good in ("127.0.0.1:8000", "localhost", "[::1]:8000", "[::1]"):
        assert client.get("/", headers={"host": good}).status_code == 200
    for bad in (
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"origin": "http://localhost.evil.example"},
    ):
        assert client.post("/", headers={"host": "localhost", **bad}).status_code == 403
    assert client.post("/", headers={"host": "localhost", "origin": "http://localhost"}).status_code == 405


def test_every_answer_has_the_security_headers(empty: TestClient) -> None:
    for path in ("/", "/nowhere", "/static/style.css", "/api/openapi.json"):
        headers = empty.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "'unsafe" not in headers["content-security-policy"]
        assert "default-src 'none'" in headers["content-security-policy"]


def test_errors_are_pages_and_below_api_json(empty: TestClient) -> None:
    page = empty.get("/nowhere/<script>alert(1)</script>")
    assert page.status_code == 404
    assert "<script>alert" not in page.text
    assert json.loads(empty.get("/api/nowhere").text)["detail"] == "Not Found"


def test_pages_speak_the_readers_language(empty: TestClient) -> None:
    assert 'lang="ja"' in empty.get("/", headers={"accept-language": "ja,en;q=0.8"}).text
    assert 'lang="en"' in empty.get("/", headers={"accept-language": "fr"}).text
    chosen = empty.get("/?lang=ja")
    assert "lang=ja" in chosen.headers["set-cookie"]
    assert 'lang="ja"' in empty.get("/").text, "the choice is remembered"
    assert 'lang="en"' in empty.get("/?lang=en").text
