"""Nothing but the site's hosts is reached, at public addresses, over TLS that is verified."""

import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from scrapy import Request

from crawler.components.allowed_hosts import AllowedHostsMiddleware
from crawler.components.exceptions import HostNotAllowed
from crawler.components.session import Session
from crawler.job import Job
from crawler.network.resolver import PublicResolver
from crawler.options import CrawlOptions
from store.errors import UserError
from tests.crawler.stage import crawl


@pytest.fixture(autouse=True)
def as_in_a_crawl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PublicResolver, "is_crawling", True)
    monkeypatch.setattr(PublicResolver, "trusted", set())


def allowed_hosts(**options: Any) -> AllowedHostsMiddleware:
    return AllowedHostsMiddleware(Session(Job(CrawlOptions(**options), Path("crawl"))))


@pytest.mark.parametrize(
    "address",
    [
        "http://10.0.0.1/", "http://127.0.0.1/", "http://169.254.169.254/latest/", "http://[::1]/",
        "https://example.com/", "https://bokete.jp.evil.test/", "https://bokete.jp:8443/",
        "https://bokete.jp@evil.test/", "ftp://evil.test/",
    ],
)  # fmt: skip
def test_other_hosts_and_ports_are_not_allowed(address: str) -> None:
    with pytest.raises(HostNotAllowed, match="is not a host of the site"):
        allowed_hosts(site="https://bokete.jp").process_request(Request(address))


def test_the_site_and_its_photos_hosts_are_allowed() -> None:
    for host in ("bokete.jp", "d2dcan0armyq93.cloudfront.net", "d13n9ry8xcpemi.cloudfront.net", "BOKETE.jp"):
        allowed_hosts(site="https://bokete.jp").process_request(Request(f"https://{host}/"))


def test_a_proxys_password_goes_to_the_proxy_and_never_through_a_browser_to_the_site() -> None:
    hosts = allowed_hosts(site="https://bokete.jp", proxy="http://me:secret@proxy.example:3128")
    request = Request("https://bokete.jp/odai/1")
    hosts.process_request(request)
    assert request.headers["Proxy-Authorization"] == b"Basic bWU6c2VjcmV0"
    assert request.meta["proxy"] == "http://proxy.example:3128"
    browsed = request.replace(meta={**request.meta, "playwright": True})
    hosts.process_request(browsed)
    assert "Proxy-Authorization" not in browsed.headers


def test_a_site_on_this_machine_is_reached_at_its_own_port_only() -> None:
    allowed_hosts(site="http://127.0.0.1:8080").process_request(Request("http://127.0.0.1:8080/odai/1"))
    with pytest.raises(HostNotAllowed):
        allowed_hosts(site="http://127.0.0.1:8080").process_request(Request("http://127.0.0.1:8081/odai/1"))


@pytest.mark.parametrize(
    ("address", "is_public"),
    [("93.184.215.14", True), ("10.0.0.1", False), ("127.0.0.1", False), ("169.254.169.254", False),
     ("192.168.1.1", False), ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False)],
)  # fmt: skip
def test_names_that_lead_to_addresses_that_are_not_public_do_not_resolve(
    address: str, is_public: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scrapy.resolver import CachingThreadedResolver
    from twisted.internet.defer import Deferred, succeed

    def resolved(self: object, name: str, timeout: object = ()) -> Deferred[str]:
        return succeed(address)

    monkeypatch.setattr(CachingThreadedResolver, "getHostByName", resolved)
    resolver = PublicResolver(reactor=None, cache_size=10, timeout=1)  # type: ignore[arg-type]
    results: list[Any] = []
    resolver.getHostByName("bokete.jp").addBoth(results.append)
    assert (results == [address]) == is_public
    monkeypatch.setattr(PublicResolver, "trusted", {"bokete.jp"})
    resolver.getHostByName("bokete.jp").addBoth(results.append)
    assert results[-1] == address


@pytest.fixture
def self_signed(tmp_path: Path) -> Iterator[str]:
    """Serve HTTPS with a certificate that nobody vouches for."""
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    files = ["-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "certificate")]
    if subprocess.run(["which", "openssl"], capture_output=True).returncode:
        pytest.skip("no openssl here")
    subprocess.run([*command, *files], check=True, capture_output=True)
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate", tmp_path / "key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    monitor = threading.Thread(target=server.serve_forever, daemon=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    monitor.start()
    yield f"https://localhost:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_certificate_that_nobody_vouches_for_is_refused(self_signed: str, tmp_path: Path) -> None:
    options = CrawlOptions(site=self_signed, delay=0, pause=0.01, patience=1)
    with pytest.raises(UserError, match=r"robots\.txt cannot be read: its certificate is not trusted, and"):
        crawl(options, tmp_path / "crawl", address=None, pipeline="x")


def test_telnet_and_remote_control_are_off_and_certificates_verified() -> None:
    from crawler import settings

    assert settings.TELNETCONSOLE_ENABLED is False
    assert settings.REMOTE_CONTROL_ENABLED is False
    assert settings.DOWNLOAD_VERIFY_CERTIFICATES is True
    assert settings.HTTPPROXY_ENABLED is False


def test_importing_the_stage_starts_no_reactor() -> None:
    code = "import sys, crawler.crawl; sys.exit('twisted.internet.reactor' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
