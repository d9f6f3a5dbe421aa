"""Keys: the link, the cookie, what each opens, and that nobody else comes in."""

import re
from pathlib import Path

import pytest
from fastapi import Request
from fastapi.testclient import TestClient

from web.app import create
from web.door.keys import Key, KeyRing, digest, link, new_secret
from web.door.visitor import visitor_of
from web.services import Services

SECRET = "s" * 32


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    keys = KeyRing([Key(digest(SECRET))], asked=True)
    return TestClient(create(tmp_path, "demo", keys=keys), follow_redirects=False)


def test_the_digest_is_sha256() -> None:
    # FIPS 180-2, B.1.
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_secrets_are_long_and_never_the_same() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    # 192 bits are 32 characters of six bits each.
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{32}", secret) for secret in secrets)


@pytest.mark.parametrize(
    ("opens", "path", "is_open"),
    [
        ("/", "/", True),
        ("/", "/pipelines/demo/data", True),
        ("/contests/laughs", "/contests/laughs", True),
        ("/contests/laughs", "/contests/laughs/photos/1.jpg", True),
        ("/contests/laughs", "/contests/laughs2", False),
        ("/contests/laughs", "/contests", False),
        ("/contests/laughs", "/", False),
        ("/contests/laughs", "/pipelines/contests/laughs", False),
    ],
)
def test_a_key_opens_its_part_and_nothing_else(opens: str, path: str, is_open: bool) -> None:
    ring = KeyRing([Key(digest(SECRET), opens)])
    assert (ring.find(path, SECRET) is not None) == is_open
    assert ring.find(path, SECRET + "s") is None
    assert ring.find(path, "") is None


def test_a_part_with_keys_of_its_own_is_asked_for_its_path() -> None:
    asked = []

    def source(path: str) -> list[Key]:
        asked.append(path)
        return [Key(digest("judge's"), "/contests/laughs", "Aki")]

    ring = KeyRing()
    ring.add(source)
    found = ring.find("/contests/laughs/next", "judge's")
    assert found
    assert found.judge == "Aki"
    assert asked == ["/contests/laughs/next"]


def test_without_a_key_nothing_is_seen(client: TestClient) -> None:
    for path in (
        "/",
        "/pipelines/demo/try",
        "/api/pipelines",
        "/api/openapi.json",
        "/nowhere",
        "//",
        "/static",
    ):
        answer = client.get(path)
        assert answer.status_code == 401, path
        assert "Open the whole link" in answer.text
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "content-security-policy" in answer.headers
    assert client.post(f"/pipelines/demo/try?key={SECRET}").status_code == 401, "a form holds the cookie"
    assert client.get(f"/?key={SECRET[1:]}x").status_code == 401
    assert client.get("/", headers={"cookie": f"key-00000000={SECRET[1:]}"}).status_code == 401
    assert client.get("/static/style.css").status_code == 200, "it tells nothing"


def test_a_link_opens_the_app_and_leaves_no_key_behind(client: TestClient) -> None:
    led_on = client.get(link("/pipelines/demo/try", SECRET) + "&lang=ja")
    assert led_on.status_code == 303
    assert led_on.headers["location"] == "/pipelines/demo/try?lang=ja"
    assert led_on.headers["cache-control"] == "no-store"
    cookie = led_on.headers["set-cookie"]
    assert {part.strip().lower() for part in cookie.split(";")[1:]} == {
        "httponly", "max-age=2592000", "path=/", "samesite=lax",
    }  # fmt: skip
    answer = client.get(led_on.headers["location"])
    assert answer.status_code == 200
    assert SECRET not in answer.text
    assert SECRET not in str(answer.headers)
    assert client.head("/").status_code == 200


def test_a_link_leads_to_no_other_host(client: TestClient) -> None:
    for path in ("//evil.example/x", "/\\evil.example/x", "///evil.example"):
        location = client.get(f"http://testserver{path}?key={SECRET}").headers["location"]
        assert re.match(r"/[^/\\]", location), location


def test_programs_send_the_key_in_a_header(client: TestClient) -> None:
    assert client.get("/api/pipelines", headers={"authorization": f"Bearer {SECRET}"}).json() == ["demo"]
    assert client.get("/api/pipelines", headers={"authorization": f"bearer {SECRET}"}).status_code == 200
    assert client.get("/api/pipelines", headers={"authorization": f"Basic {SECRET}"}).status_code == 401
    assert client.get("/api/pipelines", headers={b"authorization": b"Bearer \xc3\xbc"}).status_code == 401


def test_a_judges_key_opens_the_judges_page_alone(tmp_path: Path) -> None:
    app = create(tmp_path, "demo", keys=KeyRing([Key(digest(SECRET))], asked=True))
    services: Services = app.state.services
    services.keys.add(lambda path: [Key(digest("judge"), "/contests/laughs", "Aki")])
    seen = []

    @app.get("/contests/laughs")
    def judge_page(request: Request) -> str:
        seen.append(visitor_of(request))
        return "judge"

    client = TestClient(app, follow_redirects=False)
    answer = client.get("/contests/laughs?key=judge")
    assert answer.status_code == 303
    assert "Path=/contests/laughs;" in answer.headers["set-cookie"]
    assert client.get("/contests/laughs").status_code == 200
    assert [(visitor.key and visitor.key.judge, visitor.name) for visitor in seen] == [
        ("Aki", "judge /contests/laughs Aki")
    ]
    for path in ("/", "/contests", "/contests/other", "/api/pipelines"):
        # Sent by hand: a browser would not even send it there.
        assert client.get(path, headers={"cookie": answer.headers["set-cookie"]}).status_code == 401, path
        assert client.get(f"{path}?key=judge").status_code == 401, path


def test_both_keys_can_be_open_at_once(tmp_path: Path) -> None:
    keys = KeyRing([Key(digest(SECRET)), Key(digest("judge"), "/api", "Aki")], asked=True)
    client = TestClient(create(tmp_path, "demo", keys=keys))
    assert client.get(f"/?key={SECRET}").status_code == 200
    assert client.get("/api?key=judge").status_code == 200
    assert client.get("/").status_code == 200
