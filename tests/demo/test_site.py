"""The embedded site over HTTP: addresses, connections, and the end of its process."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from io import BytesIO
from pathlib import Path

import pytest
from parsel import Selector
from PIL import Image

from demo.content import LISTS, EmbeddedSite, odai_id
from demo.site import HOST, PHOTO_HOST, running

PHOTOS, CAPTIONS, SEED = 30, 12, 3
SITE = EmbeddedSite(PHOTOS, CAPTIONS, SEED)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running(PHOTOS, CAPTIONS, SEED) as address:
        yield address


@contextmanager
def connected(address: str) -> Iterator[HTTPConnection]:
    connection = HTTPConnection(address.removeprefix("http://"), timeout=30)
    try:
        yield connection
    finally:
        connection.close()


def fetch(address: str, target: str, method: str = "GET") -> tuple[HTTPResponse, bytes]:
    with connected(address) as connection:
        connection.request(method, target)
        response = connection.getresponse()
        return response, response.read()


def page(address: str, target: str) -> Selector:
    return Selector(fetch(address, target)[1].decode())


def test_an_odai_page_shows_its_photo_and_its_boke(address: str) -> None:
    odai = SITE.odai(odai_id(SEED, 4))
    assert odai
    shown = page(address, f"/odai/{odai.odai_id}")
    assert odai.photo_name in shown.css(".odai .photo-content img::attr(src)").get("")
    assert shown.css(".photo-information a")[2].css("::text").get() == odai.category
    labels = [
        (a.xpath("text()").get("").strip(), a.css("small::text").get()) for a in shown.css("a.btn-default")
    ]
    assert labels == [(word, f"{percent}%") for word, percent in odai.labels]
    assert len(shown.css("#content > div.boke")) == 10
    second = page(address, shown.css("a[rel=next]::attr(href)").get(""))
    assert len(second.css("#content > div.boke")) == 2
    assert not second.css("a[rel=next]")


def test_pages_past_the_end_are_empty_and_absent_odai_say_so(address: str) -> None:
    response, body = fetch(address, f"/odai/{odai_id(SEED, 4)}?page=9")
    assert response.status == 200
    assert not Selector(body.decode()).css("#content > div.boke")
    response, body = fetch(address, "/odai/1")
    assert response.status == 404
    assert Selector(body.decode()).css("div.en-message")


@pytest.mark.parametrize("name", LISTS[1:])
def test_lists_page_on_to_their_end(address: str, name: str) -> None:
    target, entries = f"/boke/{name}", 0
    for number in range(1, 100):
        shown = page(address, target)
        entries += len(shown.css("a.boke-text"))
        if not shown.css("a[rel=next]"):
            break
        target = f"/boke/{name}?page={number + 1}"
    assert entries == SITE.list_length(name)


def test_panels_go_on_where_the_list_ended(address: str) -> None:
    shown, seen = page(address, "/boke/recent"), list[str]()
    while True:
        seen += shown.css("a.boke-text::attr(href)").getall()
        last = shown.css("button[ng-click]::attr(ng-click)").re_first(r"max_id:(\d+),")
        if not last:
            break
        shown = page(address, f"/boke/recent/panel?category=&max_id={last}&op=&rate=")
        assert not shown.css("title")
    assert len(seen) == len(set(seen)) == PHOTOS * CAPTIONS


def test_a_boke_page_shows_one_boke_with_its_photo(address: str) -> None:
    boke = SITE.listed("popular", 0, 1)[0]
    shown = page(address, f"/boke/{boke.boke_id}")
    assert shown.css("h1::text").getall() == boke.text.split("\n")
    assert shown.css(f'a[href="/odai/{boke.odai_id}"] img')


@pytest.mark.parametrize("width", [240, 400, 600])
def test_photos_come_in_three_widths(address: str, width: int) -> None:
    response, body = fetch(address, f"/photo/odai/{width}/{SITE.photo_name(7)}_{width}.jpg")
    assert response.headers["Content-Type"] == "image/jpeg"
    with Image.open(BytesIO(body)) as photo:
        assert (photo.format, photo.width) == ("JPEG", width)


@pytest.mark.parametrize("target", ["/photo/odai/600/0_600.jpg", "/boke/none", "/x", "/odai/x", "/boke/1"])
def test_other_addresses_are_missing(address: str, target: str) -> None:
    assert fetch(address, target)[0].status == 404


def test_robots_are_welcome_but_not_everywhere(address: str) -> None:
    assert fetch(address, "/robots.txt")[1] == b"User-agent: *\nDisallow: /label/\nDisallow: /rating\n"


def test_it_is_a_proxy_for_its_own_names_only(address: str) -> None:
    shown = page(address, f"http://{HOST}/boke/recent")
    photo = shown.css("img::attr(src)").get("")
    assert photo.startswith(f"//{PHOTO_HOST}/photo/odai/")
    assert fetch(address, f"http:{photo}")[0].headers["Content-Type"] == "image/jpeg"
    direct = page(address, "/boke/recent").css("img::attr(src)").get("")
    assert direct.startswith(address.removeprefix("http:"))
    for target in ("http://example.org/boke/recent", f"https://{HOST}/", "ftp://x/", "nonsense"):
        assert fetch(address, target)[0].status == 502


def test_a_strangers_host_is_not_written_into_pages(address: str) -> None:
    with connected(address) as connection:
        connection.request("GET", "/boke/recent", headers={"Host": '"><script>alert(1)</script>'})
        body = connection.getresponse().read().decode()
    assert "alert" not in body
    assert f'src="{address.removeprefix("http:")}/photo' in body


def test_a_connection_is_kept(address: str) -> None:
    with connected(address) as connection:
        sockets = set()
        for _ in range(3):
            connection.request("GET", "/boke/recent")
            assert connection.getresponse().read()
            sockets.add(connection.sock)
        assert len(sockets) == 1


def test_head_has_headers_only(address: str) -> None:
    response, body = fetch(address, "/boke/recent", "HEAD")
    assert (response.status, body) == (200, b"")
    assert int(response.headers["Content-Length"]) > 1000


def test_a_port_in_use_is_named(address: str) -> None:
    port = int(address.rsplit(":", 1)[1])
    with pytest.raises(OSError, match=f"port {port} "), running(1, 1, 1, port=port):
        pass


def test_the_command_says_it_in_one_line(address: str) -> None:
    port = address.rsplit(":", 1)[1]
    command = [
        sys.executable,
        "-c",
        "import sys; from commands.main import main; sys.exit(main())",
        "site",
        "--port",
        port,
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert f"port {port} " in done.stderr
    assert "--port" in done.stderr


def test_it_ends_with_the_block() -> None:
    with running(2, 1, 1) as address:
        host, port = address.removeprefix("http://").split(":")
        socket.create_connection((host, int(port))).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)))


PROGRAM = """
import sys
from demo.site import running, serve
if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(photos=3, captions_per_photo=2, seed=1, port=0)
    with running(2, 1, 1) as address:
        print(address, flush=True)
        sys.stdin.read()
"""


@pytest.fixture
def program(tmp_path: Path) -> list[str]:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return [sys.executable, str(path)]


def start(command: list[str]) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    return subprocess.Popen(command, stdin=-1, stdout=-1, stderr=-1, text=True, env=environment)


def stops_listening(address: str) -> bool:
    host, port = address.removeprefix("http://").split(":")
    for _ in range(200):
        try:
            socket.create_connection((host, int(port))).close()
        except ConnectionRefusedError:
            return True
        time.sleep(0.05)
    return False


def test_it_ends_when_its_parent_is_killed(program: list[str]) -> None:
    with start([*program, "running"]) as process:
        assert process.stdout
        address = process.stdout.readline().strip()
        process.kill()
    assert stops_listening(address)


def test_serve_says_what_it_holds_and_ends_with_ctrl_c(program: list[str]) -> None:
    with start([*program, "serve"]) as process:
        assert process.stdout
        line = process.stdout.readline()
        assert "3 photos with 2 captions each, seed 1" in line
        assert fetch(line.split("/boke")[0], "/boke/recent")[0].status == 200
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == -signal.SIGINT
    assert errors.endswith("KeyboardInterrupt\n"), "the command line makes one line of it"
