"""The app as `bokeru web --host` serves it: what it says, whom it answers, and where the key stands."""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.commands.commandline import run, start, write_config


@dataclass
class Served:
    """A server that runs: its link, its port, and once it has ended all that it printed."""

    link: str
    port: int
    printed: str = ""

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask for a page by a name that the server was given, whatever this machine is called."""
        named = {"host": f"bokeru.local:{self.port}", **headers}
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", headers=named, timeout=60)


@contextmanager
def served(folder: Path, *options: str) -> Iterator[Served]:
    config = write_config(folder / "pipelines.yaml")
    process = start(folder, "web", "--pipeline", "demo", "--config", config, "--port", 0, *options)
    assert process.stdout
    assert process.stderr
    try:
        first = process.stdout.readline()
        link = re.search(r"http://\S+:(\d+)\S*", first)
        assert link, process.stderr.read()
        server = Served(link[0], int(link[1]))
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=60)
    server.printed = first + rest + errors


def test_beyond_loopback_only_who_has_the_link_comes_in(tmp_path: Path) -> None:
    with served(tmp_path, "--host", "0.0.0.0", "--allow-host", "Bokeru.local", "--key-file", "key") as server:
        secret = (tmp_path / "key").read_text().strip()
        assert server.link == f"http://Bokeru.local:{server.port}/?key={secret}"
        assert server.get("/").status_code == 401
        assert server.get("/", host="evil.example", origin="http://evil.example").status_code == 403
        assert server.get(f"/?key={secret}", host="evil.example").status_code == 403
        led_on = server.get(f"/?key={secret}", host=f"BOKERU.LOCAL:{server.port}")
        assert (led_on.status_code, led_on.headers["location"]) == (303, "/")
        cookie = led_on.headers["set-cookie"].partition(";")[0]
        assert server.get("/", cookie=cookie).status_code == 200
        assert server.get("/api/pipelines", authorization=f"Bearer {secret}").json() == ["demo"]
        forwarded = {"x-forwarded-for": "198.51.100.7", "x-forwarded-prefix": "/evil"}
        assert "/evil" not in server.get("/", cookie=cookie, **forwarded).text
    assert "This opens port" in server.printed
    assert "every network of this machine: whoever has the link sees every pipeline" in server.printed
    assert server.printed.count(secret) == 1, "in the link, and nowhere else"


def test_without_a_key_it_is_said_that_everybody_comes_in(tmp_path: Path) -> None:
    with served(tmp_path, "--host", "0.0.0.0", "--allow-host", "bokeru.local", "--no-key") as server:
        assert server.get("/").status_code == 200
        assert server.get("/", host="evil.example").status_code == 403
    assert "whoever comes, since no key is asked for" in server.printed


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--host", "0.0.0.0"], "--allow-host NAME"),
        (["--host", "0.0.0.0", "--allow-host", "http://x"], "is no name of a host"),
        (["--set", "web.proxies=[127.0.0.1]"], "--allow-host NAME"),
        (["--set", "web.proxies=[proxy.example]"], "such as 10.0.0.2"),
        (["--set", "web.read_seconds=0"], "web.read_seconds"),
    ],
)
def test_what_is_not_said_for_it_is_asked_for(tmp_path: Path, options: list[str], reason: str) -> None:
    config = write_config(tmp_path / "pipelines.yaml")
    ended = run(tmp_path, "web", "--pipeline", "demo", "--config", config, *options)
    assert ended.returncode == 2
    assert reason in ended.stderr
    assert "Traceback" not in ended.stderr
