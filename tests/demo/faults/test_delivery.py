"""Faults of sending, over HTTP."""

from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse, IncompleteRead

import pytest

from demo.content import odai_id
from demo.site import running
from tests.demo.faults.faulty_site import SITE, affected

SENT = ("reset", "reset-always", "cut-short", "slow", "endless", "endless-slow", "photo-reset")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running(SITE.photos, SITE.captions_per_photo, SITE.seed, faults=SENT) as address:
        yield address


class Fetched:
    def __init__(self, address: str, target: str) -> None:
        self.connection = HTTPConnection(address.removeprefix("http://"), timeout=30)
        self.connection.request("GET", target)

    def __enter__(self) -> HTTPResponse:
        return self.connection.getresponse()

    def __exit__(self, *_: object) -> None:
        self.connection.close()


def sent(fault: str) -> str:
    return f"/odai/{odai_id(SITE.seed, affected(SENT, SITE.photos, SITE.seed)[fault][0])}"


def test_a_reset_connection_works_the_second_time(address: str) -> None:
    with pytest.raises((ConnectionResetError, IncompleteRead)), Fetched(address, sent("reset")) as response:
        response.read()
    with Fetched(address, sent("reset")) as response:
        assert "くらい前" in response.read().decode()


def test_others_are_always_reset_or_short(address: str) -> None:
    for fault in ("reset-always", "cut-short"):
        for _ in range(2):
            with (
                pytest.raises((ConnectionResetError, IncompleteRead)),
                Fetched(address, sent(fault)) as response,
            ):
                response.read()


def test_a_slow_body_arrives(address: str) -> None:
    with Fetched(address, sent("slow")) as response:
        assert response.read().decode().endswith("</html>\n")


@pytest.mark.parametrize(("fault", "more"), [("endless", 10_000_000), ("endless-slow", 1)])
def test_an_endless_body_goes_on_after_the_page(address: str, fault: str, more: int) -> None:
    with Fetched(address, sent(fault)) as response:
        assert response.headers["Content-Length"] is None
        head = b""
        while not head.endswith(b"</html>\n"):
            head += response.read(1)
        assert response.read(more) == b" " * more


def test_a_photo_is_reset_once(address: str) -> None:
    name = SITE.photo_name(affected(SENT, SITE.photos, SITE.seed)["photo-reset"][0])
    target = f"/photo/odai/600/{name}_600.jpg"
    with pytest.raises((ConnectionResetError, IncompleteRead)), Fetched(address, target) as response:
        response.read()
    with Fetched(address, target) as response:
        assert response.read().startswith(b"\xff\xd8")
