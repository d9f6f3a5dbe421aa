"""A crawl through a proxy: the one that the settings name, for all requests; its password stays inside.

`bokete.test` has no address anywhere (RFC 6761): whatever reaches it came through the proxy.
"""

import base64
import json
from email.message import Message
from pathlib import Path

import pytest

from crawler.job import Job
from crawler.network.proxy import Proxy, is_private_name
from crawler.options import CrawlOptions
from pipelines import load
from store.errors import UsageError, UserError
from tests.certificate import self_signed
from tests.crawl_tables import photo, rows
from tests.crawler.answering import Answer, answering, odai_page, photo_path
from tests.crawler.network.forward_proxy import proxying
from tests.crawler.stage import crawl

JPEG = Answer(photo(1), headers={"Content-Type": "image/jpeg"})


def site_of(scheme: str) -> object:
    def answer(path: str, _: Message) -> Answer | None:
        if path.startswith("/odai/"):
            return odai_page(int(path.rpartition("/")[2]), photo=f"{scheme}://bokete.test{photo_path(1)}")
        return JPEG if path == photo_path(1) else None

    return answer


def options(scheme: str = "http", **values: object) -> CrawlOptions:
    given = {"site": f"{scheme}://bokete.test", "start": [], "odai": ["1-3"], "contact": "me@example.org"}
    quick = {"delay": 0.0, "impolite": True, "pause": 0.05, "patience": 1, "timeout": 10}
    return CrawlOptions.model_validate({**given, **quick, "image_hosts": [], **values}, strict=False)


def files(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())


def test_pages_photos_and_robots_go_through_it_and_the_password_into_no_file(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    key = "Basic " + base64.b64encode("né:p@ss-w0rd".encode()).decode()
    with (
        answering(site_of("http")) as site,  # type: ignore[arg-type]
        proxying({"bokete.test:80": site.port}, password=key) as proxy,
    ):
        through = options(proxy=f"http://n%C3%A9:p%40ss-w0rd@127.0.0.1:{proxy.port}")
        report = crawl(through, tmp_path / "crawl", address=None, pipeline="x")
    assert (report.pages, report.photos) == ({"ok": 3}, {"ok": 1})
    asked = {line.split()[1] for line, _ in proxy.lines}
    assert asked >= {"http://bokete.test/robots.txt", "http://bokete.test/odai/1"}
    assert {given for _, given in proxy.lines} == {key}
    assert not any("Proxy-Authorization" in headers for _, headers in site.asked)
    output = "".join(capfd.readouterr())
    assert f"all goes through crawl.proxy, 127.0.0.1:{proxy.port}, which looks names up by itself" in output
    for secret in (b"p@ss-w0rd", b"p%40ss-w0rd", key.encode()):
        assert secret not in files(tmp_path) + output.encode()


@pytest.mark.long
def test_https_goes_through_it_by_connect_and_is_verified_to_the_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, tls = self_signed(tmp_path, "bokete.test")
    with (
        answering(site_of("https"), tls=tls) as site,  # type: ignore[arg-type]
        proxying({"bokete.test:443": site.port}) as proxy,
    ):
        through = options("https", proxy=f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(UserError, match="certificate is not trusted; all goes through crawl"):
            crawl(through, tmp_path / "refused", address=None, pipeline="x")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        report = crawl(through, tmp_path / "crawl", address=None, pipeline="x")
    assert (report.pages, report.photos) == ({"ok": 3}, {"ok": 1})
    assert {line for line, _ in proxy.lines} == {"CONNECT bokete.test:443 HTTP/1.1"}
    assert all(
        str(row["url"]).startswith("https://bokete.test/") for row in rows(tmp_path / "crawl", "pages")
    )


@pytest.mark.parametrize("scheme", [pytest.param("http", marks=pytest.mark.long), "https"])
def test_a_proxy_that_asks_for_a_password_ends_the_crawl_and_says_where_it_goes(
    scheme: str, tmp_path: Path
) -> None:
    with proxying({}, password="Basic right") as proxy:
        through = options(scheme, proxy=f"http://me:wrong@127.0.0.1:{proxy.port}")
        with pytest.raises(UserError, match="asks for a user and a password, or for others") as refused:
            crawl(through, tmp_path / "crawl", address=None, pipeline="x")
    assert "crawl.proxy: http://user:password@127.0.0.1" in str(refused.value)
    assert "wrong" not in str(refused.value)
    assert len(proxy.lines) <= 2
    assert json.loads((tmp_path / "crawl" / "report.json").read_text())["exit_status"] == 1


@pytest.mark.long
def test_a_proxy_that_opens_no_way_or_is_not_there_is_named(tmp_path: Path) -> None:
    with proxying({}, refuse=403) as proxy:
        through = options("https", proxy=f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(UserError, match=r"the proxy opens no way to it \(status 403\); all goes through"):
            crawl(through, tmp_path / "a", address=None, pipeline="x")
    with pytest.raises(UserError, match=rf"it refuses connections; all goes .*127.0.0.1:{proxy.port}"):
        crawl(through, tmp_path / "b", address=None, pipeline="x")


def test_a_proxy_of_the_environment_is_not_used_and_named_where_no_answer_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxying({}) as proxy:
        monkeypatch.setenv("https_proxy", f"http://me:secret@127.0.0.1:{proxy.port}")
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("HTTP_PROXY", " ")
        with pytest.raises(UserError) as silent:
            crawl(options(), tmp_path / "crawl", address=None, pipeline="x")
    says = "its name is not known; a proxy is named by ALL_PROXY and https_proxy, which a crawl does not use"
    assert says in str(silent.value)
    assert "secret" not in str(silent.value)
    assert proxy.lines == []


@pytest.mark.parametrize(
    ("proxy", "says"),
    [
        ("socks5://127.0.0.1:1080", "SOCKS is not spoken here"),
        ("socks5h://me:hidden@127.0.0.1:1080", "SOCKS is not spoken here"),
        ("http://me:hid/den@127.0.0.1:3128", "no proxy's address"),
        ("https://proxy.example", "the proxy itself is spoken to by http"),
        ("proxy.example:3128", "no proxy's address: write http://host:port"),
        ("http://proxy.example/path", "no proxy's address"),
    ],
)
def test_what_is_no_proxy_is_refused_with_the_reason_and_without_the_password(
    proxy: str, says: str, tmp_path: Path
) -> None:
    config = tmp_path / "p.yaml"
    config.write_text(
        json.dumps({"pipelines": {"x": {"crawl": {"site": "https://a.example", "proxy": proxy}}}})
    )
    with pytest.raises(UsageError, match=says) as refused:
        load("x", config)
    assert "hid" not in str(refused.value)


def test_the_embedded_site_needs_no_proxy_and_takes_none(tmp_path: Path) -> None:
    config = tmp_path / "p.yaml"
    config.write_text("pipelines: {x: {crawl: {proxy: 'http://127.0.0.1:1'}}}")
    with pytest.raises(UsageError, match="the embedded site is on this machine"):
        load("x", config)
    config.write_text("pipelines: {x: {crawl: {proxy: 'http://me:hidden@127.0.0.1:1'}}}")
    with pytest.raises(UsageError) as refused:
        load("x", config)
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "192.168.1.1:8080", "169.254.169.254", "[fd00::1]", "router.local", "db.internal"]
)
def test_through_a_proxy_names_of_private_networks_are_refused_by_themselves(host: str) -> None:
    job = Job(options(proxy="http://proxy.example:1", image_hosts=[host]), Path("crawl"))
    with pytest.raises(UsageError, match="is in a private network by its name"):
        job.check()


def test_only_what_says_so_by_itself_is_a_private_name() -> None:
    assert not any(
        map(is_private_name, ("bokete.jp", "93.184.215.14", "local.example", "internal.example.org"))
    )
    assert all(
        map(is_private_name, ("localhost", "a.localhost", "::1", "[::ffff:10.0.0.1]", "nas.home.arpa"))
    )


def test_a_proxys_address_is_what_is_shown_of_it() -> None:
    proxy = Proxy.parse("http://u%20ser:p%3Ass@Proxy.example:3128/")
    assert (proxy.shown, proxy.user, proxy.password) == ("proxy.example:3128", "u ser", "p:ss")
    assert Proxy.parse("http://proxy.example").address == "http://proxy.example:80"
    assert Proxy.parse("http://[::1]:3128").shown == "[::1]:3128"
