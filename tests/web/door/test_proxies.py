"""What proxies say counts where they are known, and nowhere else."""

import re
from pathlib import Path

import pytest
from fastapi import Request
from fastapi.testclient import TestClient
from pydantic import ValidationError

from web.app import create
from web.door.visitor import visitor_of
from web.options import WebOptions


def seen(
    tmp_path: Path, client: str, proxies: tuple[str, ...], headers: dict[str, str]
) -> tuple[str, str, str]:
    """Return address, scheme and prefix that a route sees of a request from a client's address."""
    app = create(tmp_path, "demo", options=WebOptions(proxies=proxies))

    @app.get("/seen")
    def show(request: Request) -> list[str]:
        return [visitor_of(request).address, request.url.scheme, request.scope["root_path"]]

    answer = TestClient(app, client=(client, 50_000)).get("/seen", headers=headers)
    address, scheme, prefix = answer.json()
    return address, scheme, prefix


FORWARDED = {
    "x-forwarded-for": "198.51.100.7",
    "x-forwarded-proto": "https",
    "x-forwarded-prefix": "/bokeru",
}


def test_of_a_known_proxy_all_three_count(tmp_path: Path) -> None:
    told = ("198.51.100.7", "https", "/bokeru")
    assert seen(tmp_path, "10.0.0.2", ("10.0.0.2",), FORWARDED) == told
    assert seen(tmp_path, "10.0.0.9", ("192.0.2.1", "10.0.0.0/24"), FORWARDED) == told
    assert seen(tmp_path, "::ffff:10.0.0.2", ("10.0.0.2",), FORWARDED) == told
    assert seen(tmp_path, "fd00::2", ("fd00::/8",), FORWARDED) == told


def test_of_others_nothing_counts(tmp_path: Path) -> None:
    assert seen(tmp_path, "10.0.0.3", ("10.0.0.2",), FORWARDED) == ("10.0.0.3", "http", "")
    assert seen(tmp_path, "127.0.0.1", (), FORWARDED) == ("127.0.0.1", "http", ""), "not even on loopback"
    assert seen(tmp_path, "testclient", ("10.0.0.2",), FORWARDED) == ("testclient", "http", "")


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("198.51.100.7", "198.51.100.7"),
        # What a client wrote itself stands first: the proxy appends whom it was asked by.
        ("203.0.113.99, 198.51.100.7", "198.51.100.7"),
        # Through two known proxies, the outer of which is 10.0.0.3.
        ("203.0.113.99, 198.51.100.7, 10.0.0.3", "198.51.100.7"),
        ("198.51.100.7:4711", "198.51.100.7"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        # What is no address stops the reading at the proxy that sent it.
        ("unknown", "10.0.0.2"),
        ("198.51.100.7, <script>, 10.0.0.3", "10.0.0.3"),
        ("", "10.0.0.2"),
        ("10.0.0.4", "10.0.0.4"),
    ],
)
def test_the_client_is_the_last_that_is_no_known_proxy(tmp_path: Path, forwarded: str, address: str) -> None:
    headers = {"x-forwarded-for": forwarded}
    assert seen(tmp_path, "10.0.0.2", ("10.0.0.0/24",), headers)[0] == address


def test_links_forms_and_cookies_have_the_prefix(tmp_path: Path) -> None:
    app = create(tmp_path, "demo", options=WebOptions(proxies=("10.0.0.2",)))
    client = TestClient(app, client=("10.0.0.2", 50_000), headers={"x-forwarded-prefix": "/tools/bokeru/"})
    for path in ("/", "/pipelines/demo/try", "/api", "/nowhere"):
        page = client.get(path).text
        addresses = re.findall(r'(?:href|src|action)="(/[^"]*)"', page)
        assert len(addresses) > 5
        assert [address for address in addresses if not address.startswith("/tools/bokeru/")] == []
        for address in re.findall(r'"/tools/bokeru(/static/[^"]+)"', page):
            assert client.get(address).status_code == 200
    assert "Path=/tools/bokeru;" in client.get("/?lang=ja").headers["set-cookie"]
    assert client.get("/api/nowhere").json() == {"detail": "Not Found"}


@pytest.mark.parametrize(
    "headers",
    [
        {"x-forwarded-proto": "gopher"},
        {"x-forwarded-prefix": "bokeru"},
        {"x-forwarded-prefix": "//evil.example"},
        {"x-forwarded-prefix": '/"><script>'},
    ],
)
def test_a_proxy_that_is_wrongly_set_up_is_told(tmp_path: Path, headers: dict[str, str]) -> None:
    app = create(tmp_path, "demo", options=WebOptions(proxies=("10.0.0.2",)))
    answer = TestClient(app, client=("10.0.0.2", 1), headers=headers).get("/")
    assert answer.status_code == 400
    assert "Change its configuration" in answer.text


@pytest.mark.parametrize("wrong", ["proxy.example", "10.0.0.2/24", "*", ""])
def test_a_proxy_is_named_by_its_address(wrong: str) -> None:
    with pytest.raises(ValidationError, match=r"such as 10\.0\.0\.2"):
        WebOptions(proxies=(wrong,))
